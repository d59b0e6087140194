// `narrowboat rollout`: campaigns, from their draft to their end.

import { setTimeout as wait } from "node:timers/promises";
import type { Argv } from "yargs";
import type { FleetAction, RolloutDraft } from "../../fleet/fleet-action.ts";
import type { FleetService } from "../../fleet/fleet-service.ts";
import { type FAILURE_ACTIONS, ROLLOUT_DEFAULTS, type Rollout } from "../../fleet/rollout.ts";
import { parseDuration } from "../arguments.ts";
import { type ArgumentsOf, type Command, type GlobalArguments, json, word } from "../command.ts";
import { wrongUse } from "../command-error.ts";
import { formatTable } from "../report.ts";
import { type FleetArguments, settled, withApi, withFleet } from "./opened-fleet.ts";
import { parseCount, parseFailure, parsePace, parsePhases, parseShare } from "./plan-arguments.ts";
import { rolloutReport, rolloutText } from "./rollout-report.ts";

const name = { type: "string", demandOption: true, describe: "The roll-out's name" } as const;

/** The words that people write for what a roll-out does on failure. */
const ON_FAILURE = { pause: "pause", abort: "abort", "way-back": "wayBack" } as const satisfies Record<
  string,
  (typeof FAILURE_ACTIONS)[number]
>;
const ON_FAILURE_WORDS = ["pause", "abort", "way-back"] as const;

export const create = { options: createOptions, run: createRollout };
export const list = { options: listOptions, run: listRollouts };
export const show = { options: showOptions, run: showRollout };
export const approve = stepCommand("rolloutApprove", "Somebody who did not make it approves it");
export const start = stepCommand("rolloutStart", "Opens its first phase");
export const pause = stepCommand("rolloutPause", "No more offers, for now");
export const resume = stepCommand("rolloutResume", "Goes on after a pause");
export const abort = stepCommand("rolloutAbort", "No more offers, for good, and running downloads end");
export const wayBack = stepCommand("rolloutWayBack", "Sends back those that have it");

function createOptions(yargs: Argv<GlobalArguments>) {
  // Below another word yargs keeps --version for itself.
  return withApi(yargs.version(false))
    .positional("name", name)
    .option("product", { ...word, demandOption: true, describe: "The product" })
    .option("version", { ...word, demandOption: true, describe: "The version, which is released" })
    .option("group", { ...word, describe: "A group of its devices; all of them when absent" })
    .option("phases", {
      ...word,
      default: "100%",
      describe: "With commas: a number of devices (20), or a share of all that grows from phase to phase (1%,10%,100%)",
      coerce: parsePhases,
    })
    .option("success", { ...word, describe: "Share that has to confirm for the next phase: 95%", coerce: parseShare })
    .option("failure", {
      ...word,
      describe: "Share or number of failures that stops it: 3%",
      coerce: parseFailure,
    })
    .option("on-failure", { ...word, choices: ON_FAILURE_WORDS, describe: "What then happens: pause" })
    .option("soak", { ...word, describe: "How long a phase is watched before the next: 1h", coerce: parseDuration })
    .option("contacts", { ...word, describe: "Healthy contacts of the new image in that time: 2", coerce: parseCount })
    .option("timeout", {
      ...word,
      describe: "Longer in one state, a device has failed: 1d",
      coerce: parseDuration,
    })
    .option("attempts", { ...word, describe: "Attempts of a device: 3", coerce: parseCount })
    .option("window", { ...word, describe: "When to download and install: 'Mon-Fri 22:00-05:00 [Europe/Berlin]'" })
    .option("download-window", { ...word, describe: "When to download alone" })
    .option("install-window", { ...word, describe: "When to install alone" })
    .option("at-window-end", {
      ...word,
      choices: ["continue", "pause"] as const,
      describe: "What becomes of a running download: continue",
    })
    .option("per-cell", {
      ...word,
      describe: "Downloads at a time in one cell or behind one gateway",
      coerce: parseCount,
    })
    .option("pace", { ...word, describe: "Devices a minute: 50/min, or 50/min*1.5/100..1000/min", coerce: parsePace })
    .option("consent", { type: "boolean", describe: "Only where the device's user has agreed" })
    .option("priority", { ...word, describe: "The higher one goes first: 0", coerce: parsePriority })
    .option("start", { type: "boolean", default: false, describe: "Start it at once, where nobody has to approve" })
    .option("json", json)
    .example(
      "$0 rollout create spring --product pump --version 1.3.0 --phases 20,5%,100%",
      "20 devices first, then a twentieth of all, then all",
    );
}

async function createRollout(args: ArgumentsOf<typeof createOptions>): Promise<void> {
  const draft = draftOf(args);
  await withFleet(args, async ({ fleet, actor }) => {
    settled(await fleet.act(actor, { kind: "rolloutCreate", draft }));
    if (args.start) settled(await fleet.act(actor, { kind: "rolloutStart", name: draft.name }));
    print(settled(await fleet.rollout(draft.name)), args.json);
  });
}

