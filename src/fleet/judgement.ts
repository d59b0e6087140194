// Whether a roll-out brings something to a device now, and if not, why: the one place that decides, and that explains.

import { toUtf8 } from "../base/bytes.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { Claim } from "./assignment.ts";
import { claimOf, DOWNLOADS_BY_RADIO_LEVEL, excessOf, loadOf } from "./cell-load.ts";
import { type CompiledPlan, compiled } from "./compiled-plan.ts";
import type { Device } from "./device.ts";
import { matches } from "./filter.ts";
import type { Fleet } from "./fleet.ts";
import { tokensAt } from "./pace.ts";
import { type FleetRelease, releaseKey, wayBackKey } from "./product.ts";
import type { Rollout } from "./rollout.ts";
import type { Window } from "./window.ts";

export type Hashing = Pick<CryptoProvider, "sha256">;

/** Later. */
export interface Wait {
  readonly kind: "waits";
  readonly because: string;
  /** ms since 1970, where that is known, and for how long from then on, ms. */
  readonly until?: number;
  readonly spreadMs?: number;
  /** Somebody else has to be done first: that may be soon. */
  readonly isForRoom?: boolean;
  /** The sequence number of the release that its user is to agree to. */
  readonly asksUserFor?: number;
}

export type Verdict =
  | { readonly kind: "offer"; readonly target: FleetRelease; readonly claim: Claim }
  | Wait
  /** Not this device, as it is. */
  | { readonly kind: "never"; readonly because: string };

/** When, and whether the device asks before it installs what it has downloaded. */
export interface Asking {
  readonly now: number;
  readonly holds: boolean;
}

/** Of a device without a running assignment. */
export function judge(hashing: Hashing, fleet: Fleet, rollout: Rollout, device: Device, asking: Asking): Verdict {
  const target = releaseFor(fleet, rollout, device);
  if (target === undefined) {
    const { version } = rollout.plan;
    return never(`${version} was not released for ${device.class === undefined ? "it" : `class ${device.class}`}`);
  }
  return (
    refusalOf(rollout, device, target, asking.now) ??
    phaseWait(hashing, rollout, device) ??
    againWait(fleet, rollout, device, target, asking)
  );
}

/** What is to be seen to each time that it is offered, the first and each later one. */
export function againWait(
  fleet: Fleet,
  rollout: Rollout,
  device: Device,
  target: FleetRelease,
  asking: Asking,
): Verdict {
  return (
    userWait(rollout, device, target, asking.now) ??
    windowWait(compiled(rollout.plan), asking) ??
    paceWait(rollout, fleet.clock.time) ??
    roomFor(fleet, rollout, device, stepTo(fleet, target, device))
  );
}

/** Of a roll-out on its way back: whoever runs its release by it goes back, at whatever pace and time. */
export function judgeBack(fleet: Fleet, rollout: Rollout, device: Device): Verdict | undefined {
  if (rollout.state !== "wayBack") return undefined;
  const { name } = rollout.plan;
  const hasCome = device.past.some((past) => past.rollout === name && past.direction === "forward" && past.hasBooted);
  if (!hasCome || device.running.sha256 !== releaseFor(fleet, rollout, device)?.sha256) return undefined;
  const failed = device.past.find(
    (past) => past.rollout === name && past.direction === "back" && past.state === "failed",
  );
  if (failed !== undefined) return never("its way back has failed");
  const back = wayBackFor(fleet, rollout, device);
  return back === undefined ? never("there is no way back for it") : roomFor(fleet, rollout, device, back);
}

/** Of its own class, or else of every device. */
export function releaseFor(fleet: Fleet, { plan }: Rollout, device: Device): FleetRelease | undefined {
  const { product, version } = plan;
  const own = device.class && fleet.releaseNames.get(releaseKey(product, version, device.class));
  return releaseBy(fleet, own || fleet.releaseNames.get(releaseKey(product, version, undefined)));
}

/** The way back from the image that runs. */
export function wayBackFor(fleet: Fleet, { plan }: Rollout, device: Device): FleetRelease | undefined {
  const { sha256 } = device.running;
  if (sha256 === undefined) return undefined;
  const own = device.class && fleet.releaseNames.get(wayBackKey(plan.product, sha256, device.class));
  return releaseBy(fleet, own || fleet.releaseNames.get(wayBackKey(plan.product, sha256, undefined)));
}

function releaseBy(fleet: Fleet, digest: string | undefined): FleetRelease | undefined {
  return digest === undefined ? undefined : fleet.releases.get(digest);
}

/** What comes first: the target, or what it says that has to come before it. */
export function stepTo(fleet: Fleet, target: FleetRelease, device: Device): FleetRelease {
  let next = target;
  // Each has a lower number than the one before it, so that this comes to an end.
  while (next.requires !== undefined) {
    const required = requiredBy(fleet, next, device);
    if (required === undefined || required.sequenceNumber <= device.running.sequenceNumber) return next;
    next = required;
  }
  return next;
}

function requiredBy(fleet: Fleet, { product, requires, sequenceNumber }: FleetRelease, device: Device) {
  const own = device.class && fleet.releaseNames.get(releaseKey(product, requires!, device.class));
  const found = releaseBy(fleet, own || fleet.releaseNames.get(releaseKey(product, requires!, undefined)));
  return found !== undefined && found.sequenceNumber < sequenceNumber ? found : undefined;
}

