// A device as a manifest sees it, to try a manifest on before anybody publishes it.

import type { OwnKey } from "../payload-encryption.ts";
import type { ComponentId } from "./component-id.ts";

export interface ModelDevice {
  readonly vendorId: Uint8Array;
  readonly classId: Uint8Array;
  readonly deviceId?: Uint8Array;
  /** Of the manifest that it followed last; a manifest needs a higher one. */
  readonly sequenceNumber: number;
  readonly components: readonly ModelComponent[];
  /** Opens payloads that are encrypted. */
  readonly ownKey?: OwnKey;
  /** In its place, what a device with the key would make of a payload: for whoever encrypted it, and has nobody's key. */
  readonly decrypted?: (ciphertext: Uint8Array) => Uint8Array | undefined;
  /** What a server has at a URI; undefined where there is nothing. */
  readonly fetch: (uri: string) => Uint8Array | undefined;
  /** What it knows of draft-ietf-suit-update-management; nothing when absent. */
  readonly updateManagement?: UpdateManagementState;
}

export interface ModelComponent {
  readonly id: ComponentId;
  /** The most that it holds, in bytes. */
  readonly capacity: number;
  /** The slot that is to be written. */
  readonly slot?: number;
  readonly content?: Uint8Array;
  /** [1, 2, 0] of what runs. */
  readonly version?: readonly number[];
}

export interface UpdateManagementState {
  /** Seconds since 1970. */
  readonly now: number;
  /** In percent. */
  readonly battery: number;
  readonly isAuthorized: boolean;
}
