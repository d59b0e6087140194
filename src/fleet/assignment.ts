// One update of one device. Everything here follows from records, so that a replay gives the same, field by field; what changes
// with each block is not here but in the device's transfer.

export const ASSIGNMENT_STATES = [
  "offered",
  "downloading",
  "downloaded",
  "installing",
  "booted",
  "deferred",
  "confirmed",
  "failed",
  "timedOut",
  "cancelled",
  "superseded",
] as const;
export type AssignmentState = (typeof ASSIGNMENT_STATES)[number];

/** Nothing follows them. */
export type EndState = "confirmed" | "failed" | "timedOut" | "cancelled" | "superseded";

/** Whether it goes to the release of the roll-out, or back to what ran before. */
export type Direction = "forward" | "back";

/** Times are the fleet's own, see clock.ts. */
export interface Assignment {
  /** The roll-out's name. */
  readonly rollout: string;
  readonly direction: Direction;
  /** Of those of the roll-out, from 0. */
  readonly phase: number;
  /** The digest of the release's manifest, hex. */
  readonly target: string;
  /** Whether it asks before it installs what it has downloaded. */
  readonly holds: boolean;
  readonly state: AssignmentState;
  /** Of the state. */
  readonly since: number;
  readonly offeredAt: number;
  /** From 1. */
  readonly attempt: number;
  /** When something is due, whatever happens: the store steps the device with `due` then. NEVER where only an action can help. */
  readonly deadline: number;
  /** Of a deferred one: it is not offered again before. */
  readonly notBefore: number;
  /** Healthy contacts of the new image. */
  readonly contacts: number;
  /** Of the first contact of the new image. */
  readonly bootedAt: number | undefined;
  /** Whether the new image ever ran, on this attempt or an earlier one. */
  readonly hasBooted: boolean;
  /** Why it is deferred. */
  readonly reason: string | undefined;
  /** Where it counts as a running download. */
  readonly cell: string | undefined;
  /** What it may take there, while it runs. */
  readonly claim: Claim;
  /** Whether an alarm was raised over its transfer. */
  readonly isStalled: boolean;
}

/** A deadline that does not come. */
export const NEVER = Number.MAX_SAFE_INTEGER;

/** What a running download is expected to take in a minute at most. */
export interface Claim {
  readonly bytesPerMinute: number;
  readonly airtimeMsPerMinute: number;
  readonly radioLevel: number | undefined;
}

export interface PastAssignment {
  readonly rollout: string;
  readonly direction: Direction;
  readonly phase: number;
  readonly target: string;
  readonly state: EndState;
  readonly reason: string | undefined;
  readonly attempts: number;
  readonly endedAt: number;
  /** Whether the new image ran. */
  readonly hasBooted: boolean;
}

const ENDS: ReadonlySet<AssignmentState> = new Set(["confirmed", "failed", "timedOut", "cancelled", "superseded"]);

export function isEnd(state: AssignmentState): state is EndState {
  return ENDS.has(state);
}

/** On the air, or about to be: what cells and budgets count. */
export function isDownloading(state: AssignmentState): boolean {
  return state === "offered" || state === "downloading";
}
