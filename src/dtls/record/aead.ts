// Records under AES-128 in CCM or GCM (RFC 6655 3, RFC 5288 3): the fragment is an explicit nonce of 8 bytes, the
// ciphertext, and the tag. The explicit nonce is epoch ‖ sequence number, so that no key ever meets a nonce twice.

import { PrefixViews } from "../../base/prefix-views.ts";
import { nativeParts } from "../../native/native-parts.ts";
import { type AeadContext, type AeadContextMaker, CONTENT, HEADER, NONCE_LENGTH } from "./aead-context.ts";
import { composedCcm } from "./ccm.ts";
import { gcm } from "./gcm.ts";
import { nativeAead } from "./native-aead.ts";
import { writeEpochAndSequence } from "./record.ts";
import {
  type RecordContext,
  type RecordOpener,
  type RecordProtection,
  type RecordSealer,
  writeAdditionalData,
} from "./record-protection.ts";

const AEAD =
  typeof nativeParts === "object" && nativeParts.aead !== undefined
    ? nativeAead(nativeParts.aead)
    : { ccm: composedCcm, gcm };

const CONTENTS = new PrefixViews(CONTENT);

const KEY_LENGTH = 16;
const SALT_LENGTH = 4;
const EXPLICIT_NONCE_LENGTH = 8;

/** Key material of one direction: the AES key, then the implicit part of the nonce. */
export function aeadProtection(cipher: "aes-128-ccm" | "aes-128-gcm", tagLength: 8 | 16): RecordProtection {
  const overhead = EXPLICIT_NONCE_LENGTH + tagLength;
  const contextFor = cipher === "aes-128-ccm" ? AEAD.ccm : AEAD.gcm;
  return {
    keyParts: [KEY_LENGTH, SALT_LENGTH],
    overhead,
    contentOffset: EXPLICIT_NONCE_LENGTH,
    fragmentLength: (length) => length + overhead,
    sealer: (keys) => new AeadSealer(contextOf(contextFor, keys, tagLength, "seal"), keys),
    opener: (keys) => new AeadOpener(contextOf(contextFor, keys, tagLength, "open"), keys, overhead),
  };
}

/** Where a key stands while a context is made of it. OpenSSL reads it outside of V8's heap: 0.3 µs to move it there. */
const KEY = new Uint8Array(new ArrayBuffer(KEY_LENGTH));

function contextOf(
  contextFor: AeadContextMaker,
  keys: Uint8Array,
  tagLength: 8 | 16,
  direction: "seal" | "open",
): AeadContext {
  for (let i = 0; i < KEY_LENGTH; i++) KEY[i] = keys[i]!;
  const context = contextFor(KEY, tagLength, direction);
  KEY.fill(0);
  return context;
}

class AeadSealer implements RecordSealer {
  readonly #context: AeadContext;
  readonly #salt: number;

  constructor(context: AeadContext, keys: Uint8Array) {
    this.#context = context;
    this.#salt = saltOf(keys);
  }

  seal(context: RecordContext, record: Uint8Array, offset: number, length: number): void {
    writeSalt(this.#salt);
    writeEpochAndSequence(HEADER, SALT_LENGTH, context.epoch, context.sequenceNumber);
    writeEpochAndSequence(record, offset, context.epoch, context.sequenceNumber);
    const additionalLength = writeAdditionalData(HEADER, NONCE_LENGTH, context, length);
    this.#context.seal(record, offset + EXPLICIT_NONCE_LENGTH, length, additionalLength);
  }

  release(): void {
    this.#context.release();
  }
}

class AeadOpener implements RecordOpener {
  readonly #context: AeadContext;
  readonly #salt: number;
  readonly #overhead: number;

  constructor(context: AeadContext, keys: Uint8Array, overhead: number) {
    this.#context = context;
    this.#salt = saltOf(keys);
    this.#overhead = overhead;
  }

  open(context: RecordContext, fragment: Uint8Array): Uint8Array | undefined {
    const length = fragment.length - this.#overhead;
    if (length < 0 || length > CONTENT.length) return undefined;
    writeSalt(this.#salt);
    for (let i = 0; i < EXPLICIT_NONCE_LENGTH; i++) HEADER[SALT_LENGTH + i] = fragment[i]!;
    const additionalLength = writeAdditionalData(HEADER, NONCE_LENGTH, context, length);
    const authentic = this.#context.open(fragment, EXPLICIT_NONCE_LENGTH, length, additionalLength);
    return authentic ? CONTENTS.of(length) : undefined;
  }

  release(): void {
    this.#context.release();
  }
}

function saltOf(keys: Uint8Array): number {
  let salt = 0;
  for (let i = 0; i < SALT_LENGTH; i++) salt = (salt << 8) | keys[KEY_LENGTH + i]!;
  return salt;
}

function writeSalt(salt: number): void {
  for (let i = 0; i < SALT_LENGTH; i++) HEADER[i] = salt >> (24 - 8 * i);
}
