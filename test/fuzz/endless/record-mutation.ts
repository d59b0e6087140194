// Mutants of DTLS datagrams that know what a datagram is made of: records, and in epoch 0 handshake messages. Bytes that a
// blind mutation breaks in the header of the first record never reach what stands behind it.

import { concat, copyOf } from "../../../src/base/bytes.ts";
import { randomBytes } from "../../../src/base/random-source.ts";
import { ContentType, RECORD_HEADER_LENGTH } from "../../../src/dtls/record/record.ts";
import { CONNECTION_ID_LENGTH } from "../../../src/dtls/session/session-table.ts";
import type { SeededRandom } from "../../support/seeded-random.ts";

const CONTENT_TYPES = [19, 20, 21, 22, 23, 24, 25, 26, 27, 64, 255];
const HANDSHAKE_TYPES = [0, 1, 2, 3, 4, 11, 12, 14, 15, 16, 20, 22, 24, 255];
const VERSIONS = [0xfeff, 0xfefd, 0xfefc, 0x0303, 0x0000];
const EPOCHS = [0, 1, 2, 0xffff];
const HANDSHAKE_HEADER_LENGTH = 12;
/** Where they stand in a record's header, and in a handshake message's. */
const SEQUENCE_NUMBER_AT = 5;
const MESSAGE_SEQ_AT = 4;
const FRAGMENT_OFFSET_AT = 6;
const FRAGMENT_LENGTH_AT = 9;

/** One to three changes to the datagram's records. */
export function mutatedRecords(random: SeededRandom, datagram: Uint8Array, others: readonly Uint8Array[]): Uint8Array {
  let records = recordsOf(datagram);
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const at = random.below(Math.max(1, records.length));
    const record = records[at] ?? new Uint8Array(0);
    switch (random.below(9)) {
      case 0:
        records = records.filter((_, index) => index !== at);
        break;
      case 1:
        records = [...records, copyOf(record)];
        break;
      case 2:
        records = [...records].reverse();
        break;
      case 3:
        records = [...records.slice(0, at), ...recordsOf(others[random.below(others.length)]!), ...records.slice(at)];
        break;
      case 4:
      case 5:
        records[at] = withHeaderChanged(random, record);
        break;
      case 6:
        records[at] = withFragmentChanged(random, record);
        break;
      default:
        records = [...records.slice(0, at), ...withHandshakeChanged(random, record), ...records.slice(at + 1)];
    }
  }
  return concat(...records).subarray(0, 4_096);
}

/** The records of a datagram; what is behind the last whole one is a record of its own. */
function recordsOf(datagram: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = [];
  let at = 0;
  while (at < datagram.length) {
    const idLength = datagram[at] === ContentType.tls12_cid ? CONNECTION_ID_LENGTH : 0;
    const lengthAt = at + RECORD_HEADER_LENGTH - 2 + idLength;
    const length = ((datagram[lengthAt] ?? 0) << 8) | (datagram[lengthAt + 1] ?? 0);
    const end = Math.min(datagram.length, lengthAt + 2 + length);
    records.push(copyOf(datagram.subarray(at, end)));
    at = end;
  }
  return records;
}

function withHeaderChanged(random: SeededRandom, record: Uint8Array): Uint8Array {
  if (record.length < RECORD_HEADER_LENGTH) return record;
  switch (random.below(5)) {
    case 0:
      record[0] = picked(random, CONTENT_TYPES);
      break;
    case 1:
      putUint16(record, 1, picked(random, VERSIONS));
      break;
    case 2:
      putUint16(record, 3, picked(random, EPOCHS));
      break;
    case 3: {
      const number = [new Uint8Array(6), new Uint8Array(6).fill(0xff), randomBytes(random, 6)][random.below(3)]!;
      record.set(number, SEQUENCE_NUMBER_AT);
      break;
    }
    default:
      putUint16(record, 11, random.below(4) === 0 ? 0xffff : random.below(record.length + 4));
  }
  return record;
}

function withFragmentChanged(random: SeededRandom, record: Uint8Array): Uint8Array {
  if (record.length <= RECORD_HEADER_LENGTH) return record;
  const at = RECORD_HEADER_LENGTH + random.below(record.length - RECORD_HEADER_LENGTH);
  switch (random.below(4)) {
    case 0:
      record[at]! ^= 1 << random.below(8);
      return record;
    case 1:
      record[at] = random.below(2) * 255;
      return record;
    case 2:
      return withLength(concat(record.subarray(0, at), randomBytes(random, random.below(40)), record.subarray(at)));
    default:
      return withLength(copyOf(record.subarray(0, at)));
  }
}

/** Changes a handshake message's header, or cuts the message into fragments of any sizes and order. */
function withHandshakeChanged(random: SeededRandom, record: Uint8Array): readonly Uint8Array[] {
  const header = RECORD_HEADER_LENGTH;
  if (record[0] !== ContentType.handshake || record.length < header + HANDSHAKE_HEADER_LENGTH) return [record];
  switch (random.below(6)) {
    case 0:
      record[header] = picked(random, HANDSHAKE_TYPES);
      return [record];
    case 1:
      putUint24(record, header + 1, [0, random.below(3_000), 0xffffff][random.below(3)]!);
      return [record];
    case 2:
      putUint16(record, header + MESSAGE_SEQ_AT, [random.below(6), 0xffff][random.below(2)]!);
      return [record];
    case 3:
      putUint24(record, header + FRAGMENT_OFFSET_AT, random.below(300));
      return [record];
    case 4:
      putUint24(record, header + FRAGMENT_LENGTH_AT, random.below(300));
      return [record];
    default:
      return fragmentsOf(random, record);
  }
}

function fragmentsOf(random: SeededRandom, record: Uint8Array): readonly Uint8Array[] {
  const start = RECORD_HEADER_LENGTH + HANDSHAKE_HEADER_LENGTH;
  const body = record.subarray(start);
  const pieces: Uint8Array[] = [];
  for (let offset = 0; offset < body.length; ) {
    const length = Math.min(body.length - offset, 1 + random.below(60));
    const piece = withLength(concat(record.subarray(0, start), body.subarray(offset, offset + length)));
    putUint24(piece, RECORD_HEADER_LENGTH + FRAGMENT_OFFSET_AT, offset);
    putUint24(piece, RECORD_HEADER_LENGTH + FRAGMENT_LENGTH_AT, length);
    pieces.push(piece);
    // Some overlap.
    offset += Math.max(1, length - (random.below(4) === 0 ? random.below(10) : 0));
  }
  if (random.below(2) === 0) pieces.reverse();
  return pieces;
}

/** The record's length field as its bytes are. */
function withLength(record: Uint8Array): Uint8Array {
  const idLength = record[0] === ContentType.tls12_cid ? CONNECTION_ID_LENGTH : 0;
  const lengthAt = RECORD_HEADER_LENGTH - 2 + idLength;
  if (record.length >= lengthAt + 2) putUint16(record, lengthAt, record.length - lengthAt - 2);
  return record;
}

function picked<Thing>(random: SeededRandom, things: readonly Thing[]): Thing {
  return things[random.below(things.length)]!;
}

function putUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
}

function putUint24(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 16;
  putUint16(bytes, at + 1, value & 0xffff);
}
