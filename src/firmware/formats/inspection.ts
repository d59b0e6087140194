// Which format a file has, told by its content: a name says what somebody meant.

import { elfSummary, isElf } from "./elf.ts";
import { espIdfSummary, isEspIdf } from "./esp-idf.ts";
import type { Digest, ImageKey, ImageSummary } from "./image-summary.ts";
import { intelHexSummary, isIntelHex } from "./intel-hex.ts";
import { isMcuboot, mcubootSummary } from "./mcuboot.ts";
import { isRiotboot, riotbootSummary } from "./riotboot.ts";
import { imageTreeSummary, isImageTree, isUBoot, uBootSummary } from "./u-boot.ts";
import { isUf2, uf2Summary } from "./uf2.ts";

/** Those with the longest magic first. */
const FORMATS: readonly {
  readonly is: (bytes: Uint8Array) => boolean;
  readonly summary: (bytes: Uint8Array, digest: Digest, keys?: readonly ImageKey[]) => ImageSummary;
}[] = [
  { is: isUf2, summary: uf2Summary },
  { is: isMcuboot, summary: mcubootSummary },
  { is: isRiotboot, summary: riotbootSummary },
  { is: isUBoot, summary: uBootSummary },
  { is: isImageTree, summary: imageTreeSummary },
  { is: isElf, summary: elfSummary },
  { is: isIntelHex, summary: intelHexSummary },
  { is: isEspIdf, summary: espIdfSummary },
];

/**
 * What the bytes of a file are, and whether it was signed by one of `keys`, where these are given. Whatever is no other format is raw: a device
 * that takes it takes anything.
 */
export function inspectImage(bytes: Uint8Array, digest: Digest, keys?: readonly ImageKey[]): ImageSummary {
  const known = FORMATS.find(({ is }) => is(bytes));
  return known?.summary(bytes, digest, keys) ?? { format: "raw", flashable: true, facts: {}, checks: [], faults: [] };
}
