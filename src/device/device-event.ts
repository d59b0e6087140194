// What a device tells its driver. Nothing here holds a key.

import type { Code } from "../coap/code.ts";
import type { HandshakeErrorKind } from "../dtls/errors.ts";

export type DeviceEvent =
  | { readonly kind: "connected"; readonly cipherSuite: string; readonly connectionId: boolean }
  /** Bytes that are in flash now. `held` counts those that are there, `total` the image's where it is known. */
  | {
      readonly kind: "block";
      readonly offset: number;
      readonly bytes: Uint8Array;
      readonly held: number;
      readonly total: number | undefined;
    }
  /** An earlier run left parts of the same image. */
  | { readonly kind: "resumed"; readonly held: number; readonly total: number | undefined }
  /** What came before is void: the server has other bytes under this path. */
  | { readonly kind: "restarted" }
  /** The whole image is in flash. `sha256` is that of what was written. */
  | { readonly kind: "done"; readonly length: number; readonly sha256: Uint8Array }
  /** An errand's answer, of whatever code. */
  | { readonly kind: "answered"; readonly code: Code; readonly payload: Uint8Array }
  /** `retrying`: the device tries again by itself. */
  | {
      readonly kind: "handshakeFailed";
      readonly error: HandshakeErrorKind;
      readonly detail: string;
      readonly retrying: boolean;
    }
  /** The server cannot for the moment; the device asks again after so long, ms. */
  | { readonly kind: "postponed"; readonly detail: string; readonly waitMs: number }
  /** Nobody answers; the device begins a new association. */
  | { readonly kind: "reconnecting" }
  /** Nothing has come from the server for so long that it is hardly chance. The device goes on asking. */
  | { readonly kind: "silent" }
  /** The server's answer was no block, or the association ended. */
  | { readonly kind: "refused"; readonly detail: string }
  /** Requests got no answer, and the device gives up. */
  | { readonly kind: "unanswered" };

export interface DeviceStatistics {
  /** Blocks that were new. */
  readonly blocks: number;
  /** Answers that brought no bytes which were not there already. */
  readonly duplicates: number;
  readonly requests: number;
  readonly retransmissions: number;
  readonly handshakes: number;
  /** UDP payload, bytes. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** From a request's first transmission to its answer, ms, the latest ones. */
  readonly roundTripsMs: readonly number[];
}
