// How a pre-shared key lies in the database: sealed under a data key, bound to its identity, so that no key can be put in
// another's place.
//
// The nonce is random. NIST SP 800-38D 8.3 allows 2^32 of them under one key, and each rotation of the master key makes
// another one for what is added from then on; of keys of devices there are some millions.

import { randomFillSync } from "node:crypto";
import { toUtf8 } from "../src/base/bytes.ts";
import { Secret } from "../src/base/secret.ts";
import type { DataKey, DataKeys } from "../src/store/data-keys.ts";
import { NONCE_LENGTH, SEAL_LENGTH, seal, unseal } from "../src/store/seal.ts";
import { StoreError } from "../src/store/store-error.ts";
import { identityText } from "./identity.ts";
import { KEY_LENGTH_MAX } from "./key.ts";

export const SEALED_KEY_LENGTH_MIN = SEAL_LENGTH + 1;
export const SEALED_KEY_LENGTH_MAX = SEAL_LENGTH + KEY_LENGTH_MAX;

export interface SealedKey {
  readonly sealed: Uint8Array;
  /** The number of the data key. */
  readonly dataKey: number;
}

/** Of what is opened for an identity without a key, bytes: what most keys have. */
const STAND_IN_KEY_LENGTH = 16;

/** Of the length that identities have, and no device's: it is bound to nothing that is stored. */
const STAND_IN_IDENTITY = toUtf8("no device's name");

export class KeySeal {
  readonly #dataKeys: DataKeys;
  readonly #latest: DataKey;
  /** Data keys by their numbers: one more for each rotation of the master key. */
  readonly #known = new Map<number, Secret>();
  readonly #standIn: Uint8Array;

  /** Closes `dataKeys` when it is closed. */
  constructor(dataKeys: DataKeys) {
    this.#dataKeys = dataKeys;
    this.#latest = dataKeys.latest("psk");
    this.#known.set(this.#latest.number, this.#latest.key);
    this.#standIn = this.#seal(STAND_IN_IDENTITY, new Uint8Array(STAND_IN_KEY_LENGTH));
  }

  seal(identity: Uint8Array, key: Secret): SealedKey {
    return { sealed: this.#seal(identity, key.reveal()), dataKey: this.#latest.number };
  }

  /** Throws StoreError: damaged where it is not what was sealed for this identity, or its data key is lost. */
  open(identity: Uint8Array, { sealed, dataKey }: SealedKey): Secret {
    const bytes = unseal(this.#dataKeyOf(dataKey).reveal(), identity, sealed);
    if (bytes === undefined) {
      const what = `the key of ${identityText(identity)} in psk.db is damaged`;
      throw new StoreError("damaged", `${what}: restore psk.db from a backup`);
    }
    const key = new Secret(bytes);
    bytes.fill(0);
    return key;
  }

  /** The same work for an identity that has no key. */
  openStandIn(): Secret {
    return this.open(STAND_IN_IDENTITY, { sealed: this.#standIn, dataKey: this.#latest.number });
  }

  /** See StoreFile. */
  neverWait(): void {
    this.#dataKeys.neverWait();
  }

  close(): void {
    this.#dataKeys.close();
  }

  #seal(identity: Uint8Array, key: Uint8Array): Uint8Array {
    return seal(this.#latest.key.reveal(), randomFillSync(new Uint8Array(NONCE_LENGTH)), identity, key);
  }

  #dataKeyOf(number: number): Secret {
    let key = this.#known.get(number);
    if (key === undefined) {
      key = this.#dataKeys.find(number, "psk");
      this.#known.set(number, key);
    }
    return key;
  }
}
