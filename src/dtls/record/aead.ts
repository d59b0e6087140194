// Records under AES-128 in CCM or GCM (RFC 6655 3, RFC 5288 3): the fragment is an explicit nonce of 8 bytes, the
// ciphertext, and the tag. The explicit nonce is epoch ‖ sequence number, so that no key ever meets a nonce twice.

import type { PrefixViews } from "../../base/prefix-views.ts";
import {
  AEAD_KEY_LENGTH,
  type AeadArrays,
  type AeadContext,
  type AeadContextMaker,
  NONCE_LENGTH,
  type TagLength,
} from "../../crypto/aead.ts";
import { writeEpochAndSequence } from "./record.ts";
import {
  type RecordContext,
  type RecordOpener,
  type RecordProtection,
  type RecordSealer,
  writeAdditionalData,
} from "./record-protection.ts";

const SALT_LENGTH = 4;
const EXPLICIT_NONCE_LENGTH = 8;

/**
 * Key material of one direction: the AES key, then the implicit part of the nonce. `contextFor` is one of the two of the
 * provider whose arrays these are.
 */
export function aeadProtection(
  contextFor: AeadContextMaker,
  arrays: AeadArrays,
  tagLength: TagLength,
): RecordProtection {
  const overhead = EXPLICIT_NONCE_LENGTH + tagLength;
  return {
    keyParts: [AEAD_KEY_LENGTH, SALT_LENGTH],
    overhead,
    contentOffset: EXPLICIT_NONCE_LENGTH,
    fragmentLength: (length) => length + overhead,
    sealer: (keys) => new AeadSealer(contextFor(keys, tagLength, "seal"), arrays, keys),
    opener: (keys) => new AeadOpener(contextFor(keys, tagLength, "open"), arrays, keys, overhead),
  };
}

class AeadSealer implements RecordSealer {
  readonly #context: AeadContext;
  readonly #header: Uint8Array;
  readonly #salt: number;

  constructor(context: AeadContext, arrays: AeadArrays, keys: Uint8Array) {
    this.#context = context;
    this.#header = arrays.header;
    this.#salt = saltOf(keys);
  }

  seal(context: RecordContext, record: Uint8Array, offset: number, length: number): void {
    const header = this.#header;
    writeSalt(header, this.#salt);
    writeEpochAndSequence(header, SALT_LENGTH, context.epoch, context.sequenceNumber);
    writeEpochAndSequence(record, offset, context.epoch, context.sequenceNumber);
    const additionalLength = writeAdditionalData(header, NONCE_LENGTH, context, length);
    this.#context.seal(record, offset + EXPLICIT_NONCE_LENGTH, length, additionalLength);
  }

  release(): void {
    this.#context.release();
  }
}

class AeadOpener implements RecordOpener {
  readonly #context: AeadContext;
  readonly #header: Uint8Array;
  readonly #contents: PrefixViews;
  readonly #lengthMax: number;
  readonly #salt: number;
  readonly #overhead: number;

  constructor(context: AeadContext, arrays: AeadArrays, keys: Uint8Array, overhead: number) {
    this.#context = context;
    this.#header = arrays.header;
    this.#contents = arrays.contents;
    this.#lengthMax = arrays.content.length;
    this.#salt = saltOf(keys);
    this.#overhead = overhead;
  }

  open(context: RecordContext, bytes: Uint8Array, offset: number, fragmentLength: number): Uint8Array | undefined {
    const header = this.#header;
    const length = fragmentLength - this.#overhead;
    if (length < 0 || length > this.#lengthMax) return undefined;
    writeSalt(header, this.#salt);
    for (let i = 0; i < EXPLICIT_NONCE_LENGTH; i++) header[SALT_LENGTH + i] = bytes[offset + i]!;
    const additionalLength = writeAdditionalData(header, NONCE_LENGTH, context, length);
    const authentic = this.#context.open(bytes, offset + EXPLICIT_NONCE_LENGTH, length, additionalLength);
    return authentic ? this.#contents.of(length) : undefined;
  }

  beginning(length: number): Uint8Array {
    return this.#contents.of(length);
  }

  release(): void {
    this.#context.release();
  }
}

function saltOf(keys: Uint8Array): number {
  let salt = 0;
  for (let i = 0; i < SALT_LENGTH; i++) salt = (salt << 8) | keys[AEAD_KEY_LENGTH + i]!;
  return salt;
}

function writeSalt(header: Uint8Array, salt: number): void {
  for (let i = 0; i < SALT_LENGTH; i++) header[i] = salt >> (24 - 8 * i);
}
