// A device checks in: what it says of itself, what that shows of its running assignment, and what it is told.

import { toHex } from "../../base/bytes.ts";
import type { CheckIn } from "../../manifest/check-in.ts";
import { Figure } from "../../manifest/figure.ts";
import { COME_AGAIN_SECONDS } from "../../manifest/ticket.ts";
import { blockSizeFor } from "../block-size.ts";
import { comeAgainAfter, comeAgainIn } from "../come-again.ts";
import { compiled } from "../compiled-plan.ts";
import type { Consent, Device } from "../device.ts";
import type { FleetEvent } from "../fleet-event.ts";
import {
  type Asking,
  againWait,
  type Hashing,
  judge,
  judgeBack,
  releaseFor,
  stepTo,
  type Verdict,
  type Wait,
  waitFor,
} from "../judgement.ts";
import type { FleetRelease } from "../product.ts";
import type { Rollout } from "../rollout.ts";
import { defer, end, move, planFor, tryAgainOr } from "./progress.ts";
import type { Turn } from "./turn.ts";

export type CheckedIn = Extract<FleetEvent, { readonly kind: "checkedIn" }>;

type Offer = Extract<Verdict, { readonly kind: "offer" }>;

const MINUTE_MS = 60_000;

/** An image cannot have run for longer than since it was offered, but for clocks that differ. */
const UPTIME_SLACK_MS = 60_000;

export function stepCheckIn(hashing: Hashing, turn: Turn, event: CheckedIn): void {
  turn.device = deviceAfter(turn.device, event, turn.now);
  const asking: Asking = { now: turn.now, holds: event.checkIn.downloaded !== undefined };
  if (turn.assignment !== undefined) takeUp(turn, event.checkIn, asking);
  if (turn.answer !== undefined) return;
  if (turn.assignment !== undefined) return answerNothing(turn, undefined);
  const product = turn.fleet.products.get(turn.device.product);
  if (product?.offer === "rollout") answerNothing(turn, offerOrWait(hashing, turn, asking));
  else turn.answer = { kind: "newest", comeAgain: comeAgainIn(turn.device.id, periodOf(turn), turn.now) };
}

/** Seconds from one check-in of the product's devices to the next. */
function periodOf({ fleet, device }: Turn): number {
  return fleet.products.get(device!.product)?.comeAgainSeconds ?? COME_AGAIN_SECONDS;
}

/** The first roll-out in order that brings it something; where none does, what it waits for the least. */
function offerOrWait(hashing: Hashing, turn: Turn, asking: Asking): Wait | undefined {
  const device = turn.device!;
  const names = turn.fleet.order.get(device.product) ?? [];
  let soonest: Wait | undefined;
  for (const name of names) {
    const rollout = turn.fleet.rollouts.get(name)!;
    const verdict = judgeBack(turn.fleet, rollout, device) ?? judge(hashing, turn.fleet, rollout, device, asking);
    if (verdict.kind === "offer") {
      assign(turn, rollout, verdict, asking);
      return undefined;
    }
    if (verdict.kind === "waits" && (soonest === undefined || isSooner(verdict, soonest))) soonest = verdict;
  }
  return soonest;
}

function isSooner(a: Wait, b: Wait): boolean {
  if (a.asksUserFor !== undefined || b.asksUserFor !== undefined) return a.asksUserFor !== undefined;
  if (a.isForRoom || b.isForRoom) return !b.isForRoom;
  return (a.until ?? Number.POSITIVE_INFINITY) < (b.until ?? Number.POSITIVE_INFINITY);
}

function assign(turn: Turn, { plan, phase }: Rollout, { target, claim }: Offer, asking: Asking): void {
  const { name: rollout, timeoutMs } = plan;
  turn.change({
    kind: "assigned",
    rollout,
    direction: target.forRunning === undefined ? "forward" : "back",
    phase,
    target: target.digest,
    holds: asking.holds,
    cell: turn.device!.cell,
    claim,
    deadline: turn.time + timeoutMs,
  });
  answerOffer(turn, target);
  turn.settle(rollout);
}

function answerOffer(turn: Turn, { digest }: FleetRelease): void {
  const { id, link, assignment } = turn.device!;
  turn.answer = {
    kind: "offer",
    rollout: assignment!.rollout,
    digest,
    comeAgain: comeAgainIn(id, periodOf(turn), turn.now),
    blockSize: blockSizeFor(link),
  };
}

/** Of a period, to come again where room is waited for: what others are busy with takes minutes. */
const ROOM_SHARE = 1 / 24;

