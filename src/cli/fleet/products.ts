// `narrowboat product` and `narrowboat group`: policies, and saved filters.

import type { Argv } from "yargs";
import type { ProductChange } from "../../fleet/fleet-action.ts";
import type { Product } from "../../fleet/product.ts";
import { parseDuration } from "../arguments.ts";
import { type ArgumentsOf, type GlobalArguments, json, word } from "../command.ts";
import { wrongUse } from "../command-error.ts";
import { formatTable } from "../report.ts";
import { settled, withApi, withFleet } from "./opened-fleet.ts";
import { parseEndDate } from "./plan-arguments.ts";

export const setProduct = { options: setProductOptions, run: runSetProduct };
export const listProducts = { options: listOptions, run: runListProducts };
export const setGroup = { options: setGroupOptions, run: runSetGroup };
export const removeGroup = { options: removeGroupOptions, run: runRemoveGroup };
export const listGroups = { options: listOptions, run: runListGroups };

function setProductOptions(yargs: Argv<GlobalArguments>) {
  return withApi(yargs)
    .positional("name", { type: "string", demandOption: true, describe: "The product" })
    .option("offer", {
      ...word,
      choices: ["newest", "rollout"] as const,
      describe: "Each device gets what was released last, or what a roll-out brings it",
    })
    .option("approvals", {
      ...word,
      describe: "Persons who approve a roll-out, its author not counted",
      coerce: parseApprovals,
    })
    .option("rehearsal", {
      type: "boolean",
      describe: "A roll-out has to be rehearsed first; --no-rehearsal: it need not",
    })
    .option("come-again", { ...word, describe: "From one check-in to the next: 6h", coerce: parseDuration })
    .option("support-until", { ...word, describe: "The last month or day of support: 2030-06", coerce: parseEndDate })
    .option("json", json)
    .example("$0 product set pump --approvals 1", "Its roll-outs take a second person");
}

async function runSetProduct(args: ArgumentsOf<typeof setProductOptions>): Promise<void> {
  const { name, offer, approvals, rehearsal, comeAgain, supportUntil } = args;
  const change: ProductChange = {
    ...(offer !== undefined && { offer }),
    ...(approvals !== undefined && { approvals }),
    ...(rehearsal !== undefined && { needsRehearsal: rehearsal }),
    ...(comeAgain !== undefined && { comeAgainSeconds: Math.max(1, Math.round(comeAgain)) }),
    ...(supportUntil !== undefined && { supportEndsAt: supportUntil }),
  };
  if (Object.keys(change).length === 0) throw wrongUse("nothing to set: see narrowboat product set --help");
  const products = await withFleet(args, async ({ fleet, actor }) => {
    settled(await fleet.act(actor, { kind: "productSet", product: name, change }));
    return settled(await fleet.products());
  });
  const product = products.find((one) => one.name === name)!;
  console.log(args.json ? JSON.stringify(reportOf(product)) : productTable([product]));
}

function parseApprovals(text: string): number {
  const count = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (count <= 16) return count;
  throw wrongUse(`"${text}" is no number of persons: use 0 to 16`);
}

function listOptions(yargs: Argv<GlobalArguments>) {
  return withApi(yargs).option("json", json);
}

async function runListProducts(args: ArgumentsOf<typeof listOptions>): Promise<void> {
  const products = await withFleet(args, async ({ fleet }) => settled(await fleet.products()));
  if (args.json) return console.log(JSON.stringify(products.map(reportOf)));
  if (products.length === 0) return console.log("no products yet: each appears with its policy or its first roll-out");
  console.log(productTable(products));
}

function productTable(products: readonly Product[]): string {
  const rows = products.map(({ name, offer, approvals, needsRehearsal, comeAgainSeconds, supportEndsAt }) => [
    name,
    offer === "newest" ? "newest release" : "roll-outs",
    String(approvals),
    needsRehearsal ? "needed" : "no",
    `${comeAgainSeconds} s`,
    supportEndsAt === undefined ? "" : lastDayOf(supportEndsAt),
  ]);
  return formatTable([["PRODUCT", "OFFERED", "APPROVALS", "REHEARSAL", "COME AGAIN", "SUPPORT UNTIL"], ...rows]);
}

function reportOf({ name, offer, approvals, needsRehearsal, comeAgainSeconds, supportEndsAt }: Product) {
  const supportUntil = supportEndsAt === undefined ? null : lastDayOf(supportEndsAt);
  return { name, offer, approvals, needsRehearsal, comeAgainSeconds, supportUntil };
}

function lastDayOf(end: number): string {
  return new Date(end - 1).toISOString().slice(0, 10);
}

const groupName = { type: "string", demandOption: true, describe: "The group's name" } as const;

function setGroupOptions(yargs: Argv<GlobalArguments>) {
  return withApi(yargs)
    .positional("name", groupName)
    .option("where", { ...word, demandOption: true, describe: "A filter: see narrowboat devices --help" })
    .option("json", json)
    .example("$0 group set canaries --where 'tag.site = north'", "Tried with narrowboat devices --where first");
}

async function runSetGroup(args: ArgumentsOf<typeof setGroupOptions>): Promise<void> {
  const { name, where } = args;
  await withFleet(args, async ({ fleet, actor }) => settled(await fleet.act(actor, { kind: "groupSet", name, where })));
  console.log(args.json ? JSON.stringify({ name, where }) : `${name} is set: ${where}`);
}

function removeGroupOptions(yargs: Argv<GlobalArguments>) {
  return withApi(yargs).positional("name", groupName).option("json", json);
}

async function runRemoveGroup(args: ArgumentsOf<typeof removeGroupOptions>): Promise<void> {
  const { name } = args;
  await withFleet(args, async ({ fleet, actor }) => settled(await fleet.act(actor, { kind: "groupRemove", name })));
  console.log(args.json ? JSON.stringify({ name, removed: true }) : `${name} removed`);
}

async function runListGroups(args: ArgumentsOf<typeof listOptions>): Promise<void> {
  const groups = await withFleet(args, async ({ fleet }) => settled(await fleet.groups()));
  if (args.json) return console.log(JSON.stringify(groups));
  if (groups.length === 0) return console.log("no groups: make one with narrowboat group set");
  console.log(formatTable([["GROUP", "WHERE"], ...groups.map(({ name, where }) => [name, where])]));
}
