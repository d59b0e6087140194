// An image for riotboot, RIOT's bootloader (sys/include/riotboot/hdr.h): "RIOT", version, start address and a Fletcher-32
// of these three. Nothing protects what follows: a digest is the manifest's.

import { fletcher32 } from "./checksums.ts";
import { comparison, hexNumber, type ImageSummary, truncatedSummary, viewOf } from "./image-summary.ts";

const MAGIC = 0x544f4952;
const VERSION_AT = 4;
const CHECKSUM_AT = 12;
const HEADER_LENGTH = 16;

export function isRiotboot(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === MAGIC;
}

export function riotbootSummary(bytes: Uint8Array): ImageSummary {
  if (bytes.length < HEADER_LENGTH) return truncatedSummary("riotboot", true, bytes);
  const view = viewOf(bytes);
  const isRight = view.getUint32(CHECKSUM_AT, true) === fletcher32(bytes.subarray(0, CHECKSUM_AT));
  return {
    format: "riotboot",
    flashable: true,
    version: String(view.getUint32(VERSION_AT, true)),
    versionOffset: VERSION_AT,
    facts: { start: hexNumber(view.getUint32(8, true)) },
    checks: [comparison("fletcher32", CHECKSUM_AT, isRight)],
    faults: [],
  };
}