function answerNothing(turn: Turn, wait: Wait | undefined): void {
  if (turn.answer !== undefined) return;
  const { id, running } = turn.device!;
  const period = periodOf(turn);
  const usual = comeAgainIn(id, period, turn.now);
  const sequenceNumber = wait?.asksUserFor ?? running.sequenceNumber;
  turn.answer = { kind: "nothing", comeAgain: Math.min(usual, waitSeconds()), sequenceNumber };

  function waitSeconds(): number {
    if (wait?.isForRoom) return comeAgainAfter(id, 1_000 * period * ROOM_SHARE, 1_000 * period * ROOM_SHARE);
    if (wait?.until === undefined) return usual;
    return comeAgainAfter(id, wait.until - turn.now, wait.spreadMs ?? 0);
  }
}

/** It shall come when this time of the fleet's is over. */
function answerAfter(turn: Turn, ms: number): void {
  const { id, running } = turn.device!;
  const comeAgain = comeAgainAfter(id, Math.max(ms, MINUTE_MS), 0);
  turn.answer = { kind: "nothing", comeAgain, sequenceNumber: running.sequenceNumber };
}

function deviceAfter(device: Device | undefined, event: CheckedIn, now: number): Device {
  const { checkIn } = event;
  const { figures } = checkIn;
  return {
    id: device?.id ?? event.id,
    pseudonym: device?.pseudonym ?? event.pseudonym,
    product: checkIn.product,
    class: checkIn.class,
    attributes: device?.attributes ?? {},
    running: {
      sequenceNumber: checkIn.sequenceNumber,
      version: checkIn.version,
      sha256: checkIn.runningSha256 && toHex(checkIn.runningSha256),
      slot: checkIn.slot,
    },
    firstContactAt: device?.firstContactAt ?? now,
    lastContactAt: now,
    scheme: event.scheme,
    cell: checkIn.cell,
    radioLevel: figures.get(Figure.RADIO_LEVEL),
    uptimeSeconds: figures.get(Figure.UPTIME),
    boots: figures.get(Figure.BOOTS),
    link: device?.link,
    transfer: device?.transfer,
    report: device?.report,
    consent: consentOf(checkIn, now) ?? device?.consent,
    isOptedOut: device?.isOptedOut ?? false,
    postponedUntil: device?.postponedUntil,
    assignment: device?.assignment,
    past: device?.past ?? [],
  };
}

function consentOf({ consent }: CheckIn, now: number): Consent | undefined {
  if (consent === undefined) return undefined;
  return { state: consent.state, until: consent.seconds === 0 ? undefined : now + 1_000 * consent.seconds };
}

/** What the check-in shows of the assignment, and whether its image is offered once more. */
function takeUp(turn: Turn, checkIn: CheckIn, asking: Asking): void {
  const assignment = turn.assignment!;
  const target = turn.fleet.releases.get(assignment.target)!;
  const { running } = turn.device!;
  if (running.sha256 === target.sha256) return handleTargetRuns(turn, target, asking);
  if (running.sequenceNumber > target.sequenceNumber) return end(turn, "superseded", "newerRuns");
  const { state } = turn.fleet.rollouts.get(assignment.rollout)!;
  if (state === "aborted" || (state === "wayBack" && assignment.direction === "forward"))
    return end(turn, "cancelled", state);
  if (assignment.state === "booted") return end(turn, "failed", "oldImageRuns");
  if (state === "paused") {
    if (assignment.state !== "deferred") defer(turn, "paused", 0);
    return;
  }
  if (assignment.state === "deferred") return takeUpDeferred(turn, asking);
  if (assignment.state === "installing") return handleOldRuns(turn, target, asking);
  if (assignment.state === "downloaded" && checkIn.downloaded === target.sequenceNumber)
    return installOrWait(turn, target);
  goOn(turn, target);
}

/** The new image runs: from a fresh boot, unless the device has run for longer than the offer is old. */
function handleTargetRuns(turn: Turn, target: FleetRelease, asking: Asking): void {
  const device = turn.device!;
  const assignment = turn.assignment!;
  const uptimeMs = 1_000 * (device.uptimeSeconds ?? 0);
  if (uptimeMs > turn.time - assignment.offeredAt + UPTIME_SLACK_MS) return;
  const rollout = turn.fleet.rollouts.get(assignment.rollout)!;
  if (assignment.direction === "back") return end(turn, "confirmed", undefined);
  const goal = releaseFor(turn.fleet, rollout, device);
  if (goal !== undefined && goal.digest !== target.digest) return offerNext(turn, rollout, goal, asking);
  if (rollout.state === "wayBack") return end(turn, "cancelled", "wayBack", true);
  contact(turn);
  if (turn.assignment?.state !== "booted") return;
  const { contacts, bootedAt } = turn.assignment;
  const { plan } = rollout;
  const leftMs = bootedAt! + plan.soakMs - turn.time;
  if (contacts >= plan.contacts && leftMs <= 0) return end(turn, "confirmed", undefined);
  answerAfter(turn, leftMs / Math.max(1, plan.contacts - contacts));
}

