// What changed, as facts: a step decides, and what it decides are changes; applied one after the other they give its result,
// and applied again they give it again. So a replay decides nothing anew.

import type { Alert } from "./alert.ts";
import type { AssignmentState, Claim, Direction, EndState } from "./assignment.ts";
import type { FleetAction } from "./fleet-action.ts";
import type { PhaseState, RolloutState } from "./rollout.ts";

export type FleetChange =
  | { readonly kind: "acted"; readonly person: string; readonly action: FleetAction }
  | {
      readonly kind: "assigned";
      readonly rollout: string;
      readonly direction: Direction;
      readonly phase: number;
      readonly target: string;
      readonly holds: boolean;
      readonly cell: string | undefined;
      readonly claim: Claim;
      readonly deadline: number;
    }
  /** The assignment goes on in another state, or in the same with another deadline. */
  | {
      readonly kind: "moved";
      readonly state: AssignmentState;
      readonly deadline: number;
      readonly notBefore: number;
      readonly reason: string | undefined;
      /** Whether the new image has run, as far as is known by now. */
      readonly hasBooted: boolean;
    }
  /** It is offered once more: after it was deferred, or after a release that had to come first. */
  | {
      readonly kind: "offeredAgain";
      readonly target: string;
      readonly attempt: number;
      readonly cell: string | undefined;
      readonly claim: Claim;
      readonly deadline: number;
    }
  | {
      readonly kind: "ended";
      readonly state: EndState;
      readonly reason: string | undefined;
      readonly hasBooted: boolean;
    }
  | { readonly kind: "contacted" }
  /** What its transfer was measured to take. */
  | { readonly kind: "claimed"; readonly claim: Claim }
  /** Whether an alarm stands over its transfer. */
  | { readonly kind: "stalled"; readonly isStalled: boolean }
  | { readonly kind: "phase"; readonly rollout: string; readonly phase: number; readonly state: PhaseState }
  | {
      readonly kind: "rollout";
      readonly rollout: string;
      readonly state: RolloutState;
      readonly reason: string | undefined;
    }
  | { readonly kind: "counted"; readonly rollout: string; readonly remaining: number }
  | { readonly kind: "alertRaised"; readonly alert: Alert }
  | { readonly kind: "alertCleared"; readonly rule: string; readonly subject: string };

export interface FleetRecord {
  /** ms since 1970, by the clock on the wall. */
  readonly wall: number;
  /** The fleet's time. */
  readonly time: number;
  /** The pseudonym of the device that it is about. */
  readonly device: string | undefined;
  readonly change: FleetChange;
}
