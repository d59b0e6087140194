// A roll-out before it begins: its phases, windows, pace and thresholds, by the functions that decide for a real fleet, with the server
// that ships and devices that ship, on simulated links and in virtual time.

import { addMs, instant } from "../../src/base/instant.ts";
import type { CryptoProvider } from "../../src/crypto/crypto-provider.ts";
import { dialectNamed } from "../../src/device/dialect.ts";
import type { FleetAction } from "../../src/fleet/fleet-action.ts";
import type { Product } from "../../src/fleet/product.ts";
import type { Phase, PhaseState, RolloutPlan, RolloutState } from "../../src/fleet/rollout.ts";
import { isAmong } from "../boot-failures.ts";
import { SharedMedium } from "../link/shared-medium.ts";
import { Prng } from "../prng.ts";
import type { LinkProfile } from "../profiles/profile.ts";
import { Simulation } from "../simulation.ts";
import { mean } from "../tune/sample-statistics.ts";
import { type CellFigures, CellMeters } from "./cell-meters.ts";
import { type DeviceWay, RehearsedFleet } from "./rehearsed-fleet.ts";
import { type RehearsedRelease, RehearsedReleases } from "./rehearsed-releases.ts";

/** In virtual time: a roll-out that is not over by then is told as it stands. */
export const REHEARSAL_DAYS_MAX = 92;

/** For so long after a roll-out has stopped its devices may come to their ends, virtual time. */
const SETTLING_MS = 86_400_000;

const MINUTE_MS = 60_000;
const TICK_MS_MIN = 1_000;
/** Looks at the time within a soak. */
const TICKS_OF_SOAK = 10;

/** Plain data. */
export interface Rehearsal {
  readonly plan: RolloutPlan;
  readonly product: Product;
  readonly released: RehearsedRelease;
  /** Whether the image starts on the model device at all. */
  readonly imageStarts: boolean;
  readonly profile: LinkProfile;
  readonly deviceCount: number;
  /** The share of devices on which no new image starts. */
  readonly bootFails: number;
  /** So many cells or gateways, each with one channel that its devices share; each device has its own where absent. */
  readonly cellCount: number | undefined;
  /** From one check-in to the next whatever the server says, ms; as it says when absent. */
  readonly intervalMs: number | undefined;
  /** In ms since 1970. */
  readonly startsAt: number;
}

/** Seconds of virtual time. */
export interface PhaseResult {
  readonly state: PhaseState;
  /** From the roll-out's start; undefined where it never opened. */
  readonly openedAt: number | undefined;
  /** From its opening to its end. */
  readonly seconds: number | undefined;
  /** From its first offer to the last image that was whole. */
  readonly downloadSeconds: number | undefined;
  readonly offered: number;
  readonly confirmed: number;
  readonly failed: number;
  readonly timedOut: number;
  readonly touched: number;
}

/** What one run came to; plain data. */
export interface RehearsalResult {
  readonly state: RolloutState;
  /** Which threshold stopped it, as people are told. */
  readonly reason: string | undefined;
  /** From the start to its end; undefined where it did not come to one. */
  readonly seconds: number | undefined;
  readonly phases: readonly PhaseResult[];
  readonly devices: {
    readonly touched: number;
    readonly onNew: number;
    readonly onOld: number;
    readonly isBusy: boolean;
  };
  /** On the air between a device and its neighbour, both directions: what a SIM is billed for. */
  readonly bytesPerDevice: { readonly mean: number; readonly max: number };
  readonly cells: readonly CellFigures[];
}

/** `progress` is told how many more devices run the new image. */
export function runRehearsal(
  crypto: CryptoProvider,
  rehearsal: Rehearsal,
  seed: number,
  progress: (amount: number) => void,
): RehearsalResult {
  const fleet = rehearsedFleet(crypto, rehearsal, seed);
  const simulation = simulationOf(crypto, rehearsal, seed, fleet);
  const links = simulation.devices.map(({ link }) => link);
  const meters = new CellMeters(links, rehearsal.cellCount ?? 1);
  let told = 0;
  let until = instant(0);
  const runOneMinute = (): void => {
    until = addMs(until, MINUTE_MS);
    simulation.run(until);
    meters.read();
    const held = fleet.ways.filter(({ runsNew }) => runsNew).length;
    if (held > told) progress(held - told);
    told = Math.max(told, held);
  };
  const last = instant(REHEARSAL_DAYS_MAX * 86_400_000);
  while (fleet.rollout.state === "running" && until < last) runOneMinute();
  const settledBy = addMs(until, SETTLING_MS);
  while (!fleet.isSettled && until < settledBy) runOneMinute();
  const bytes = links.map(({ statistics: { up, down } }) => up.deviceBytesOnAir + down.deviceBytesOnAir);
  return {
    ...rolloutResult(rehearsal, fleet),
    bytesPerDevice: { mean: mean(bytes)!, max: Math.max(...bytes) },
    cells: meters.figures,
  };
}

