// What operators do to a fleet. Actions are values: they are recorded as they are, and a replay does them again.

import type { AlertRule } from "./alert.ts";
import type { Budget } from "./cell-load.ts";
import type { Consent } from "./device.ts";
import type { FleetRelease } from "./product.ts";
import type { FailureAction, FailureLimit, Pace, PhaseSize } from "./rollout.ts";

/** Where a field is absent, ROLLOUT_DEFAULTS say what is meant. */
export interface RolloutDraft {
  readonly name: string;
  readonly product: string;
  readonly version: string;
  readonly group?: string | undefined;
  readonly phases: readonly PhaseSize[];
  readonly success?: number | undefined;
  readonly failure?: FailureLimit | undefined;
  readonly onFailure?: FailureAction | undefined;
  readonly soakMs?: number | undefined;
  readonly contacts?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly attempts?: number | undefined;
  readonly patienceMs?: number | undefined;
  readonly downloadWindow?: string | undefined;
  readonly installWindow?: string | undefined;
  readonly atWindowEnd?: "continue" | "pause" | undefined;
  readonly perCell?: number | undefined;
  readonly pace?: Pace | undefined;
  readonly needsConsent?: boolean | undefined;
  readonly priority?: number | undefined;
}

/** What is absent stays as it is. */
export interface ProductChange {
  readonly offer?: "newest" | "rollout" | undefined;
  readonly comeAgainSeconds?: number | undefined;
  readonly approvals?: number | undefined;
  readonly needsRehearsal?: boolean | undefined;
  readonly supportEndsAt?: number | undefined;
}

export interface DeviceChange {
  /** An empty value takes the attribute away. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  readonly isOptedOut?: boolean | undefined;
  /** ms since 1970; 0: no longer. */
  readonly postponedUntil?: number | undefined;
}

export type FleetAction =
  | { readonly kind: "productSet"; readonly product: string; readonly change: ProductChange }
  | { readonly kind: "groupSet"; readonly name: string; readonly where: string }
  | { readonly kind: "groupRemove"; readonly name: string }
  /** By `release` and `publish`, not by a person. */
  | { readonly kind: "releaseKnown"; readonly release: FleetRelease }
  | { readonly kind: "releaseWithdrawn"; readonly digest: string }
  | { readonly kind: "rolloutCreate"; readonly draft: RolloutDraft }
  | { readonly kind: "rolloutApprove"; readonly name: string }
  | { readonly kind: "rolloutRehearsed"; readonly name: string; readonly hasPassed: boolean }
  /** `remaining` as in FleetCounts, where the store counts at once. */
  | { readonly kind: "rolloutStart"; readonly name: string; readonly remaining?: number }
  | { readonly kind: "rolloutPause"; readonly name: string }
  | { readonly kind: "rolloutResume"; readonly name: string }
  | { readonly kind: "rolloutAbort"; readonly name: string }
  | { readonly kind: "rolloutWayBack"; readonly name: string }
  /** "" is each cell that has no budget of its own; an empty budget takes the limits away. */
  | { readonly kind: "cellBudgetSet"; readonly cell: string; readonly budget: Budget }
  | { readonly kind: "serverBudgetSet"; readonly budget: Budget }
  | { readonly kind: "alertRuleSet"; readonly rule: AlertRule }
  | { readonly kind: "alertRuleRemove"; readonly name: string }
  /** Of the device that is handed in. */
  | { readonly kind: "deviceSet"; readonly change: DeviceChange }
  | { readonly kind: "deviceConsent"; readonly consent: Consent }
  | { readonly kind: "deviceForget" };
