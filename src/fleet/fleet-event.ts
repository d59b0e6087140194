// What happens to a fleet: what a device says, what the server saw of its transfer, what the time brings, and what an operator
// does. One function takes all of them, in a server, in a rehearsal and in a replay.

import type { CheckIn } from "../manifest/check-in.ts";
import type { InstallReport } from "../manifest/install-report.ts";
import type { FleetAction } from "./fleet-action.ts";

/** Who acts, as a person: "anna", or "local:anna" beside the server's data directory. */
export interface Actor {
  readonly person: string;
}

export type FleetEvent =
  /** `id` and `pseudonym` make a device of an identity that was never seen. */
  | {
      readonly kind: "checkedIn";
      readonly id: string;
      readonly pseudonym: string;
      readonly scheme: string;
      readonly checkIn: CheckIn;
    }
  | { readonly kind: "reported"; readonly report: InstallReport }
  | { readonly kind: "progressed"; readonly progress: Progress }
  /** The deadline of the device's assignment has come, or its roll-out is named in `sweep` of an earlier step. */
  | { readonly kind: "due" }
  /** Time alone, at least once a minute. */
  | { readonly kind: "ticked"; readonly counts?: FleetCounts }
  | { readonly kind: "acted"; readonly actor: Actor; readonly action: FleetAction };

/** Of a transfer of an image of the device's product; may be batched. */
export interface Progress {
  /** Of the image, as its path says. */
  readonly version: string;
  /** Different bytes that were served, and of how many. */
  readonly bytes: number;
  readonly size: number;
  /** Answers with image bytes, repeated ones included. */
  readonly blocks: number;
  readonly resends: number;
  readonly blockSize: number;
  /** Since the first block. */
  readonly seconds: number;
}

/** What only the store can count; each part as often as it likes. */
export interface FleetCounts {
  /**
   * By roll-out: devices, not opted out, of its product and within its `where`, that neither run its release nor were ever
   * offered it.
   */
  readonly remaining?: ReadonlyMap<string, number>;
  /** By product: devices that were silent for longer than the rule's threshold. */
  readonly silent?: ReadonlyMap<string, number>;
  /** For how long the newest entry of the registry has been waiting to be signed, ms. */
  readonly logBehindMs?: number;
}
