// What an operator may not do, and what to do instead, in one line.

import { imageNameFault } from "../../firmware/image-name.ts";
import { ATTRIBUTE_LENGTH_MAX, ATTRIBUTES_MAX, type Device } from "../device.ts";
import { filterFaultText, parseFilter } from "../filter-parser.ts";
import {
  ALERT_RULES_MAX,
  CELL_BUDGETS_MAX,
  type Fleet,
  GROUPS_MAX,
  PRODUCTS_MAX,
  RELEASES_MAX,
  ROLLOUTS_MAX,
} from "../fleet.ts";
import type { FleetAction, RolloutDraft } from "../fleet-action.ts";
import type { Actor } from "../fleet-event.ts";
import type { Refusal } from "../fleet-service.ts";
import { APPROVALS_MAX, PHASES_MAX, type PhaseSize, type Rollout } from "../rollout.ts";
import { Window } from "../window.ts";

/** Of roll-outs, groups and alert rules. */
const NAME = /^[A-Za-z0-9._-]{1,64}$/;

/** Undefined where it may be done. */
export function refusalOfAction(
  fleet: Fleet,
  device: Device | undefined,
  actor: Actor,
  action: FleetAction,
): Refusal | undefined {
  const missing = missingFor(fleet, device, action);
  if (missing !== undefined) return { kind: "unknown", reason: missing };
  const invalid = faultOf(fleet, action);
  if (invalid !== undefined) return { kind: "invalid", reason: invalid };
  const refused = "name" in action ? stateRefusal(fleet, actor, action) : undefined;
  return refused === undefined ? undefined : { kind: "refused", reason: refused };
}

/** What it is about, and is not there. */
function missingFor(fleet: Fleet, device: Device | undefined, action: FleetAction): string | undefined {
  switch (action.kind) {
    case "groupRemove":
      return fleet.groups.has(action.name) ? undefined : `there is no group ${action.name}: see group list`;
    case "alertRuleRemove":
      return fleet.alertRules.has(action.name) ? undefined : `there is no alert rule ${action.name}`;
    case "rolloutApprove":
    case "rolloutRehearsed":
    case "rolloutStart":
    case "rolloutPause":
    case "rolloutResume":
    case "rolloutAbort":
    case "rolloutWayBack":
      return fleet.rollouts.has(action.name) ? undefined : `there is no roll-out ${action.name}: see rollout list`;
    case "deviceSet":
    case "deviceConsent":
    case "deviceForget":
      return device === undefined ? "there is no such device: see devices" : undefined;
    default:
      return undefined;
  }
}

/** What is wrong with what it says. */
function faultOf(fleet: Fleet, action: FleetAction): string | undefined {
  switch (action.kind) {
    case "productSet":
      return productFault(fleet, action.product, action.change.comeAgainSeconds, action.change.approvals);
    case "groupSet":
      return (
        nameFault("group", action.name) ??
        full(fleet.groups, action.name, GROUPS_MAX, "groups") ??
        filterFault(action.where)
      );
    case "releaseKnown":
      return full(fleet.releases, action.release.digest, RELEASES_MAX, "releases");
    case "rolloutCreate":
      return draftFault(fleet, action.draft);
    case "cellBudgetSet":
      return (
        full(fleet.cellBudgets, action.cell, CELL_BUDGETS_MAX, "cells with a budget") ?? budgetFault(action.budget)
      );
    case "serverBudgetSet":
      return budgetFault(action.budget);
    case "alertRuleSet":
      return (
        nameFault("alert rule", action.rule.name) ??
        full(fleet.alertRules, action.rule.name, ALERT_RULES_MAX, "alert rules")
      );
    case "deviceSet":
      return attributesFault(action.change.attributes ?? {});
    default:
      return undefined;
  }
}

