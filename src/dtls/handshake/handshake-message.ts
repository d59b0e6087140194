// The handshake header of RFC 6347 4.2.2 and its fragments:
//
//   msg_type 1 | length 3 | message_seq 2 | fragment_offset 3 | fragment_length 3 | body

import type { ByteReader } from "../../base/byte-reader.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import type { Discard } from "../errors.ts";
import { HANDSHAKE_MESSAGE_LENGTH_MAX } from "../parameters.ts";

export const HandshakeType = {
  hello_request: 0,
  client_hello: 1,
  server_hello: 2,
  hello_verify_request: 3,
  server_key_exchange: 12,
  server_hello_done: 14,
  client_key_exchange: 16,
  finished: 20,
} as const;

export const HANDSHAKE_HEADER_LENGTH = 12;

/** A part of a message as it stands in a record. */
export interface HandshakeFragment {
  readonly type: number;
  /** Of the whole body, bytes. */
  readonly length: number;
  readonly messageSeq: number;
  readonly fragmentOffset: number;
  /** A view into the record. */
  readonly body: Uint8Array;
}

/** A whole message. */
export interface HandshakeMessage {
  readonly type: number;
  readonly messageSeq: number;
  readonly body: Uint8Array;
}

/** Reads the next fragment of a record that may hold several. */
export function decodeHandshakeFragment(reader: ByteReader): Result<HandshakeFragment, Discard> {
  const type = reader.uint8();
  const length = reader.uint24();
  const messageSeq = reader.uint16();
  const fragmentOffset = reader.uint24();
  const fragmentLength = reader.uint24();
  if (reader.overrun) return failed("handshakeTruncated");
  if (length > HANDSHAKE_MESSAGE_LENGTH_MAX) return failed("fragmentTooFar");
  if (fragmentOffset + fragmentLength > length) return failed("fragmentInconsistent");
  const body = reader.take(fragmentLength);
  if (reader.overrun) return failed("handshakeTruncated");
  return ok({ type, length, messageSeq, fragmentOffset, body });
}

/** Header and body of a message in one fragment: what the transcript covers (RFC 6347 4.2.6). */
export function encodeHandshakeMessage(message: HandshakeMessage): Uint8Array {
  return encodeHandshakeFragment(message, 0, message.body.length);
}

/** The fragment of `message` that holds `fragmentLength` bytes of its body from `fragmentOffset` on. */
export function encodeHandshakeFragment(
  message: HandshakeMessage,
  fragmentOffset: number,
  fragmentLength: number,
): Uint8Array {
  const fragment = new Uint8Array(HANDSHAKE_HEADER_LENGTH + fragmentLength);
  writeHandshakeFragment(fragment, 0, message, fragmentOffset, fragmentLength);
  return fragment;
}

/** Writes that fragment at `offset` of `target`; gives back how long it is. */
export function writeHandshakeFragment(
  target: Uint8Array,
  offset: number,
  message: HandshakeMessage,
  fragmentOffset: number,
  fragmentLength: number,
): number {
  const { type, messageSeq, body } = message;
  target[offset] = type;
  writeUint24(target, offset + 1, body.length);
  target[offset + 4] = messageSeq >> 8;
  target[offset + 5] = messageSeq;
  writeUint24(target, offset + 6, fragmentOffset);
  writeUint24(target, offset + 9, fragmentLength);
  const whole = fragmentLength === body.length;
  const part = whole ? body : body.subarray(fragmentOffset, fragmentOffset + fragmentLength);
  target.set(part, offset + HANDSHAKE_HEADER_LENGTH);
  return HANDSHAKE_HEADER_LENGTH + fragmentLength;
}

function writeUint24(target: Uint8Array, offset: number, value: number): void {
  target[offset] = value >> 16;
  target[offset + 1] = value >> 8;
  target[offset + 2] = value;
}
