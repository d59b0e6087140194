// What an action that may be done does to the fleet: the same when it is done and when its record is replayed. What it does to the
// device is in device-action.ts, for devices are not in records.

import { COME_AGAIN_SECONDS } from "../manifest/ticket.ts";
import type { Fleet } from "./fleet.ts";
import type { FleetAction, ProductChange, RolloutDraft } from "./fleet-action.ts";
import { type FleetRelease, keyOf, type Product } from "./product.ts";
import {
  NO_COUNTERS,
  type Phase,
  ROLLOUT_DEFAULTS,
  type Rollout,
  type RolloutPlan,
  type RolloutState,
} from "./rollout.ts";
import { inOrder } from "./rollout-order.ts";
import { failuresOf } from "./threshold.ts";

/** `time` is the fleet's. */
export function afterAction(fleet: Fleet, person: string, action: FleetAction, time: number): Fleet {
  switch (action.kind) {
    case "productSet":
      return {
        ...fleet,
        products: withEntry(fleet.products, action.product, productAfter(fleet, action.product, action.change)),
      };
    case "groupSet":
      return { ...fleet, groups: withEntry(fleet.groups, action.name, { name: action.name, where: action.where }) };
    case "groupRemove":
      return { ...fleet, groups: without(fleet.groups, action.name) };
    case "releaseKnown":
      return withRelease(fleet, action.release);
    case "releaseWithdrawn":
      return withoutRelease(fleet, action.digest);
    case "rolloutCreate":
      return withRollout(fleet, person, action.draft, time);
    case "rolloutApprove":
      return changed(fleet, action.name, (rollout) => approved(rollout, person, time));
    case "rolloutRehearsed":
      return changed(fleet, action.name, (rollout) => ({ ...rollout, hasRehearsed: action.hasPassed }));
    case "rolloutStart":
      return changed(fleet, action.name, (rollout) => ({ ...started(rollout, time), eligible: action.remaining }));
    case "rolloutPause":
      return changed(fleet, action.name, (rollout) => inState(rollout, "paused", undefined, time));
    case "rolloutResume":
      return changed(fleet, action.name, (rollout) => resumed(rollout, time));
    case "rolloutAbort":
      return changed(fleet, action.name, (rollout) => inState(rollout, "aborted", undefined, time));
    case "rolloutWayBack":
      return changed(fleet, action.name, (rollout) => inState(rollout, "wayBack", undefined, time));
    case "cellBudgetSet":
      return { ...fleet, cellBudgets: withEntry(fleet.cellBudgets, action.cell, action.budget) };
    case "serverBudgetSet":
      return { ...fleet, serverBudget: action.budget };
    case "alertRuleSet":
      return { ...fleet, alertRules: withEntry(fleet.alertRules, action.rule.name, action.rule) };
    case "alertRuleRemove":
      return { ...fleet, alertRules: without(fleet.alertRules, action.name) };
    case "deviceSet":
    case "deviceConsent":
    case "deviceForget":
      return fleet;
  }
}

/** One roll-out of the fleet changed. */
export function changed(fleet: Fleet, name: string, change: (rollout: Rollout) => Rollout): Fleet {
  return { ...fleet, rollouts: withEntry(fleet.rollouts, name, change(fleet.rollouts.get(name)!)) };
}

export function inState(rollout: Rollout, state: RolloutState, reason: string | undefined, time: number): Rollout {
  const isEnd = state === "done" || state === "aborted";
  return { ...rollout, state, reason, endedAt: isEnd ? time : undefined };
}

function productAfter({ products }: Fleet, name: string, change: ProductChange): Product {
  const before = products.get(name) ?? newProduct(name);
  return {
    name,
    offer: change.offer ?? before.offer,
    comeAgainSeconds: change.comeAgainSeconds ?? before.comeAgainSeconds,
    approvals: change.approvals ?? before.approvals,
    needsRehearsal: change.needsRehearsal ?? before.needsRehearsal,
    supportEndsAt: change.supportEndsAt ?? before.supportEndsAt,
  };
}

function newProduct(name: string): Product {
  return {
    name,
    offer: "newest",
    comeAgainSeconds: COME_AGAIN_SECONDS,
    approvals: 0,
    needsRehearsal: false,
    supportEndsAt: undefined,
  };
}