function stateRefusal(fleet: Fleet, actor: Actor, { kind, name }: Extract<FleetAction, { readonly name: string }>) {
  const rollout = fleet.rollouts.get(name);
  return rollout === undefined ? undefined : rolloutFault(fleet, rollout, actor, kind);
}

type RolloutKind = Extract<FleetAction, { readonly name: string }>["kind"];

function rolloutFault(fleet: Fleet, rollout: Rollout, { person }: Actor, kind: RolloutKind): string | undefined {
  const { plan, state, approvals, approvalsNeeded } = rollout;
  const { name } = plan;
  const isOnly = (...states: readonly string[]) =>
    states.includes(state)
      ? undefined
      : `roll-out ${name} is ${state}, and this is for one that is ${states.join(" or ")}`;
  switch (kind) {
    case "rolloutApprove":
      if (person === rollout.author) return `you made roll-out ${name}: another person has to approve it`;
      if (approvals.some((approval) => approval.person === person)) return `you have approved roll-out ${name} already`;
      return isOnly("awaitingApproval");
    case "rolloutStart":
      if (state === "awaitingApproval") {
        const missing = approvalsNeeded - approvals.length;
        return `roll-out ${name} lacks ${missing} of ${approvalsNeeded} approvals: another person approves with rollout approve ${name}`;
      }
      if (rollout.needsRehearsal && !rollout.hasRehearsed)
        return `roll-out ${name} has to be rehearsed first: rehearse ${name}`;
      return isOnly("draft");
    case "rolloutPause":
      return isOnly("running");
    case "rolloutResume":
      return isOnly("paused");
    case "rolloutAbort":
      return isOnly("draft", "awaitingApproval", "running", "paused");
    case "rolloutWayBack":
      return isOnly("running", "paused", "aborted", "done") ?? wayBackFault(fleet, rollout);
    case "rolloutRehearsed":
      return isOnly("draft", "awaitingApproval");
    default:
      return undefined;
  }
}

function wayBackFault(fleet: Fleet, { plan }: Rollout): string | undefined {
  const targets = [...fleet.releases.values()].filter(
    ({ product, version, forRunning }) =>
      product === plan.product && version === plan.version && forRunning === undefined,
  );
  const isThere = [...fleet.releases.values()].some((back) => targets.some(({ sha256 }) => sha256 === back.forRunning));
  return isThere ? undefined : `${plan.version} was released without a way back: release it with --way-back VERSION`;
}

function draftFault(fleet: Fleet, draft: RolloutDraft): string | undefined {
  const { name, product, version, group, onFailure } = draft;
  return (
    nameFault("roll-out", name) ??
    (fleet.rollouts.has(name) ? `there is a roll-out ${name} already: take another name` : undefined) ??
    full(fleet.rollouts, name, ROLLOUTS_MAX, "roll-outs") ??
    (isReleased(fleet, product, version) ? undefined : `${product} ${version} is not released: release it first`) ??
    (group === undefined || fleet.groups.has(group)
      ? undefined
      : `there is no group ${group}: group set ${group} --where …`) ??
    phasesFault(draft.phases) ??
    numbersFault(draft) ??
    windowFault(draft.downloadWindow) ??
    windowFault(draft.installWindow) ??
    (onFailure === "wayBack" ? wayBackFault(fleet, { plan: { product, version } } as Rollout) : undefined)
  );
}

function isReleased({ releases }: Fleet, product: string, version: string): boolean {
  return [...releases.values()].some(
    (release) => release.product === product && release.version === version && release.forRunning === undefined,
  );
}

function phasesFault(phases: readonly PhaseSize[]): string | undefined {
  if (phases.length === 0 || phases.length > PHASES_MAX) return `a roll-out has 1 to ${PHASES_MAX} phases`;
  let share = 0;
  for (const size of phases) {
    if (size.kind === "count") {
      if (!Number.isSafeInteger(size.count) || size.count < 1) return "a phase is for 1 device or more";
    } else {
      if (!(size.share > share && size.share <= 1))
        return "shares of phases grow, up to 100 %: write them as in 20,5%,100%";
      share = size.share;
    }
  }
  return undefined;
}