function refusalOf(rollout: Rollout, device: Device, target: FleetRelease, now: number): Verdict | undefined {
  const { plan, state } = rollout;
  const { running } = device;
  const before = device.past.find((past) => past.rollout === plan.name && past.direction === "forward");
  if (before !== undefined) return never(`${before.state} in it${before.reason ? ` (${before.reason})` : ""}`);
  if (running.sha256 === target.sha256) return never(`runs ${plan.version}`);
  if (running.sequenceNumber >= target.sequenceNumber) return never("runs something newer");
  if (target.notAfter !== undefined && 1_000 * target.notAfter < now)
    return never(`${plan.version} may not be offered any more`);
  const { filter } = compiled(plan);
  if (filter !== undefined && !matches(filter, device, now)) {
    return never(plan.group === undefined ? "is not meant" : `is not in group ${plan.group}`);
  }
  if (rollout.succeededBy !== undefined) return never(`${rollout.succeededBy} came after it`);
  if (state !== "running" && state !== "done") return waits(`it is ${SPOKEN[state]}`);
  return undefined;
}

const SPOKEN = {
  draft: "not started",
  awaitingApproval: "not approved",
  paused: "paused",
  aborted: "aborted",
  wayBack: "on its way back",
} as const;

function userWait(
  rollout: Rollout,
  device: Device,
  { sequenceNumber }: FleetRelease,
  now: number,
): Verdict | undefined {
  if (device.isOptedOut) return waits("the device is opted out");
  const { postponedUntil, consent } = device;
  if (postponedUntil !== undefined && now < postponedUntil) return waits("it is postponed", postponedUntil);
  const isSaid = consent !== undefined && (consent.until === undefined || now < consent.until);
  if (isSaid && consent.state !== "confirmed") {
    const because = consent.state === "denied" ? "its user has denied" : "its user has postponed it";
    return consent.until === undefined ? waits(because) : waits(because, consent.until);
  }
  if (!rollout.plan.needsConsent || isSaid) return undefined;
  return { kind: "waits", because: "its user was not asked yet", asksUserFor: sequenceNumber };
}

/** Whether the device is in a phase that is open. */
function phaseWait(hashing: Hashing, rollout: Rollout, device: Device): Verdict | undefined {
  const phase = rollout.phases[rollout.phase];
  if (phase === undefined) return waits("it is not started");
  const { size } = phase;
  const named = `phase ${rollout.phase + 1} of ${rollout.phases.length}`;
  if (size.kind === "count") {
    return phase.offered < size.count ? undefined : waits(`${named} is full with ${size.count} devices`);
  }
  if (size.share >= 1) return undefined;
  const number = numberOf(hashing, rollout.plan.name, device.id);
  if (number < size.share) return undefined;
  return waits(`its number ${number.toFixed(4)} is in a later phase: ${named} takes those below ${size.share}`);
}

/** From 0 to below 1: salted by the roll-out, so that nobody is always the first to try. */
export function numberOf(hashing: Hashing, rollout: string, id: string): number {
  const digest = hashing.sha256(toUtf8(`${rollout}\n${id}`));
  let number = 0;
  for (let i = 0; i < 4; i++) number = 256 * number + digest.charCodeAt(i);
  return number / 2 ** 32;
}

function windowWait({ download, install }: CompiledPlan, { now, holds }: Asking): Verdict | undefined {
  // Who does not ask again installs when all is there: that has to be a time for it too.
  return waitFor(download, now, "") ?? (holds ? undefined : waitFor(install, now, " for installing"));
}

/** Whom a window keeps waiting comes in the first half of it. */
export function waitFor(window: Window | undefined, now: number, what: string): Wait | undefined {
  const span = window?.at(now);
  if (span === undefined || span.isOpen) return undefined;
  const { until } = span;
  const spreadMs = Math.max(0, window!.at(until).until - until) / 2;
  return { kind: "waits", because: `its window${what} is not open`, until, spreadMs };
}

function paceWait(rollout: Rollout, time: number): Verdict | undefined {
  if (tokensAt(rollout, time) >= 1) return undefined;
  return { kind: "waits", because: "its pace lets nobody in at this moment", isForRoom: true };
}

/** Whether cell and server have room for one more download. */
export function roomFor(fleet: Fleet, rollout: Rollout, device: Device, target: FleetRelease): Verdict {
  const { cell } = device;
  const budget = cell === undefined ? undefined : (fleet.cellBudgets.get(cell) ?? fleet.cellBudgets.get(""));
  const claim = claimOf(device, budget);
  const { total } = fleet.loads;
  const full =
    excessOf(total, claim, fleet.serverBudget, "the server") ??
    (cell === undefined ? undefined : cellExcess(fleet, rollout, cell, claim, budget ?? {}));
  return full === undefined ? { kind: "offer", target, claim } : { kind: "waits", because: full, isForRoom: true };
}

function cellExcess(fleet: Fleet, { plan }: Rollout, cell: string, claim: Claim, budget: object): string | undefined {
  const load = loadOf(fleet.loads, cell);
  const named = `cell ${cell}`;
  const excess = excessOf(load, claim, budget, named);
  if (excess !== undefined) return excess;
  if (plan.perCell !== undefined && load.downloads >= plan.perCell) return `${named} has its ${plan.perCell} downloads`;
  const { radioLevel } = claim;
  if (radioLevel === undefined) return undefined;
  const most = DOWNLOADS_BY_RADIO_LEVEL[radioLevel]!;
  return load.byRadioLevel[radioLevel]! < most ? undefined : `${named} has its ${most} at coverage level ${radioLevel}`;
}

function never(because: string): Verdict {
  return { kind: "never", because };
}

function waits(because: string, until?: number): Wait {
  return { kind: "waits", because, ...(until !== undefined && { until }) };
}
