// The words for a fleet: devices, groups, products, roll-outs, and who may do what.

import type { Argv } from "yargs";
import type { GlobalArguments } from "../command.ts";
import { addCommand } from "../parser.ts";

export function addFleetCommands(parser: Argv<GlobalArguments>): void {
  addDevices(parser);
  addPolicies(parser);
  addRollouts(parser);
  addRehearsal(parser);
  addAccounts(parser);
}

function addDevices(parser: Argv<GlobalArguments>): void {
  addCommand(parser, "devices", "Devices that have checked in", async () => (await import("./devices.ts")).devices);
  parser.command("device <command>", "One device: show, set, consent, forget", async (device) => {
    const { show, set, consent, forget } = await import("./devices.ts");
    device.example("$0 device show meter-7", "What it runs, and what it gets");
    device.demandCommand(1, "say what to do: device show, device set, device consent or device forget");
    addCommand(device, "show <id>", "What is known of it, and what it gets", async () => show);
    addCommand(device, "set <id>", "Tags, opting out, postponing", async () => set);
    addCommand(device, "consent <id> <state>", "What its user says of an update", async () => consent);
    addCommand(device, "forget <id>", "Forget it for good", async () => forget);
  });
}

function addPolicies(parser: Argv<GlobalArguments>): void {
  parser.command("group <command>", "Saved filters of devices: set, list, remove", async (group) => {
    const { setGroup, listGroups, removeGroup } = await import("./products.ts");
    group.example("$0 group set north --where 'tag.site = north'", "A filter under a name");
    group.demandCommand(1, "say what to do with groups: group set, group list or group remove");
    addCommand(group, "set <name>", "Save a filter under a name", async () => setGroup);
    addCommand(group, "list", "List them", async () => listGroups);
    addCommand(group, "remove <name>", "Remove one; roll-outs keep what it meant", async () => removeGroup);
  });
  parser.command("product <command>", "Policies of products: set, list", async (product) => {
    const { setProduct, listProducts } = await import("./products.ts");
    product.example("$0 product set pump --approvals 1", "Its roll-outs take a second person");
    product.demandCommand(1, "say what to do with products: product set or product list");
    addCommand(product, "set <name>", "Approvals, rehearsal, support, and what is offered", async () => setProduct);
    addCommand(product, "list", "List them", async () => listProducts);
  });
}

function addRollouts(parser: Argv<GlobalArguments>): void {
  parser.command("rollout <command>", "A release for many devices, in phases", async (rollout) => {
    const { create, list, show, approve, start, pause, resume, abort, wayBack } = await import("./rollout.ts");
    rollout.example("$0 rollout show spring", "Its phases, and what became of each");
    rollout.demandCommand(1, "say what to do: rollout create, rollout start, rollout show and more: --help");
    addCommand(rollout, "create <name>", "Make one", async () => create);
    addCommand(rollout, "list", "List them", async () => list);
    addCommand(rollout, "show <name>", "Its phases, and what became of each", async () => show);
    addCommand(rollout, "approve <name>", "Approve what somebody else made", async () => approve);
    addCommand(rollout, "start <name>", "Open its first phase", async () => start);
    addCommand(rollout, "pause <name>", "No more offers, for now", async () => pause);
    addCommand(rollout, "resume <name>", "Go on", async () => resume);
    addCommand(rollout, "abort <name>", "End it; running downloads end", async () => abort);
    addCommand(rollout, "way-back <name>", "Send back those that have it", async () => wayBack);
  });
}

function addRehearsal(parser: Argv<GlobalArguments>): void {
  const load = () => import("../rehearse/rehearse.ts");
  addCommand(parser, "rehearse <name>", "How a roll-out will go, in virtual time", load);
}

function addAccounts(parser: Argv<GlobalArguments>): void {
  parser.command("user <command>", "Who may do what over HTTP: add, list, set, link, remove", async (user) => {
    const { addUser, listUsers, setUser, linkUser, removeUser } = await import("./user.ts");
    user.example("$0 user add anna --role approver", "Prints a link that sets a password");
    user.demandCommand(1, "say what to do with users: user add, user list, user set, user link or user remove");
    addCommand(user, "add <name>", "Let somebody in", async () => addUser);
    addCommand(user, "list", "List them", async () => listUsers);
    addCommand(user, "set <name>", "Another role; it ends the user's sessions", async () => setUser);
    addCommand(user, "link <name>", "A fresh link to set a password by", async () => linkUser);
    addCommand(user, "remove <name>", "Let somebody in no longer", async () => removeUser);
  });
  parser.command("token <command>", "Tokens for programs: add, list, remove", async (token) => {
    const { addToken, listTokens, removeToken } = await import("./user.ts");
    token.example("$0 token add ci --role operator", "For a program, shown this once");
    token.demandCommand(1, "say what to do with tokens: token add, token list or token remove");
    addCommand(token, "add <name>", "Make one", async () => addToken);
    addCommand(token, "list", "List them, never their text", async () => listTokens);
    addCommand(token, "remove <name>", "It lets nobody in any more", async () => removeToken);
  });
}
