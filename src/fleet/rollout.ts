// A roll-out: a release for a group, in phases that open by themselves and stop by themselves. Times are the fleet's own
// (clock.ts), shares are fractions of 1.

export const ROLLOUT_STATES = ["draft", "awaitingApproval", "running", "paused", "aborted", "wayBack", "done"] as const;
export type RolloutState = (typeof ROLLOUT_STATES)[number];

export const PHASE_STATES = ["waiting", "running", "soaking", "done", "failed"] as const;
export type PhaseState = (typeof PHASE_STATES)[number];

export const FAILURE_ACTIONS = ["pause", "abort", "wayBack"] as const;
export type FailureAction = (typeof FAILURE_ACTIONS)[number];

/** How many devices a phase takes in. */
export type PhaseSize =
  /** The first so many that are eligible and check in. */
  | { readonly kind: "count"; readonly count: number }
  /** Those whose number is below this share: cumulative over the phases. */
  | { readonly kind: "share"; readonly share: number };

/** Each assignment of a phase is counted where it is now; `offered` and `touched` count all that ever were. */
export interface PhaseCounters {
  readonly offered: number;
  readonly downloading: number;
  readonly installing: number;
  /** The new image runs, and soaks. */
  readonly booted: number;
  readonly confirmed: number;
  readonly failed: number;
  readonly timedOut: number;
  /** Cancelled or superseded. */
  readonly withdrawn: number;
  /** The new image ran at least once. */
  readonly touched: number;
}

export const NO_COUNTERS: PhaseCounters = {
  offered: 0,
  downloading: 0,
  installing: 0,
  booted: 0,
  confirmed: 0,
  failed: 0,
  timedOut: 0,
  withdrawn: 0,
  touched: 0,
};

export interface Phase extends PhaseCounters {
  readonly size: PhaseSize;
  readonly state: PhaseState;
  readonly openedAt: number | undefined;
  /** Since when nobody new has come: the opening, the latest offer, or when the roll-out went on. */
  readonly quietSince: number | undefined;
  readonly endedAt: number | undefined;
  /** Failures that the operator who let it go on knew of. */
  readonly forgiven: number;
}

/** Failures that stop a roll-out: a share of those that came to an end, from a minimum count on, or a count alone. */
export interface FailureLimit {
  readonly share: number | undefined;
  readonly minimum: number;
  readonly count: number | undefined;
}

/** Devices that are offered it in a minute; multiplied by `growth` after each `every` confirmed, up to `most`. */
export interface Pace {
  readonly perMinute: number;
  readonly growth: number;
  readonly every: number;
  readonly most: number;
}

/** What a roll-out is made of; approvals are over all of it, so it never changes. */
export interface RolloutPlan {
  readonly name: string;
  readonly product: string;
  readonly version: string;
  /** The group's name, and what it meant when the roll-out was made; every device of the product when absent. */
  readonly group: string | undefined;
  readonly where: string | undefined;
  readonly phases: readonly PhaseSize[];
  /** Confirmed, of those that came to an end, for the next phase to open. */
  readonly success: number;
  readonly failure: FailureLimit;
  readonly onFailure: FailureAction;
  readonly soakMs: number;
  /** Healthy contacts of the new image. */
  readonly contacts: number;
  /** In one state of an assignment, ms: then it is a failure. */
  readonly timeoutMs: number;
  readonly attempts: number;
  /** Without a new device for so long, ms, a phase waits for nobody who did not come. */
  readonly patienceMs: number;
  /** As windows are written, see window.ts; always when absent. */
  readonly downloadWindow: string | undefined;
  readonly installWindow: string | undefined;
  /** Of a download that runs when its window ends. */
  readonly atWindowEnd: "continue" | "pause";
  /** Downloads at a time in one cell or behind one gateway. */
  readonly perCell: number | undefined;
  readonly pace: Pace | undefined;
  readonly needsConsent: boolean;
  /** The higher one first, among roll-outs of the same kind. */
  readonly priority: number;
}

export interface Approval {
  readonly person: string;
  readonly at: number;
}

export interface WayBackCounters {
  readonly offered: number;
  readonly confirmed: number;
  readonly failed: number;
}

export interface Rollout {
  readonly plan: RolloutPlan;
  readonly author: string;
  readonly createdAt: number;
  readonly approvalsNeeded: number;
  readonly approvals: readonly Approval[];
  readonly needsRehearsal: boolean;
  readonly hasRehearsed: boolean;
  readonly state: RolloutState;
  /** Why it is in this state, where that is no operator's plain wish. */
  readonly reason: string | undefined;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly phases: readonly Phase[];
  /** The phase that is open, or the latest that was; -1 before the start. */
  readonly phase: number;
  /** Devices that it is for, as the store counted them. */
  readonly eligible: number | undefined;
  readonly back: WayBackCounters;
  /** A later one that is done brings its newcomers something newer. */
  readonly succeededBy: string | undefined;
  /** Offers that the pace allows at once, and when that was so. */
  readonly tokens: number;
  readonly tokensAt: number;
}

export const PHASES_MAX = 16;
export const APPROVALS_MAX = 16;

export const ROLLOUT_DEFAULTS = {
  success: 0.95,
  failure: { share: 0.03, minimum: 2, count: undefined },
  onFailure: "pause",
  soakMs: 3_600_000,
  contacts: 2,
  timeoutMs: 86_400_000,
  attempts: 3,
  patienceMs: 86_400_000,
  atWindowEnd: "continue",
  needsConsent: false,
  priority: 0,
} as const;