function draftOf(args: ArgumentsOf<typeof createOptions>): RolloutDraft {
  const { product, version, group, phases, success, failure, contacts, attempts, perCell, pace, priority } = args;
  const { soak, timeout, window, onFailure, atWindowEnd, consent } = args;
  return {
    name: args.name,
    product,
    version,
    group,
    phases,
    success,
    failure,
    onFailure: onFailure && ON_FAILURE[onFailure],
    soakMs: soak === undefined ? undefined : Math.round(1_000 * soak),
    contacts,
    timeoutMs: timeout === undefined ? undefined : Math.round(1_000 * timeout),
    attempts,
    downloadWindow: args.downloadWindow ?? window,
    installWindow: args.installWindow ?? window,
    atWindowEnd,
    perCell,
    pace,
    needsConsent: consent,
    priority,
  };
}

function parsePriority(text: string): number {
  const priority = /^-?\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isNaN(priority)) return priority;
  throw wrongUse(
    `"${text}" is no priority: use a whole number from -999 to 999; ${ROLLOUT_DEFAULTS.priority} is usual`,
  );
}

function listOptions(yargs: Argv<GlobalArguments>) {
  return withApi(yargs).option("json", json).example("$0 rollout list", "Every roll-out, and how far it is");
}

async function listRollouts(args: ArgumentsOf<typeof listOptions>): Promise<void> {
  const rollouts = await withFleet(args, async ({ fleet }) => settled(await fleet.rollouts()));
  const reports = rollouts.map(rolloutReport);
  if (args.json) return console.log(JSON.stringify(reports));
  if (reports.length === 0) return console.log("no roll-outs: make one with narrowboat rollout create");
  const rows = reports.map(({ name, product, version, state, phases }) => {
    const ended = phases.filter((phase) => phase.state === "done").length;
    const confirmed = phases.reduce((sum, phase) => sum + phase.confirmed, 0);
    return [name, product, version, state, `${ended} of ${phases.length}`, String(confirmed)];
  });
  console.log(formatTable([["ROLLOUT", "PRODUCT", "VERSION", "STATE", "PHASES DONE", "CONFIRMED"], ...rows]));
}

function showOptions(yargs: Argv<GlobalArguments>) {
  return withApi(yargs)
    .positional("name", name)
    .option("watch", watch)
    .option("json", json)
    .example("$0 rollout show spring --watch", "Its phases, and what became of each, as they change");
}

const watch = {
  type: "boolean",
  default: false,
  describe: "Go on until it is paused, aborted, sent back or done",
} as const;

/** Between two looks of --watch. */
const WATCH_INTERVAL_MS = 1_000;
const RESTING: ReadonlySet<Rollout["state"]> = new Set(["draft", "awaitingApproval", "paused", "aborted", "done"]);

async function showRollout(args: ArgumentsOf<typeof showOptions>): Promise<void> {
  await withFleet(args, ({ fleet }) => tell(fleet, args));
}

interface ToldArguments {
  readonly name: string;
  readonly json: boolean;
  readonly watch?: boolean | undefined;
}

/** As it is, and with `watch` each time that it changes. */
async function tell(fleet: FleetService, args: ToldArguments): Promise<void> {
  let rollout = settled(await fleet.rollout(args.name));
  print(rollout, args.json);
  while (args.watch && !RESTING.has(rollout.state)) {
    rollout = await changed(fleet, rollout);
    if (!args.json) console.log();
    print(rollout, args.json);
  }
}

/** As soon as it would be printed otherwise. */
async function changed(fleet: FleetService, before: Rollout): Promise<Rollout> {
  const printed = JSON.stringify(rolloutReport(before));
  for (;;) {
    await wait(WATCH_INTERVAL_MS);
    const now = settled(await fleet.rollout(before.plan.name));
    if (JSON.stringify(rolloutReport(now)) !== printed) return now;
  }
}

type StepKind = Extract<
  FleetAction["kind"],
  "rolloutAbort" | "rolloutApprove" | "rolloutPause" | "rolloutResume" | "rolloutStart" | "rolloutWayBack"
>;

interface StepArguments extends FleetArguments, ToldArguments {}

function stepCommand(kind: StepKind, what: string): Command<StepArguments> {
  return {
    options: (yargs) => {
      const options = withApi(yargs).positional("name", name).option("json", json).epilogue(`${what}.`);
      return kind === "rolloutStart" ? options.option("watch", watch) : options;
    },
    run: async (args) => {
      await withFleet(args, async ({ fleet, actor }) => {
        settled(await fleet.act(actor, { kind, name: args.name }));
        await tell(fleet, args);
      });
    },
  };
}

function print(rollout: Rollout, isJson: boolean): void {
  console.log(isJson ? JSON.stringify(rolloutReport(rollout)) : rolloutText(rollout));
}
