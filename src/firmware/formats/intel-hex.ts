// Intel HEX: bytes as text, each line with the address that they belong to and a sum. For programmers on the desk; a device
// takes the bytes.

import { type FormatFault, hexNumber, type ImageSummary } from "./image-summary.ts";

const COLON = 0x3a;
/** Byte count, address, type and sum. */
const RECORD_OVERHEAD_LENGTH = 5;

const Type = { DATA: 0, END: 1, SEGMENT: 2, SEGMENT_START: 3, LINEAR: 4, LINEAR_START: 5 } as const;

/** How many bytes of data a line of each type has; undefined where that is free. */
const DATA_LENGTHS: ReadonlyMap<number, number | undefined> = new Map([
  [Type.DATA, undefined],
  [Type.END, 0],
  [Type.SEGMENT, 2],
  [Type.SEGMENT_START, 4],
  [Type.LINEAR, 2],
  [Type.LINEAR_START, 4],
]);

interface Line {
  readonly at: number;
  readonly end: number;
}

/** A colon may begin anything: the first line has to be a record. */
export function isIntelHex(bytes: Uint8Array): boolean {
  const [first] = linesOf(bytes.subarray(0, 1024));
  return first !== undefined && bytes[first.at] === COLON && recordIn(bytes, first) !== undefined;
}

export function intelHexSummary(bytes: Uint8Array): ImageSummary {
  const faults: FormatFault[] = [];
  let [base, lowest, highest, data] = [0, Number.POSITIVE_INFINITY, 0, 0];
  let endAt: number | undefined;
  for (const line of linesOf(bytes)) {
    if (endAt !== undefined) {
      faults.push({ reason: "bytesBehindEnd", offset: line.at });
      break;
    }
    const record = recordIn(bytes, line);
    const [count = 0, high = 0, low = 0, type = 0] = record ?? [];
    const lengthWanted = DATA_LENGTHS.get(type);
    const isWhole = record?.length === count + RECORD_OVERHEAD_LENGTH && DATA_LENGTHS.has(type);
    if (record === undefined || !isWhole || (lengthWanted ?? count) !== count) {
      faults.push({ reason: "recordMalformed", offset: line.at });
      continue;
    }
    if ((record.reduce((sum, byte) => sum + byte, 0) & 0xff) !== 0) {
      faults.push({ reason: "recordChecksum", offset: line.end - 2 });
    }
    const value = ((record[4] ?? 0) << 8) | (record[5] ?? 0);
    if (type === Type.LINEAR) base = value * 0x10000;
    else if (type === Type.SEGMENT) base = value * 16;
    else if (type === Type.END) endAt = line.end;
    else if (type === Type.DATA && count > 0) {
      const address = base + ((high << 8) | low);
      lowest = Math.min(lowest, address);
      highest = Math.max(highest, address + count - 1);
      data += count;
    }
  }
  if (endAt === undefined) faults.push({ reason: "endMissing", offset: bytes.length });
  const facts = { data, ...(data > 0 && { from: hexNumber(lowest), to: hexNumber(highest) }) };
  return { format: "intelHex", flashable: false, facts, checks: [], faults };
}

/** Those that are not empty, without what ends them. */
function* linesOf(bytes: Uint8Array): Generator<Line> {
  for (let at = 0; at < bytes.length; ) {
    let end = at;
    while (end < bytes.length && bytes[end] !== 0x0a && bytes[end] !== 0x0d) end++;
    if (end > at) yield { at, end };
    at = end + 1;
  }
}

/** The bytes that stand there in hex; undefined for anything else. */
function recordIn(bytes: Uint8Array, { at, end }: Line): Uint8Array | undefined {
  const digits = end - at - 1;
  if (bytes[at] !== COLON || digits % 2 !== 0 || digits < 2 * RECORD_OVERHEAD_LENGTH) return undefined;
  const record = new Uint8Array(digits / 2);
  for (let i = 0; i < record.length; i++) {
    const high = digitOf(bytes[at + 1 + 2 * i]!);
    const low = digitOf(bytes[at + 2 + 2 * i]!);
    if (high === undefined || low === undefined) return undefined;
    record[i] = (high << 4) | low;
  }
  return record;
}

function digitOf(byte: number): number | undefined {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte & ~0x20;
  return letter >= 0x41 && letter <= 0x46 ? letter - 0x37 : undefined;
}
