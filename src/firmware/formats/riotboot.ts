// An image for riotboot, RIOT's bootloader (sys/include/riotboot/hdr.h): "RIOT", version, start address and a Fletcher-32
// of these three. Nothing protects what follows: a digest is the manifest's.

import { fletcher32 } from "./checksums.ts";
import { hexNumber, type ImageSummary, viewOf } from "./image-summary.ts";

const MAGIC = 0x544f4952;
const CHECKSUM_AT = 12;
const HEADER_LENGTH = 16;

export function isRiotboot(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === MAGIC;
}

export function riotbootSummary(bytes: Uint8Array): ImageSummary {
  const format = { format: "riotboot", flashable: true } as const;
  if (bytes.length < HEADER_LENGTH) {
    return { ...format, facts: {}, checks: [], faults: [{ reason: "truncated", offset: bytes.length }] };
  }
  const view = viewOf(bytes);
  const isRight = view.getUint32(CHECKSUM_AT, true) === fletcher32(bytes.subarray(0, CHECKSUM_AT));
  return {
    ...format,
    version: String(view.getUint32(4, true)),
    facts: { start: hexNumber(view.getUint32(8, true)) },
    checks: [{ by: "fletcher32", offset: CHECKSUM_AT, verdict: isRight ? "right" : "wrong" }],
    faults: [],
  };
}
