// How a pre-shared key lies in the database: sealed under a data key, bound to its identity, so that no key can be put in
// another's place.
//
// The nonce is random. NIST SP 800-38D 8.3 allows 2^32 of them under one key, and each rotation of the master key makes
// another one for what is added from then on; of keys of devices there are some millions.

import { randomFillSync } from "node:crypto";
import { put, toUtf8 } from "../src/base/bytes.ts";
import { Secret } from "../src/base/secret.ts";
import { type Aead, type AeadContext, NONCE_LENGTH } from "../src/crypto/aead.ts";
import type { CryptoProvider } from "../src/crypto/crypto-provider.ts";
import type { DataKey, DataKeys } from "../src/store/data-keys.ts";
import { SEAL_LENGTH, TAG_LENGTH } from "../src/store/seal.ts";
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
  readonly #aead: Aead;
  /** The number of the data key to seal under, and that key. */
  readonly #latest: number;
  readonly #sealing: AeadContext;
  /** Data keys to open with, by their numbers: one more for each rotation of the master key. */
  readonly #opening = new Map<number, AeadContext>();
  readonly #standIn: Uint8Array;

  /** Closes `dataKeys` when it is closed. */
  constructor(dataKeys: DataKeys, { aead }: CryptoProvider) {
    this.#dataKeys = dataKeys;
    this.#aead = aead;
    const { number, key } = dataKeys.latest("psk");
    this.#latest = number;
    this.#sealing = aead.gcm256(key.reveal(), TAG_LENGTH, "seal");
    this.#handleDataKey({ number, key });
    this.#standIn = this.#seal(STAND_IN_IDENTITY, new Uint8Array(STAND_IN_KEY_LENGTH));
  }

  seal(identity: Uint8Array, key: Secret): SealedKey {
    return { sealed: this.#seal(identity, key.reveal()), dataKey: this.#latest };
  }

  /** Throws StoreError: damaged where it is not what was sealed for this identity, or its data key is lost. */
  open(identity: Uint8Array, { sealed, dataKey }: SealedKey): Secret {
    const context = this.#openingUnder(dataKey);
    const length = sealed.length - SEAL_LENGTH;
    this.#writeHeader(sealed, identity);
    const isWhole = length >= 1 && length <= KEY_LENGTH_MAX;
    if (!isWhole || !context.open(sealed, NONCE_LENGTH, length, identity.length)) {
      const what = `the key of ${identityText(identity)} in psk.db is damaged`;
      throw new StoreError("damaged", `${what}: restore psk.db from a backup`);
    }
    const opened = this.#aead.arrays.contents.of(length);
    const key = new Secret(opened);
    opened.fill(0);
    return key;
  }

  /** The same work for an identity that has no key. */
  openStandIn(): Secret {
    return this.open(STAND_IN_IDENTITY, { sealed: this.#standIn, dataKey: this.#latest });
  }

  /** See StoreFile. */
  neverWait(): void {
    this.#dataKeys.neverWait();
  }

  close(): void {
    this.#sealing.release();
    for (const context of this.#opening.values()) context.release();
    this.#dataKeys.close();
  }

  #seal(identity: Uint8Array, key: Uint8Array): Uint8Array {
    const sealed = new Uint8Array(SEAL_LENGTH + key.length);
    randomFillSync(sealed, 0, NONCE_LENGTH);
    sealed.set(key, NONCE_LENGTH);
    this.#writeHeader(sealed, identity);
    this.#sealing.seal(sealed, NONCE_LENGTH, key.length, identity.length);
    return sealed;
  }

  #writeHeader(sealed: Uint8Array, identity: Uint8Array): void {
    const { header } = this.#aead.arrays;
    for (let i = 0; i < NONCE_LENGTH; i++) header[i] = sealed[i]!;
    put(header, NONCE_LENGTH, identity);
  }

  #openingUnder(number: number): AeadContext {
    return this.#opening.get(number) ?? this.#handleDataKey({ number, key: this.#dataKeys.find(number, "psk") });
  }

  /** The key lies in the context from here on, and nowhere else. */
  #handleDataKey({ number, key }: DataKey): AeadContext {
    const context = this.#aead.gcm256(key.reveal(), TAG_LENGTH, "open");
    key.wipe();
    this.#opening.set(number, context);
    return context;
  }
}