function withRelease(fleet: Fleet, release: FleetRelease): Fleet {
  return {
    ...fleet,
    releases: withEntry(fleet.releases, release.digest, release),
    releaseNames: withEntry(fleet.releaseNames, keyOf(release), release.digest),
  };
}

/** What it is stays known, for devices run it; it is offered no more. */
function withoutRelease(fleet: Fleet, digest: string): Fleet {
  const release = fleet.releases.get(digest);
  if (release === undefined || fleet.releaseNames.get(keyOf(release)) !== digest) return fleet;
  return { ...fleet, releaseNames: without(fleet.releaseNames, keyOf(release)) };
}

/** A product's first roll-out ends that its devices get what is newest. */
function withRollout(fleet: Fleet, person: string, draft: RolloutDraft, time: number): Fleet {
  const product = productAfter(fleet, draft.product, { offer: "rollout" });
  const plan = planOf(draft, draft.group === undefined ? undefined : fleet.groups.get(draft.group)?.where);
  const rollout: Rollout = {
    plan,
    author: person,
    createdAt: time,
    approvalsNeeded: product.approvals,
    approvals: [],
    needsRehearsal: product.needsRehearsal,
    hasRehearsed: false,
    state: product.approvals > 0 ? "awaitingApproval" : "draft",
    reason: undefined,
    startedAt: undefined,
    endedAt: undefined,
    phases: plan.phases.map(newPhase),
    phase: -1,
    eligible: undefined,
    back: { offered: 0, confirmed: 0, failed: 0 },
    succeededBy: undefined,
    tokens: 1,
    tokensAt: time,
  };
  const rollouts = withEntry(fleet.rollouts, plan.name, rollout);
  const products = withEntry(fleet.products, product.name, product);
  const order = withEntry(fleet.order, plan.product, inOrder(fleet, rollouts, plan.product));
  return { ...fleet, products, rollouts, order };
}

function newPhase(size: Phase["size"]): Phase {
  return {
    ...NO_COUNTERS,
    size,
    state: "waiting",
    openedAt: undefined,
    quietSince: undefined,
    endedAt: undefined,
    forgiven: 0,
  };
}

function planOf(draft: RolloutDraft, where: string | undefined): RolloutPlan {
  const or = ROLLOUT_DEFAULTS;
  return {
    name: draft.name,
    product: draft.product,
    version: draft.version,
    group: draft.group,
    where,
    phases: draft.phases,
    success: draft.success ?? or.success,
    failure: draft.failure ?? or.failure,
    onFailure: draft.onFailure ?? or.onFailure,
    soakMs: draft.soakMs ?? or.soakMs,
    contacts: draft.contacts ?? or.contacts,
    timeoutMs: draft.timeoutMs ?? or.timeoutMs,
    attempts: draft.attempts ?? or.attempts,
    patienceMs: draft.patienceMs ?? or.patienceMs,
    downloadWindow: draft.downloadWindow,
    installWindow: draft.installWindow,
    atWindowEnd: draft.atWindowEnd ?? or.atWindowEnd,
    perCell: draft.perCell,
    pace: draft.pace,
    needsConsent: draft.needsConsent ?? or.needsConsent,
    priority: draft.priority ?? or.priority,
  };
}

function approved(rollout: Rollout, person: string, at: number): Rollout {
  const approvals = [...rollout.approvals, { person, at }];
  return { ...rollout, approvals, state: approvals.length < rollout.approvalsNeeded ? rollout.state : "draft" };
}

function started(rollout: Rollout, time: number): Rollout {
  return { ...rollout, state: "running", startedAt: time, phase: 0, tokens: 1, tokensAt: time };
}

/** Whoever lets it go on knows of its failures: only further ones stop it again. */
function resumed(rollout: Rollout, time: number): Rollout {
  const phases = rollout.phases.map((phase, at) => {
    const known: Phase = { ...phase, forgiven: failuresOf(phase) };
    return at === rollout.phase ? { ...known, state: "running" as const, quietSince: time } : known;
  });
  return { ...rollout, state: "running", reason: undefined, phases, tokens: 1, tokensAt: time };
}

export function withEntry<Value>(
  map: ReadonlyMap<string, Value>,
  key: string,
  value: Value,
): ReadonlyMap<string, Value> {
  return new Map(map).set(key, value);
}

export function without<Value>(map: ReadonlyMap<string, Value>, key: string): ReadonlyMap<string, Value> {
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}
