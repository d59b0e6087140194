// What protects one record, as an interface with three implementations: aead.ts, cbc.ts and, for epoch 0, nothing.
// The additional data is RFC 5246 6.2.3.3's, or RFC 9146 5's where the record carries a Connection ID.

import { EMPTY } from "../base/bytes.ts";
import { DTLS_1_2 } from "./parameters.ts";
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
  /** How long the fragment for a plaintext of `length` bytes is. */
  fragmentLength(length: number): number;
  /** Writes the protected fragment at `offset` of `record`. */
  seal(keys: Uint8Array, context: RecordContext, plaintext: Uint8Array, record: Uint8Array, offset: number): void;
  /** The plaintext, or undefined when the fragment does not authenticate, whatever the reason. */
  open(keys: Uint8Array, context: RecordContext, fragment: Uint8Array): Uint8Array | undefined;
}

/** Epoch 0: TLS_NULL_WITH_NULL_NULL. */
export const NULL_PROTECTION: RecordProtection = {
  keyParts: [],
  overhead: 0,
  fragmentLength: (length) => length,
  seal: (_keys, _context, plaintext, record, offset) => record.set(plaintext, offset),
  open: (_keys, _context, fragment) => fragment,
};

/** What is authenticated beside the content; `length` is the field that the construction in use puts last. */
export function additionalData(context: RecordContext, length: number): Uint8Array {
  const { type, epoch, sequenceNumber, connectionId } = context;
  if (type !== ContentType.tls12_cid) {
    const data = new Uint8Array(13);
    writeEpochAndSequence(data, 0, epoch, sequenceNumber);
    data[8] = type;
    writeVersionAndLength(data, 9, length);
    return data;
  }
  const data = new Uint8Array(23 + connectionId.length);
  data.fill(0xff, 0, 8);
  data[8] = type;
  data[9] = connectionId.length;
  data[10] = type;
  data[11] = DTLS_1_2 >> 8;
  data[12] = DTLS_1_2 & 255;
  writeEpochAndSequence(data, 13, epoch, sequenceNumber);
  data.set(connectionId, 21);
  data[21 + connectionId.length] = length >> 8;
  data[22 + connectionId.length] = length & 255;
  return data;
}

/** RFC 9146 4: content ‖ real type; no padding zeros are sent. */
export function encodeInnerPlaintext(type: number, content: Uint8Array): Uint8Array {
  const inner = new Uint8Array(content.length + 1);
  inner.set(content);
  inner[content.length] = type;
  return inner;
}

/** Undoes encodeInnerPlaintext and any padding; type 0 and no content when nothing but zeros is inside. */
export function decodeInnerPlaintext(inner: Uint8Array): { readonly type: number; readonly content: Uint8Array } {
  let end = inner.length - 1;
  while (end >= 0 && inner[end] === 0) end--;
  if (end < 0) return { type: 0, content: EMPTY };
  return { type: inner[end]!, content: inner.subarray(0, end) };
}

function writeVersionAndLength(target: Uint8Array, offset: number, length: number): void {
  target[offset] = DTLS_1_2 >> 8;
  target[offset + 1] = DTLS_1_2 & 255;
  target[offset + 2] = length >> 8;
  target[offset + 3] = length & 255;
}
