// `narrowboat devices` and `narrowboat device`: the inventory.

import type { Argv } from "yargs";
import type { Device } from "../../fleet/device.ts";
import type { DeviceChange, FleetAction } from "../../fleet/fleet-action.ts";
import { DEVICE_PAGE_MAX, type FleetService, type ShownDevice } from "../../fleet/fleet-service.ts";
import { CONSENT_STATES } from "../../manifest/check-in.ts";
import { type ArgumentsOf, type GlobalArguments, json, word } from "../command.ts";
import { wrongUse } from "../command-error.ts";
import { formatFields, formatTable } from "../report.ts";
import { type FleetArguments, settled, withApi, withFleet } from "./opened-fleet.ts";
import { parseTime } from "./plan-arguments.ts";

export const devices = { options: devicesOptions, run: listDevices };
export const show = { options: showOptions, run: showDevice };
export const set = { options: setOptions, run: setDevice };
export const consent = { options: consentOptions, run: setConsent };
export const forget = { options: forgetOptions, run: forgetDevice };

const id = { type: "string", demandOption: true, describe: "The device's identity, as psk list shows it" } as const;

function devicesOptions(yargs: Argv<GlobalArguments>) {
  return withApi(yargs)
    .option("where", { ...word, describe: "A filter, such as 'product = pump and version != 1.3.0 and silent > 2d'" })
    .option("json", json)
    .epilogue(
      "A filter compares id, product, class, version, sequence, slot, scheme, cell, radio, boots, uptime, state, rollout, reason, silent and tag.NAME by = != < <= > >= and ~ (with * for any text), and knows in (…), has, not, and, or.",
    )
    .example("$0 devices --where 'state = failed'", "Those whose update failed");
}

/** A million go through, a page at a time, and not into memory. */
async function listDevices(args: ArgumentsOf<typeof devicesOptions>): Promise<void> {
  await withFleet(args, async ({ fleet }) => {
    let isFirst = true;
    for await (const page of pages(fleet, args.where)) {
      if (args.json)
        console.log(page.map((device, i) => `${isFirst && i === 0 ? "[" : ","}${JSON.stringify(device)}`).join("\n"));
      else console.log(formatTable([HEADING, ...page.map(rowOf)]));
      isFirst = false;
    }
    if (args.json) console.log(isFirst ? "[]" : "]");
    else if (isFirst)
      console.log(args.where === undefined ? "no devices yet: each appears when it checks in" : "no device is so");
  });
}

async function* pages(fleet: FleetService, where: string | undefined): AsyncGenerator<readonly Device[]> {
  let after: string | undefined;
  do {
    const { devices: page, next } = settled(await fleet.devices({ where, after, limit: DEVICE_PAGE_MAX }));
    if (page.length > 0) yield page;
    after = next;
  } while (after !== undefined);
}

const HEADING = ["DEVICE", "PRODUCT", "CLASS", "VERSION", "UPDATE", "LAST CONTACT"];

function rowOf({ id, product, class: className, running, assignment, lastContactAt }: Device): string[] {
  const update = assignment === undefined ? "" : `${assignment.state} (${assignment.rollout})`;
  return [id, product, className ?? "", running.version ?? "", update, timeText(lastContactAt)];
}

function showOptions(yargs: Argv<GlobalArguments>) {
  return withApi(yargs)
    .positional("id", id)
    .option("json", json)
    .example("$0 device show meter-7", "What is known of it, and why it gets an update or not");
}

async function showDevice(args: ArgumentsOf<typeof showOptions>): Promise<void> {
  await withFleet(args, async ({ fleet }) => printDevice(settled(await fleet.device(args.id)), args.json));
}

function setOptions(yargs: Argv<GlobalArguments>) {
  return withApi(yargs)
    .positional("id", id)
    .option("tag", { type: "string", array: true, requiresArg: true, describe: "NAME=VALUE; NAME= takes it away" })
    .option("opt-out", { type: "boolean", describe: "It gets no updates; --no-opt-out: it does again" })
    .option("postpone", { ...word, describe: "No update before this time: 2026-12-24; 'no' for no longer" })
    .option("json", json)
    .example("$0 device set meter-7 --tag site=north", "For filters: tag.site = north");
}

