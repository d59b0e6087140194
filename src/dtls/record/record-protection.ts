// What protects one record, as an interface with three implementations: aead.ts, cbc.ts and, for epoch 0, nothing.
// The additional data is RFC 5246 6.2.3.3's, or RFC 9146 5's where the record carries a Connection ID.

import { InvariantError } from "../../base/assert.ts";
import { putShort } from "../../base/bytes.ts";
import { CONNECTION_ID_LENGTH_MAX, DTLS_1_2 } from "../parameters.ts";
import { ContentType, writeEpochAndSequence } from "./record.ts";

/** The header fields that a record's protection covers. */
export interface RecordContext {
  /** As on the wire: tls12_cid where there is a Connection ID. */
  readonly type: number;
  readonly epoch: number;
  readonly sequenceNumber: number;
  readonly connectionId: Uint8Array;
}

export interface RecordProtection {
  /** Lengths of the pieces that make up one direction's keys, in the order of the key block (RFC 5246 6.3). */
  readonly keyParts: readonly number[];
  /** The most that protection adds to a plaintext, bytes. */
  readonly overhead: number;
  /** How many bytes of a fragment stand before the content: an explicit nonce or an IV. */
  readonly contentOffset: number;
  /** How long the fragment for a plaintext of `length` bytes is. */
  fragmentLength(length: number): number;
  /** Makes `keys`, which are not copied, ready for sealing. */
  sealer(keys: Uint8Array): RecordSealer;
  /** Makes `keys`, which are not copied, ready for opening. */
  opener(keys: Uint8Array): RecordOpener;
}

/** One direction's keys with all that is dear to make out of them: to be kept while records go out. */
export interface RecordSealer {
  /**
   * Protects in place: the fragment begins at `offset` of `record`, and `length` bytes of plaintext stand in it behind
   * `contentOffset` bytes that are to be written.
   */
  seal(context: RecordContext, record: Uint8Array, offset: number, length: number): void;
  /** Gives back what was dear; the sealer seals no more. */
  release(): void;
}

/** The same for records that come in. */
export interface RecordOpener {
  /**
   * The plaintext of the fragment, `length` bytes from `offset` on: valid until a record is opened again, by whomever;
   * undefined when it does not authenticate, whatever the reason. The fragment is left as it is.
   */
  open(context: RecordContext, bytes: Uint8Array, offset: number, length: number): Uint8Array | undefined;
  /** The first bytes of the plaintext that was opened last. */
  beginning(length: number): Uint8Array;
  release(): void;
}

const NULL_SEALER: RecordSealer = { seal: () => {}, release: () => {} };

/** Epoch 0: TLS_NULL_WITH_NULL_NULL. */
export const NULL_PROTECTION: RecordProtection = {
  keyParts: [],
  overhead: 0,
  contentOffset: 0,
  fragmentLength: (length) => length,
  sealer: () => NULL_SEALER,
  // Plaintext is read where it lies.
  opener: () => {
    throw new InvariantError("what was not sealed cannot be opened");
  },
};

/** The most that additional data takes. */
export const ADDITIONAL_DATA_LENGTH_MAX = 23 + CONNECTION_ID_LENGTH_MAX;

/** What is authenticated beside the content; `length` is the field that the construction in use puts last. */
export function additionalData(context: RecordContext, length: number): Uint8Array {
  const data = new Uint8Array(ADDITIONAL_DATA_LENGTH_MAX);
  return data.subarray(0, writeAdditionalData(data, 0, context, length));
}

/** The same written at `offset` of `target`; gives back how long it is. */
export function writeAdditionalData(
  target: Uint8Array,
  offset: number,
  context: RecordContext,
  length: number,
): number {
  const { type, epoch, sequenceNumber, connectionId } = context;
  if (type !== ContentType.tls12_cid) {
    writeEpochAndSequence(target, offset, epoch, sequenceNumber);
    target[offset + 8] = type;
    writeVersion(target, offset + 9);
    writeLength(target, offset + 11, length);
    return 13;
  }
  for (let i = 0; i < 8; i++) target[offset + i] = 0xff;
  target[offset + 8] = type;
  target[offset + 9] = connectionId.length;
  target[offset + 10] = type;
  writeVersion(target, offset + 11);
  writeEpochAndSequence(target, offset + 13, epoch, sequenceNumber);
  putShort(target, offset + 21, connectionId);
  writeLength(target, offset + 21 + connectionId.length, length);
  return 23 + connectionId.length;
}

/** How long the content is in RFC 9146 4's content ‖ real type ‖ zeros: the type stands there; −1 where all are zeros. */
export function innerContentLength(inner: Uint8Array): number {
  let end = inner.length - 1;
  while (end >= 0 && inner[end] === 0) end--;
  return end;
}

function writeVersion(target: Uint8Array, offset: number): void {
  target[offset] = DTLS_1_2 >> 8;
  target[offset + 1] = DTLS_1_2 & 255;
}

function writeLength(target: Uint8Array, offset: number, length: number): void {
  target[offset] = length >> 8;
  target[offset + 1] = length & 255;
}