function numbersFault(draft: RolloutDraft): string | undefined {
  const { success, failure, soakMs, contacts, timeoutMs, attempts, patienceMs, perCell, pace, priority } = draft;
  const isShare = (value: number | undefined) => value === undefined || (value > 0 && value <= 1);
  const isCount = (value: number | undefined) => value === undefined || (Number.isSafeInteger(value) && value >= 1);
  const isTime = (value: number | undefined) => value === undefined || (value >= 0 && value <= 366 * 86_400_000);
  if (!isShare(success) || !isShare(failure?.share)) return "a share is above 0 % and at most 100 %";
  if (![failure?.minimum, failure?.count, contacts, attempts, perCell, pace?.every].every(isCount)) {
    return "counts are whole numbers from 1 on";
  }
  if (![soakMs, timeoutMs, patienceMs].every(isTime)) return "times are from 0 to a year";
  if (pace !== undefined && !(pace.perMinute > 0 && pace.growth >= 1 && pace.most >= pace.perMinute)) {
    return "a pace is above 0 a minute, and grows by a factor from 1 on up to a most";
  }
  return priority === undefined || Number.isSafeInteger(priority) ? undefined : "a priority is a whole number";
}

function productFault(
  fleet: Fleet,
  product: string,
  comeAgain: number | undefined,
  approvals: number | undefined,
): string | undefined {
  const named = imageNameFault(product, "x");
  if (named !== undefined) return named;
  if (comeAgain !== undefined && !(comeAgain >= 1 && comeAgain <= 30 * 86_400))
    return "devices come again in 1 s to 30 days";
  const isCount =
    approvals === undefined || (Number.isSafeInteger(approvals) && approvals >= 0 && approvals <= APPROVALS_MAX);
  if (!isCount) return `a product asks for 0 to ${APPROVALS_MAX} approvals`;
  return full(fleet.products, product, PRODUCTS_MAX, "products");
}

function attributesFault(attributes: Readonly<Record<string, string>>): string | undefined {
  const entries = Object.entries(attributes);
  if (entries.length > ATTRIBUTES_MAX) return `a device has at most ${ATTRIBUTES_MAX} attributes`;
  const isOne = ([name, value]: [string, string]) => NAME.test(name) && value.length <= ATTRIBUTE_LENGTH_MAX;
  return entries.every(isOne)
    ? undefined
    : `an attribute's name has 1 to 64 of A-Z a-z 0-9 . _ -, and its value at most ${ATTRIBUTE_LENGTH_MAX} characters`;
}

function budgetFault(budget: object): string | undefined {
  const values = Object.values(budget).filter((value) => value !== undefined);
  if (!values.every((value) => typeof value === "number" && value > 0)) return "a budget is above 0";
  const { airtimeMsPerMinute, airtimeMsPerKib } = budget as { airtimeMsPerMinute?: number; airtimeMsPerKib?: number };
  return airtimeMsPerMinute === undefined || airtimeMsPerKib !== undefined
    ? undefined
    : "a budget of airtime needs what a KiB takes of it";
}

function nameFault(what: string, name: string): string | undefined {
  return NAME.test(name) ? undefined : `"${name}" is no name of a ${what}: use 1 to 64 of A-Z a-z 0-9 . _ -`;
}

function full(map: ReadonlyMap<string, unknown>, key: string, most: number, what: string): string | undefined {
  return map.has(key) || map.size < most ? undefined : `there are ${most} ${what}, and no more go`;
}

function filterFault(where: string): string | undefined {
  const parsed = parseFilter(where);
  return parsed.ok ? undefined : filterFaultText(where, parsed.error);
}

function windowFault(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const parsed = Window.parse(text);
  return parsed.ok ? undefined : parsed.error;
}