async function setDevice(args: ArgumentsOf<typeof setOptions>): Promise<void> {
  const { tag, optOut, postpone } = args;
  const change: DeviceChange = {
    ...(tag !== undefined && { attributes: Object.fromEntries(tag.map(tagIn)) }),
    ...(optOut !== undefined && { isOptedOut: optOut }),
    ...(postpone !== undefined && { postponedUntil: postpone === "no" ? 0 : parseTime(postpone) }),
  };
  if (Object.keys(change).length === 0) throw wrongUse("nothing to set: say --tag, --opt-out or --postpone");
  await actOn(args, { kind: "deviceSet", change });
}

function tagIn(text: string): [string, string] {
  const [, tag, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (tag !== undefined && value !== undefined) return [tag, value];
  throw wrongUse(`"${text}" is no tag: write NAME=VALUE`);
}

function consentOptions(yargs: Argv<GlobalArguments>) {
  return withApi(yargs)
    .positional("id", id)
    .positional("state", {
      type: "string",
      demandOption: true,
      choices: CONSENT_STATES,
      describe: "What its user says",
    })
    .option("until", { ...word, describe: "Until this time: 2026-12-24", coerce: parseTime })
    .option("json", json)
    .example("$0 device consent meter-7 postponed --until 2026-12-27", "Its user asks to be left alone over Christmas");
}

async function setConsent(args: ArgumentsOf<typeof consentOptions>): Promise<void> {
  await actOn(args, { kind: "deviceConsent", consent: { state: args.state, until: args.until } });
}

function forgetOptions(yargs: Argv<GlobalArguments>) {
  return withApi(yargs)
    .positional("id", id)
    .option("json", json)
    .example("$0 device forget meter-7", "For good: its records tell no longer whose they were");
}

async function forgetDevice(args: ArgumentsOf<typeof forgetOptions>): Promise<void> {
  await withFleet(args, async ({ fleet, actor }) => settled(await fleet.act(actor, { kind: "deviceForget" }, args.id)));
  console.log(args.json ? JSON.stringify({ id: args.id, forgotten: true }) : `${args.id} is forgotten`);
}

async function actOn(
  args: FleetArguments & { readonly id: string; readonly json: boolean },
  action: FleetAction,
): Promise<void> {
  await withFleet(args, async ({ fleet, actor }) => {
    settled(await fleet.act(actor, action, args.id));
    printDevice(settled(await fleet.device(args.id)), args.json);
  });
}

function printDevice(shown: ShownDevice, isJson: boolean): void {
  console.log(isJson ? JSON.stringify({ ...shown.device, reasons: shown.reasons }) : deviceText(shown));
}

function deviceText({ device, reasons }: ShownDevice): string {
  const { running, assignment, report, consent: said, past } = device;
  const fields: Record<string, string> = {
    device: device.id,
    product: device.product,
    ...(device.class !== undefined && { class: device.class }),
    runs: `${running.version ?? "unknown"} (sequence number ${running.sequenceNumber})`,
    ...(assignment && { update: `${assignment.state} (${assignment.rollout}, attempt ${assignment.attempt})` }),
    "first contact": timeText(device.firstContactAt),
    "last contact": `${timeText(device.lastContactAt)} by ${device.scheme}`,
    ...(device.cell !== undefined && { cell: device.cell }),
    ...(report && { reported: `result ${report.result}${report.reason ? `, ${report.reason}` : ""}` }),
    ...(said && { "its user": `${said.state}${said.until === undefined ? "" : ` until ${timeText(said.until)}`}` }),
    ...(device.isOptedOut && { updates: "opted out" }),
    ...(device.postponedUntil !== undefined && { postponed: `until ${timeText(device.postponedUntil)}` }),
  };
  for (const [tag, value] of Object.entries(device.attributes)) fields[`tag.${tag}`] = value;
  const history = past.map(({ rollout, state, reason, attempts }) => [
    rollout,
    reason === undefined ? state : `${state}: ${reason}`,
    `${attempts} ${attempts === 1 ? "attempt" : "attempts"}`,
  ]);
  const parts = [formatFields(fields), ...reasons];
  if (history.length > 0) parts.push(formatTable([["ROLLOUT", "ENDED", ""], ...history]));
  return parts.join("\n");
}

function timeText(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, "Z");
}