/** What decides in a run, with its roll-out made and started. Throws RehearsalRefused. */
export function rehearsedFleet(crypto: CryptoProvider, rehearsal: Rehearsal, seed: number): RehearsedFleet {
  const { released, startsAt, deviceCount, intervalMs, plan, imageStarts, bootFails } = rehearsal;
  const releases = new RehearsedReleases(crypto, released, startsAt, new Prng(seed).fork("release"));
  return new RehearsedFleet(
    crypto,
    {
      releases,
      deviceCount,
      startsAt,
      tickMs: tickMsOf(plan),
      intervalMs,
      // Others in each run, so that chance in who is who shows.
      identity: (number) => `${seed.toString(36)}-${number}`,
      bootFails: (identity) => !imageStarts || isAmong(crypto, bootFails, identity),
    },
    plan.name,
    actionsOf(rehearsal, releases),
  );
}

function simulationOf(
  crypto: CryptoProvider,
  { profile, deviceCount, product, cellCount, intervalMs }: Rehearsal,
  seed: number,
  fleet: RehearsedFleet,
): Simulation {
  return new Simulation({
    seed,
    crypto,
    profile,
    dialect: dialectNamed("own"),
    imageLength: fleet.image.length,
    deviceCount,
    spreadMs: intervalMs ?? 1_000 * product.comeAgainSeconds,
    ...(cellCount !== undefined && { media: Array.from({ length: cellCount }, () => new SharedMedium()) }),
    fleet,
  });
}

function tickMsOf({ soakMs }: RolloutPlan): number {
  return Math.min(MINUTE_MS, Math.max(TICK_MS_MIN, soakMs / TICKS_OF_SOAK));
}

/** What an operator would do: everybody is asked, and nobody has to approve. */
function actionsOf({ plan, product, deviceCount }: Rehearsal, { known }: RehearsedReleases): readonly FleetAction[] {
  const { comeAgainSeconds } = product;
  const change = { offer: "rollout", comeAgainSeconds, approvals: 0, needsRehearsal: false } as const;
  // Whoever is in the group is in it by what the inventory knows: all of these are.
  const { group: _group, where: _where, ...draft } = plan;
  return [
    { kind: "productSet", product: product.name, change },
    ...known.map((release) => ({ kind: "releaseKnown", release }) as const),
    { kind: "rolloutCreate", draft },
    { kind: "rolloutStart", name: plan.name, remaining: deviceCount },
  ];
}

function rolloutResult({ startsAt }: Rehearsal, { rollout, ways, isBusy }: RehearsedFleet) {
  const { state, reason, phases, endedAt } = rollout;
  const count = (is: (way: DeviceWay) => boolean) => ways.filter(is).length;
  return {
    state,
    reason,
    seconds: endedAt === undefined ? undefined : (endedAt - startsAt) / 1_000,
    phases: phases.map((phase, i) => phaseResult(phase, i, ways, startsAt)),
    devices: {
      touched: count(({ hasBooted }) => hasBooted),
      onNew: count(({ runsNew }) => runsNew),
      onOld: count(({ runsNew }) => !runsNew),
      isBusy,
    },
  };
}

function phaseResult(phase: Phase, number: number, ways: readonly DeviceWay[], startsAt: number): PhaseResult {
  const { state, openedAt, endedAt, offered, confirmed, failed, timedOut, touched } = phase;
  const own = ways.filter((way) => way.phase === number);
  const offers = own.flatMap(({ offeredAt }) => offeredAt ?? []);
  const wholes = own.flatMap(({ downloadedAt }) => downloadedAt ?? []);
  return {
    state,
    openedAt: openedAt === undefined ? undefined : (openedAt - startsAt) / 1_000,
    seconds: openedAt === undefined || endedAt === undefined ? undefined : (endedAt - openedAt) / 1_000,
    downloadSeconds: wholes.length === 0 ? undefined : (Math.max(...wholes) - Math.min(...offers)) / 1_000,
    offered,
    confirmed,
    failed,
    timedOut,
    touched,
  };
}
