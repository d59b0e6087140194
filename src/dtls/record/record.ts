// The record header, plain (RFC 6347 4.1) and with Connection ID (RFC 9146 4):
//
//   type 1 | version 2 | epoch 2 | sequence_number 6 | [connection ID] | length 2 | fragment
//
// A Connection ID carries no length on the wire: the reader knows how long its own ones are.

import { putShort } from "../../base/bytes.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import type { Discard } from "../errors.ts";
import { DTLS_1_0, DTLS_1_2, RECORD_FRAGMENT_LENGTH_MAX } from "../parameters.ts";

export const ContentType = {
  change_cipher_spec: 20,
  alert: 21,
  handshake: 22,
  application_data: 23,
  tls12_cid: 25,
  /** RFC 9853 4. */
  return_routability_check: 27,
} as const;

/** Bytes of a header without Connection ID. */
export const RECORD_HEADER_LENGTH = 13;

/** Where a Connection ID stands in a header that has one. */
const CONNECTION_ID_AT = 11;

/** A record where it lies in its datagram. Its views are made when they are asked for: those of a block are not. */
export class DtlsRecord {
  readonly datagram: Uint8Array;
  readonly type: number;
  readonly epoch: number;
  /** 48 bits: always a safe integer. */
  readonly sequenceNumber: number;
  readonly connectionIdAt: number;
  /** 0 unless the type is tls12_cid. */
  readonly connectionIdLength: number;
  /** Where the next record of the datagram begins. */
  readonly end: number;

  constructor(
    datagram: Uint8Array,
    type: number,
    epoch: number,
    sequenceNumber: number,
    connectionIdAt: number,
    connectionIdLength: number,
    end: number,
  ) {
    this.datagram = datagram;
    this.type = type;
    this.epoch = epoch;
    this.sequenceNumber = sequenceNumber;
    this.connectionIdAt = connectionIdAt;
    this.connectionIdLength = connectionIdLength;
    this.end = end;
  }

  get fragmentAt(): number {
    return this.connectionIdAt + this.connectionIdLength + 2;
  }

  /** Bytes. */
  get fragmentLength(): number {
    return this.end - this.fragmentAt;
  }

  /** Header and fragment, bytes. */
  get length(): number {
    return this.end - this.connectionIdAt + CONNECTION_ID_AT;
  }

  get connectionId(): Uint8Array {
    return this.datagram.subarray(this.connectionIdAt, this.connectionIdAt + this.connectionIdLength);
  }

  /** Plaintext in epoch 0, protected after. */
  get fragment(): Uint8Array {
    return this.datagram.subarray(this.fragmentAt, this.end);
  }

  /** The same record in an array of its own. */
  copy(): DtlsRecord {
    const begin = this.connectionIdAt - CONNECTION_ID_AT;
    const { type, epoch, sequenceNumber, connectionIdLength } = this;
    const bytes = this.datagram.slice(begin, this.end);
    return new DtlsRecord(bytes, type, epoch, sequenceNumber, CONNECTION_ID_AT, connectionIdLength, bytes.length);
  }
}

/** Reads the record at `offset`. `connectionIdLength` is the length of the IDs that we gave out. */
export function decodeRecord(
  datagram: Uint8Array,
  offset: number,
  connectionIdLength: number,
): Result<DtlsRecord, Discard> {
  if (datagram.length - offset < RECORD_HEADER_LENGTH) return failed("recordTruncated");
  const type = datagram[offset]!;
  const epoch = (datagram[offset + 3]! << 8) | datagram[offset + 4]!;
  if (!isKnownType(type, epoch)) return failed("recordTypeUnknown");
  const version = (datagram[offset + 1]! << 8) | datagram[offset + 2]!;
  if (version !== DTLS_1_2 && !(version === DTLS_1_0 && epoch === 0)) return failed("recordVersion");
  const high = (datagram[offset + 5]! << 8) | datagram[offset + 6]!;
  const sequenceNumber = high * 2 ** 32 + readUint32(datagram, offset + 7);
  const cidLength = type === ContentType.tls12_cid ? connectionIdLength : 0;
  const lengthAt = offset + CONNECTION_ID_AT + cidLength;
  if (datagram.length < lengthAt + 2) return failed("recordTruncated");
  const length = (datagram[lengthAt]! << 8) | datagram[lengthAt + 1]!;
  const end = lengthAt + 2 + length;
  if (length > RECORD_FRAGMENT_LENGTH_MAX) return failed("recordOverflow");
  if (datagram.length < end) return failed("recordTruncated");
  return ok(new DtlsRecord(datagram, type, epoch, sequenceNumber, offset + CONNECTION_ID_AT, cidLength, end));
}

/** Whether a datagram looks like a hello or what else comes before there are keys, by a few of its bytes. */
export function beginsPlaintextHandshake(datagram: Uint8Array): boolean {
  return datagram[0] === ContentType.handshake && datagram[3] === 0 && datagram[4] === 0;
}

function isKnownType(type: number, epoch: number): boolean {
  // RFC 9853 4: nothing of the kind comes unprotected.
  if (type === ContentType.return_routability_check) return epoch > 0;
  return type >= ContentType.change_cipher_spec && type <= ContentType.tls12_cid && type !== 24;
}

/** Writes a header at `offset` of `target` and gives back where it ends. */
export function writeRecordHeader(
  target: Uint8Array,
  offset: number,
  type: number,
  epoch: number,
  sequenceNumber: number,
  connectionId: Uint8Array,
  fragmentLength: number,
): number {
  target[offset] = type;
  target[offset + 1] = DTLS_1_2 >> 8;
  target[offset + 2] = DTLS_1_2 & 255;
  writeEpochAndSequence(target, offset + 3, epoch, sequenceNumber);
  putShort(target, offset + CONNECTION_ID_AT, connectionId);
  const lengthAt = offset + CONNECTION_ID_AT + connectionId.length;
  target[lengthAt] = fragmentLength >> 8;
  target[lengthAt + 1] = fragmentLength & 255;
  return lengthAt + 2;
}

/** The eight bytes that begin a header, an additional data and an explicit nonce alike. */
export function writeEpochAndSequence(target: Uint8Array, offset: number, epoch: number, sequenceNumber: number): void {
  target[offset] = epoch >> 8;
  target[offset + 1] = epoch & 255;
  const high = Math.floor(sequenceNumber / 2 ** 32);
  const low = sequenceNumber % 2 ** 32;
  target[offset + 2] = high >> 8;
  target[offset + 3] = high & 255;
  target[offset + 4] = low >>> 24;
  target[offset + 5] = (low >>> 16) & 255;
  target[offset + 6] = (low >>> 8) & 255;
  target[offset + 7] = low & 255;
}

function readUint32(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! * 2 ** 24 + ((bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!);
}
