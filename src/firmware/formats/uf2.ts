// UF2, for bootloaders that look like a USB stick (github.com/microsoft/uf2): blocks of 512 bytes, each with the address that
// its data belongs to.

import { type FormatFault, hexNumber, type ImageSummary, viewOf } from "./image-summary.ts";

const BLOCK_LENGTH = 512;
const FIRST_MAGIC = 0x0a324655;
const SECOND_MAGIC = 0x9e5d5157;
const LAST_MAGIC = 0x0ab16f30;
const LAST_MAGIC_AT = BLOCK_LENGTH - 4;
const FLAGS_AT = 8;
const ADDRESS_AT = 12;
const DATA_LENGTH_AT = 16;
const DATA_LENGTH_MAX = 476;
const NUMBER_AT = 20;
const COUNT_AT = 24;
const FAMILY_AT = 28;
const NOT_MAIN_FLASH = 0x1;
const HAS_FAMILY = 0x2000;

export function isUf2(bytes: Uint8Array): boolean {
  if (bytes.length < 8) return false;
  const view = viewOf(bytes);
  return view.getUint32(0, true) === FIRST_MAGIC && view.getUint32(4, true) === SECOND_MAGIC;
}

export function uf2Summary(bytes: Uint8Array): ImageSummary {
  const view = viewOf(bytes);
  const faults: FormatFault[] = [];
  const families = new Set<string>();
  let [data, lowest] = [0, 0xffffffff];
  for (let at = 0; at < bytes.length; at += BLOCK_LENGTH) {
    if (at + BLOCK_LENGTH > bytes.length) {
      faults.push({ reason: "truncated", offset: bytes.length });
      break;
    }
    const fault = blockFault(view, at);
    if (fault !== undefined) {
      faults.push(fault);
      continue;
    }
    const flags = view.getUint32(at + FLAGS_AT, true);
    if ((flags & HAS_FAMILY) !== 0) families.add(hexNumber(view.getUint32(at + FAMILY_AT, true)));
    if ((flags & NOT_MAIN_FLASH) !== 0) continue;
    data += view.getUint32(at + DATA_LENGTH_AT, true);
    lowest = Math.min(lowest, view.getUint32(at + ADDRESS_AT, true));
  }
  const blocks = Math.floor(bytes.length / BLOCK_LENGTH);
  const facts = { blocks, data, ...(data > 0 && { start: hexNumber(lowest) }) };
  const hardware = [...families].join(" ");
  return { format: "uf2", flashable: false, ...(hardware !== "" && { hardware }), facts, checks: [], faults };
}

function blockFault(view: DataView, at: number): FormatFault | undefined {
  const magics = [
    [0, FIRST_MAGIC],
    [4, SECOND_MAGIC],
    [LAST_MAGIC_AT, LAST_MAGIC],
  ] as const;
  for (const [offset, magic] of magics) {
    if (view.getUint32(at + offset, true) !== magic) return { reason: "blockMagic", offset: at + offset };
  }
  if (view.getUint32(at + DATA_LENGTH_AT, true) > DATA_LENGTH_MAX) {
    return { reason: "blockLength", offset: at + DATA_LENGTH_AT };
  }
  const isCounted = view.getUint32(at + NUMBER_AT, true) === at / BLOCK_LENGTH;
  if (!isCounted) return { reason: "blockNumber", offset: at + NUMBER_AT };
  const isLike = view.getUint32(at + COUNT_AT, true) === Math.floor(view.byteLength / BLOCK_LENGTH);
  return isLike ? undefined : { reason: "blockNumber", offset: at + COUNT_AT };
}
