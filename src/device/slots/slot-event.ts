// What a device with two slots tells its driver.

import type { Reason } from "../../manifest/reason.ts";
import type { DeviceEvent } from "../device-event.ts";
import type { SlotNumber } from "./bootloader.ts";
import type { ImageDescription } from "./device-memory.ts";

export type SlotEvent =
  /** What the contact with the server has to tell: handshakes, blocks, silence. */
  | { readonly kind: "contact"; readonly event: DeviceEvent }
  /** The answer to a check-in holds, and there is nothing to install. */
  | { readonly kind: "nothingNew"; readonly newestSequenceNumber: number }
  /** What was offered holds in every check; `transferred` bytes are fetched from `path`: more than `size` where encrypted. */
  | {
      readonly kind: "offered";
      readonly image: ImageDescription;
      readonly size: number;
      readonly path: string;
      readonly transferred: number;
    }
  /**
   * What was offered is not installed, or the server keeps back what it should offer. `result` is the nearest LwM2M one;
   * `image` is known where its manifest's signature held.
   */
  | {
      readonly kind: "refused";
      readonly reason: Reason;
      readonly result: number;
      readonly detail: string;
      readonly image: ImageDescription | undefined;
    }
  /** All `length` bytes of the image are in `slot`, were read from there once more, and are what the maker signed. */
  | { readonly kind: "downloaded"; readonly slot: SlotNumber; readonly length: number }
  /** Start anew; `reason` is why the image on trial gives way, and absent before a trial. Nothing else follows. */
  | { readonly kind: "reboot"; readonly reason?: Reason }
  /** On trial: the application looks whether all that it needs works, and tells by handleHealth(). */
  | { readonly kind: "healthCheckWanted" }
  /** On trial: the server was reached, `ms` after the start. */
  | { readonly kind: "contacted"; readonly ms: number }
  /** The image that runs is the installed one from now on. */
  | { readonly kind: "confirmed"; readonly image: ImageDescription }
  /** The earlier image runs again. */
  | { readonly kind: "fellBack"; readonly reason: Reason; readonly result: number; readonly image: ImageDescription }
  /** The server could not be reached, or cannot for the moment. */
  | { readonly kind: "contactFailed"; readonly detail: string }
  /** Nothing is to be done for so long, ms; then it checks in again. */
  | { readonly kind: "idle"; readonly ms: number };
