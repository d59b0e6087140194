// `narrowboat rehearse`: a roll-out before it begins, in virtual time: how long it takes, what cells and SIMs carry, and which
// threshold would stop it.

import { availableParallelism } from "node:os";
import type { Argv } from "yargs";
import type { Rehearsal } from "../../../sim/rehearsal/rehearsal.ts";
import { type RehearsalSummary, summaryOf } from "../../../sim/rehearsal/rehearsal-summary.ts";
import { randomUint32 } from "../../base/random-source.ts";
import type { FleetService } from "../../fleet/fleet-service.ts";
import type { FleetRelease, Product } from "../../fleet/product.ts";
import type { Rollout } from "../../fleet/rollout.ts";
import { rehearsalRuns } from "../../shell/runs/rehearsal-runs.ts";
import { SystemRandom } from "../../shell/system-random.ts";
import { parseDuration, parseSeed } from "../arguments.ts";
import { type ArgumentsOf, type GlobalArguments, json, word } from "../command.ts";
import { ExitCode, jobFailed, wrongUse } from "../command-error.ts";
import { settled, withApi, withFleet } from "../fleet/opened-fleet.ts";
import { coapProfileFor } from "../profile-argument.ts";
import { parseBootFails } from "../pull/update-arguments.ts";
import { parseDeviceCount, parseRuns } from "../tune/arguments.ts";
import { whileSimulating } from "../tune/simulating.ts";
import { faultOf, publishedBytes } from "./released-image.ts";
import { type RehearsalTold, rehearsalJson, rehearsalText } from "./report.ts";

type RehearseArguments = ArgumentsOf<typeof options>;

/** Of one rehearsal: many devices say as much as many runs of few. */
const UPDATES_MIN = 250;
const REHEARSALS_MIN = 3;
const REHEARSALS_MAX = 20;

export function options(yargs: Argv<GlobalArguments>) {
  return withApi(yargs)
    .positional("name", { type: "string", demandOption: true, describe: "The roll-out" })
    .option("profile", {
      ...word,
      demandOption: true,
      describe: "The link of each device: a name of narrowboat profiles",
    })
    .option("devices", { ...word, default: "500", describe: "How many", coerce: parseDeviceCount })
    .option("boot-fails", {
      ...word,
      default: "0%",
      describe: "The share of devices on which no new image starts",
      coerce: parseBootFails,
    })
    .option("cells", {
      ...word,
      describe:
        "So many cells or gateways, each with a channel that its devices share; each device has its own when absent",
      coerce: parseDeviceCount,
    })
    .option("interval", {
      ...word,
      describe: "From one check-in of a device to the next; as the product says when absent",
      coerce: parseDuration,
    })
    .option("start", {
      ...word,
      describe: "When it starts, such as 2026-12-01T20:00Z; now when absent",
      coerce: parseStart,
    })
    .option("runs", {
      ...word,
      describe: `How often (${REHEARSALS_MIN} to ${REHEARSALS_MAX}, by the devices)`,
      coerce: parseRuns,
    })
    .option("seed", { ...word, describe: "Repeats a result; random when absent, and printed", coerce: parseSeed })
    .option("json", json)
    .example("$0 rehearse nightly --profile nb-iot-ce1 --devices 500 --boot-fails 2%", "");
}

function parseStart(text: string): number {
  const start = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(start)) return start;
  throw wrongUse(`"${text}" is not a time: write one such as 2026-12-01T20:00Z`);
}

export async function run(args: RehearseArguments): Promise<void> {
  const profile = coapProfileFor(args.profile);
  const found = await withFleet(args, ({ fleet }) => planned(fleet, args.name));
  const { rollout, product, release } = found;
  // Through an API there are no bytes, and time depends on their number alone.
  const bytes = args.api === undefined ? await publishedBytes(args.data, release) : undefined;
  const fault = bytes && faultOf(bytes);
  const startsAt = args.start ?? Date.now();
  const rehearsal: Rehearsal = {
    plan: rollout.plan,
    product,
    released: { release, bytes },
    imageStarts: fault === undefined,
    profile,
    deviceCount: args.devices,
    bootFails: args.bootFails,
    cellCount: args.cells,
    intervalMs: args.interval && 1_000 * args.interval,
    startsAt,
  };
  const { seed, summary } = await rehearsed(rehearsal, args);
  const told: RehearsalTold = { rehearsal, profile: args.profile, seed, summary, fault, hasBytes: bytes !== undefined };
  console.log(args.json ? JSON.stringify(rehearsalJson(told)) : rehearsalText(told));
  await record(args, rollout, summary.passed);
  if (!summary.passed) process.exitCode = ExitCode.FAILED;
}

interface Planned {
  readonly rollout: Rollout;
  readonly product: Product;
  readonly release: FleetRelease;
}

async function planned(fleet: FleetService, name: string): Promise<Planned> {
  const rollout = settled(await fleet.rollout(name));
  const { plan } = rollout;
  const product = settled(await fleet.products()).find((one) => one.name === plan.product);
  const releases = settled(await fleet.releases(plan.product)).filter(
    ({ version, forRunning }) => version === plan.version && forRunning === undefined,
  );
  const release = releases.find((one) => one.class === undefined) ?? releases[0];
  if (product === undefined || release === undefined)
    throw jobFailed(`${plan.product} ${plan.version} is not released`);
  return { rollout, product, release };
}

async function rehearsed(
  rehearsal: Rehearsal,
  args: RehearseArguments,
): Promise<{ readonly seed: number; readonly summary: RehearsalSummary }> {
  const { devices, seed = randomUint32(new SystemRandom()) } = args;
  const runs = args.runs ?? Math.min(REHEARSALS_MAX, Math.max(REHEARSALS_MIN, Math.ceil(UPDATES_MIN / devices)));
  const threadCount = availableParallelism();
  const results = await whileSimulating("updates", seed, args.seed === undefined, (progress, stop) =>
    rehearsalRuns({ rehearsal, seed, runs, threadCount, progress, stop }),
  );
  return { seed, summary: summaryOf(results) };
}

/** A roll-out that has not begun may ask for it before it does. */
async function record(args: RehearseArguments, { state, plan: { name } }: Rollout, hasPassed: boolean): Promise<void> {
  if (state !== "draft" && state !== "awaitingApproval") return;
  await withFleet(args, async ({ fleet, actor }) => {
    settled(await fleet.act(actor, { kind: "rolloutRehearsed", name, hasPassed }));
  });
}