/** A healthy contact of the new image; more than the plan asks for are not counted. */
export function contact(turn: Turn): void {
  const assignment = turn.assignment!;
  const { contacts, soakMs, timeoutMs } = planFor(turn, assignment);
  if (assignment.state !== "booted") {
    move(turn, "booted", turn.time + soakMs + timeoutMs);
    turn.settle(assignment.rollout);
  } else if (assignment.contacts < contacts) turn.change({ kind: "contacted" });
}

/** A release that had to come first runs: the next one, as if it were the first. */
function offerNext(turn: Turn, rollout: Rollout, goal: FleetRelease, asking: Asking): void {
  const next = stepTo(turn.fleet, goal, turn.device!);
  const verdict = againWait(turn.fleet, rollout, turn.device!, goal, asking);
  if (verdict.kind === "offer") return offerAgain(turn, next, 1, verdict);
  defer(turn, "passedThrough", 0);
  if (verdict.kind === "waits") answerNothing(turn, verdict);
}

function takeUpDeferred(turn: Turn, asking: Asking): void {
  const assignment = turn.assignment!;
  const rollout = turn.fleet.rollouts.get(assignment.rollout)!;
  if (turn.time < assignment.notBefore) {
    return answerAfter(turn, assignment.notBefore - turn.time);
  }
  if (assignment.direction === "back") return offerBackAgain(turn);
  const goal = releaseFor(turn.fleet, rollout, turn.device!);
  if (goal === undefined) return end(turn, "cancelled", "withdrawn");
  const verdict = againWait(turn.fleet, rollout, turn.device!, goal, asking);
  if (verdict.kind !== "offer") return answerNothing(turn, verdict.kind === "waits" ? verdict : undefined);
  // What was put off by an operator, a window or a user was no attempt.
  const isNew = COUNTED.has(assignment.reason ?? "");
  offerAgain(turn, verdict.target, assignment.attempt + (isNew ? 0 : 1), verdict);
}

/** Reasons to be deferred that say nothing of the device. */
const COUNTED: ReadonlySet<string> = new Set(["paused", "passedThrough", "byUser", "windowOver"]);

function offerBackAgain(turn: Turn): void {
  const { target, attempt, claim } = turn.assignment!;
  const release = turn.fleet.releases.get(target)!;
  offerAgain(turn, release, attempt + 1, { kind: "offer", target: release, claim });
}

function offerAgain(turn: Turn, target: FleetRelease, attempt: number, { claim }: Offer): void {
  const { timeoutMs } = planFor(turn, turn.assignment!);
  turn.change({
    kind: "offeredAgain",
    target: target.digest,
    attempt,
    cell: turn.device!.cell,
    claim,
    deadline: turn.time + timeoutMs,
  });
  answerOffer(turn, target);
}

/** All was served, and the old image runs: it fell back without a word, or never installed what it has. */
function handleOldRuns(turn: Turn, target: FleetRelease, asking: Asking): void {
  const assignment = turn.assignment!;
  const { uptimeSeconds } = turn.device!;
  const hasRestarted = uptimeSeconds !== undefined && turn.time - assignment.since > 1_000 * uptimeSeconds;
  if (!hasRestarted && asking.holds) return installOrWait(turn, target);
  const isLast = assignment.attempt >= planFor(turn, assignment).attempts;
  if (hasRestarted || isLast) return tryAgainOr(turn, "failed", "oldImageRuns");
  // It never got as far as to start it, and asks: what is missing may be a single block.
  offerAgain(turn, target, assignment.attempt + 1, { kind: "offer", target, claim: assignment.claim });
}

/** A device that holds what it has downloaded may install it when a window for that is open. */
function installOrWait(turn: Turn, target: FleetRelease): void {
  const assignment = turn.assignment!;
  const plan = planFor(turn, assignment);
  const wait =
    assignment.direction === "back" ? undefined : waitFor(compiled(plan).install, turn.now, " for installing");
  if (wait !== undefined) return answerNothing(turn, wait);
  if (assignment.state !== "installing") move(turn, "installing", turn.time + plan.timeoutMs);
  answerOffer(turn, target);
}

/** The download begins, or goes on after a break. */
function goOn(turn: Turn, target: FleetRelease): void {
  const assignment = turn.assignment!;
  const plan = planFor(turn, assignment);
  const mayGoOn = assignment.state !== "offered" && plan.atWindowEnd === "continue";
  const isFree = mayGoOn || assignment.direction === "back";
  const wait = isFree ? undefined : waitFor(compiled(plan).download, turn.now, "");
  if (wait === undefined) return answerOffer(turn, target);
  defer(turn, "windowOver", 0);
  turn.isCut = true;
  answerNothing(turn, wait);
}
