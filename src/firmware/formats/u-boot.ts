// What U-Boot's mkimage writes, big-endian, for other bootloaders than those of microcontrollers, and told apart from their
// images by name: its first format (include/image.h), and the flattened image tree, which begins as each device tree does
// (Devicetree Specification 5.2).

import { copyOf } from "../../base/bytes.ts";
import { crc32 } from "./checksums.ts";
import {
  comparison,
  type FormatFault,
  hexNumber,
  type ImageCheck,
  type ImageSummary,
  paddedText,
  truncatedSummary,
  viewOf,
} from "./image-summary.ts";

const MAGIC = 0x27051956;
const HEADER_LENGTH = 64;
const HEADER_CRC_AT = 4;
const DATA_LENGTH_AT = 12;
const DATA_CRC_AT = 24;
const NAME_AT = 32;

const TREE_MAGIC = 0xd00dfeed;
const TREE_HEADER_LENGTH = 40;
const TREE_LENGTH_AT = 4;
const TREE_VERSION_AT = 20;

const ARCHITECTURES: ReadonlyMap<number, string> = new Map([
  [2, "ARM"],
  [3, "x86"],
  [5, "MIPS"],
  [7, "PowerPC"],
  [22, "AArch64"],
  [26, "RISC-V"],
]);

export function isUBoot(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getUint32(0) === MAGIC;
}

export function isImageTree(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getUint32(0) === TREE_MAGIC;
}

export function imageTreeSummary(bytes: Uint8Array): ImageSummary {
  if (bytes.length < TREE_HEADER_LENGTH) return truncatedSummary("imageTree", true, bytes);
  const view = viewOf(bytes);
  const end = view.getUint32(TREE_LENGTH_AT);
  const faults: FormatFault[] = [];
  if (end > bytes.length || end < TREE_HEADER_LENGTH) faults.push({ reason: "payloadLength", offset: TREE_LENGTH_AT });
  const facts = { tree: end, treeVersion: view.getUint32(TREE_VERSION_AT), behind: Math.max(0, bytes.length - end) };
  return { format: "imageTree", flashable: true, facts, checks: [], faults };
}

export function uBootSummary(bytes: Uint8Array): ImageSummary {
  if (bytes.length < HEADER_LENGTH) return truncatedSummary("uBoot", true, bytes);
  const view = viewOf(bytes);
  const header = copyOf(bytes.subarray(0, HEADER_LENGTH)).fill(0, HEADER_CRC_AT, HEADER_CRC_AT + 4);
  const end = HEADER_LENGTH + view.getUint32(DATA_LENGTH_AT);
  const faults: FormatFault[] = [];
  if (end > bytes.length) faults.push({ reason: "payloadLength", offset: DATA_LENGTH_AT });
  if (end < bytes.length) faults.push({ reason: "bytesBehindEnd", offset: end });
  const check = (offset: number, over: Uint8Array): ImageCheck =>
    comparison("crc32", offset, view.getUint32(offset) === crc32(over));
  const architecture = bytes[29]!;
  return {
    format: "uBoot",
    flashable: true,
    product: paddedText(bytes.subarray(NAME_AT, HEADER_LENGTH)),
    hardware: ARCHITECTURES.get(architecture) ?? `architecture ${architecture}`,
    facts: { loadAddress: hexNumber(view.getUint32(16)), entry: hexNumber(view.getUint32(20)) },
    checks: [check(HEADER_CRC_AT, header), check(DATA_CRC_AT, bytes.subarray(HEADER_LENGTH, end))],
    faults,
  };
}
