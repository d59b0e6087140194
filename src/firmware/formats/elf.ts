// ELF, what a linker writes: with addresses and symbols for a debugger. No bootloader of a small device takes it.

import { toHex } from "../../base/bytes.ts";
import { hexNumber, type ImageSummary, truncatedSummary, viewOf } from "./image-summary.ts";

const MAGIC = 0x7f454c46;
const CLASS_AT = 4;
const DATA_AT = 5;
const MACHINE_AT = 18;
const ENTRY_AT = 24;

/** Of both classes, 32 and 64 bits: where fields stand, and how long the header is. */
const CLASSES = {
  1: { headerLength: 52, programsAt: 28, programLengthAt: 42, programCountAt: 44, offsetAt: 4, fileLengthAt: 16 },
  2: { headerLength: 64, programsAt: 32, programLengthAt: 54, programCountAt: 56, offsetAt: 8, fileLengthAt: 32 },
} as const;

const LITTLE = 1;
const PROGRAM_NOTE = 4;
const NOTE_BUILD_ID = 3;
const NOTE_HEADER_LENGTH = 12;
const BUILD_ID_LENGTH_MAX = 64;

const MACHINES: ReadonlyMap<number, string> = new Map([
  [3, "x86"],
  [8, "MIPS"],
  [40, "ARM"],
  [62, "x86-64"],
  [83, "AVR"],
  [94, "Xtensa"],
  [105, "MSP430"],
  [183, "AArch64"],
  [195, "ARC"],
  [243, "RISC-V"],
]);

export function isElf(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getUint32(0) === MAGIC;
}

export function elfSummary(bytes: Uint8Array): ImageSummary {
  const format = { format: "elf", flashable: false, checks: [] } as const;
  const kind = bytes[CLASS_AT];
  if (kind !== undefined && kind !== 1 && kind !== 2) {
    return { ...format, facts: {}, faults: [{ reason: "fieldUnknown", offset: CLASS_AT }] };
  }
  const layout = CLASSES[kind ?? 1];
  if (bytes.length < layout.headerLength) return truncatedSummary("elf", false, bytes);
  const view = viewOf(bytes);
  const isLittle = bytes[DATA_AT] === LITTLE;
  const machine = view.getUint16(MACHINE_AT, isLittle);
  const wide = (at: number) => (kind === 2 ? Number(view.getBigUint64(at, isLittle)) : view.getUint32(at, isLittle));
  const buildId = buildIdOf(bytes, layout, wide, isLittle);
  return {
    ...format,
    hardware: MACHINES.get(machine) ?? `machine ${machine}`,
    facts: { entry: hexNumber(wide(ENTRY_AT)), ...(buildId !== undefined && { buildId }) },
    faults: [],
  };
}

/** The note that GNU ld writes with --build-id. */
function buildIdOf(
  bytes: Uint8Array,
  layout: (typeof CLASSES)[1 | 2],
  wide: (at: number) => number,
  isLittle: boolean,
): string | undefined {
  const view = viewOf(bytes);
  const length = view.getUint16(layout.programLengthAt, isLittle);
  const count = view.getUint16(layout.programCountAt, isLittle);
  const start = wide(layout.programsAt);
  const end = start + length * count;
  if (length < layout.fileLengthAt + 8 || end > bytes.length) return undefined;
  for (let at = start; at < end; at += length) {
    if (view.getUint32(at, isLittle) !== PROGRAM_NOTE) continue;
    const noteAt = wide(at + layout.offsetAt);
    const found = noteIn(bytes, noteAt, Math.min(bytes.length, noteAt + wide(at + layout.fileLengthAt)), isLittle);
    if (found !== undefined) return toHex(found);
  }
  return undefined;
}

function noteIn(bytes: Uint8Array, start: number, end: number, isLittle: boolean): Uint8Array | undefined {
  const view = viewOf(bytes);
  for (let at = start; at + NOTE_HEADER_LENGTH <= end; ) {
    const nameLength = view.getUint32(at, isLittle);
    const length = view.getUint32(at + 4, isLittle);
    const valueAt = at + NOTE_HEADER_LENGTH + wholeWords(nameLength);
    if (valueAt + length > end) return undefined;
    if (view.getUint32(at + 8, isLittle) === NOTE_BUILD_ID && length <= BUILD_ID_LENGTH_MAX) {
      return bytes.subarray(valueAt, valueAt + length);
    }
    at = valueAt + wholeWords(length);
  }
  return undefined;
}

function wholeWords(length: number): number {
  return Math.ceil(length / 4) * 4;
}
