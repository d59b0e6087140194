// `narrowboat user` and `narrowboat token`: who may do what over HTTP.

import type { Argv } from "yargs";
import { LINK_AGE_MS } from "../../access-store/access-store.ts";
import { type Grant, ROLES } from "../../access-store/role.ts";
import { parseDuration } from "../arguments.ts";
import { type ArgumentsOf, type GlobalArguments, json, word } from "../command.ts";
import { wrongUse } from "../command-error.ts";
import { formatFields, formatTable } from "../report.ts";
import { withAccounts } from "./accounts.ts";
import { withApi } from "./opened-fleet.ts";

export const addUser = { options: addUserOptions, run: runAddUser };
export const setUser = { options: addUserOptions, run: runSetUser };
export const removeUser = { options: userOptions, run: runRemoveUser };
export const linkUser = { options: userOptions, run: runLinkUser };
export const listUsers = { options: listOptions, run: runListUsers };
export const addToken = { options: addTokenOptions, run: runAddToken };
export const removeToken = { options: tokenOptions, run: runRemoveToken };
export const listTokens = { options: listOptions, run: runListTokens };

const userName = { type: "string", demandOption: true, describe: "The user's name" } as const;
const tokenName = { type: "string", demandOption: true, describe: "The token's name" } as const;
const role = { ...word, choices: ROLES, demandOption: true, describe: "What may be done" } as const;
const product = { ...word, describe: "With these products alone, with commas; with all of them when absent" } as const;

function grantIn(args: { readonly role: Grant["role"]; readonly product?: string | undefined }): Grant {
  return args.product === undefined ? { role: args.role } : { role: args.role, products: args.product.split(",") };
}

function addUserOptions(yargs: Argv<GlobalArguments>) {
  return withApi(yargs)
    .positional("name", userName)
    .option("role", role)
    .option("product", product)
    .option("json", json)
    .example("$0 user add anna --role approver", "The link that this prints sets a password");
}

async function runAddUser(args: ArgumentsOf<typeof addUserOptions>): Promise<void> {
  printLink(args, await withAccounts(args, (accounts) => accounts.addUser(args.name, grantIn(args))));
}

async function runSetUser(args: ArgumentsOf<typeof addUserOptions>): Promise<void> {
  await withAccounts(args, (accounts) => accounts.changeUser(args.name, grantIn(args)));
  console.log(args.json ? JSON.stringify({ user: args.name, ...grantIn(args) }) : `${args.name} is ${args.role} now`);
}

function userOptions(yargs: Argv<GlobalArguments>) {
  return withApi(yargs).positional("name", userName).option("json", json);
}

async function runRemoveUser(args: ArgumentsOf<typeof userOptions>): Promise<void> {
  await withAccounts(args, (accounts) => accounts.removeUser(args.name));
  console.log(args.json ? JSON.stringify({ user: args.name, removed: true }) : `${args.name} removed`);
}

async function runLinkUser(args: ArgumentsOf<typeof userOptions>): Promise<void> {
  printLink(args, await withAccounts(args, (accounts) => accounts.linkFor(args.name)));
}

/** Whoever gets it hands it on. */
function printLink({ name, json: isJson }: { readonly name: string; readonly json: boolean }, link: string): void {
  if (isJson) return console.log(JSON.stringify({ user: name, link }));
  console.log(formatFields({ user: name, link }));
  console.error(`it sets a password once, within ${LINK_AGE_MS / 60_000} minutes, by POST /api/v1/setup`);
}

function listOptions(yargs: Argv<GlobalArguments>) {
  return withApi(yargs).option("json", json);
}

async function runListUsers(args: ArgumentsOf<typeof listOptions>): Promise<void> {
  const users = await withAccounts(args, (accounts) => accounts.users());
  if (args.json) return console.log(JSON.stringify(users));
  if (users.length === 0) return console.log("no users: add one with narrowboat user add");
  const rows = users.map((user) => [user.name, user.role, productsText(user), user.hasPassword ? "set" : "not yet"]);
  console.log(formatTable([["USER", "ROLE", "PRODUCTS", "PASSWORD"], ...rows]));
}

function productsText({ products }: Grant): string {
  return products?.join(",") ?? "all";
}

function addTokenOptions(yargs: Argv<GlobalArguments>) {
  return withApi(yargs)
    .positional("name", tokenName)
    .option("role", role)
    .option("product", product)
    .option("user", { ...word, describe: "Whose acts its acts are; with --data alone" })
    .option("expires", { ...word, describe: "How long it lasts: 30d; for ever when absent", coerce: parseDuration })
    .option("json", json)
    .example("$0 token add ci --role operator --product pump", "For NARROWBOAT_TOKEN, shown this once");
}

async function runAddToken(args: ArgumentsOf<typeof addTokenOptions>): Promise<void> {
  const { name, user, expires, api } = args;
  if (user !== undefined && api !== undefined)
    throw wrongUse("with --api a token is that of whoever asks: leave --user out");
  const endsAt = expires === undefined ? undefined : Date.now() + 1_000 * expires;
  const token = await withAccounts(args, (accounts) => accounts.addToken(name, grantIn(args), user, endsAt));
  console.log(args.json ? JSON.stringify({ name, token }) : formatFields({ name, token }));
}

function tokenOptions(yargs: Argv<GlobalArguments>) {
  return withApi(yargs).positional("name", tokenName).option("json", json);
}

async function runRemoveToken(args: ArgumentsOf<typeof tokenOptions>): Promise<void> {
  await withAccounts(args, (accounts) => accounts.removeToken(args.name));
  console.log(args.json ? JSON.stringify({ name: args.name, removed: true }) : `${args.name} removed`);
}

async function runListTokens(args: ArgumentsOf<typeof listOptions>): Promise<void> {
  const tokens = await withAccounts(args, (accounts) => accounts.tokens());
  if (args.json) return console.log(JSON.stringify(tokens));
  if (tokens.length === 0) return console.log("no tokens: add one with narrowboat token add");
  const rows = tokens.map((token) => [
    token.name,
    token.role,
    productsText(token),
    token.owner,
    token.endsAt === undefined ? "never" : new Date(token.endsAt).toISOString().slice(0, 10),
  ]);
  console.log(formatTable([["TOKEN", "ROLE", "PRODUCTS", "ACTS AS", "EXPIRES"], ...rows]));
}
