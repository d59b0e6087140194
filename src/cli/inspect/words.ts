// What `inspect` says of formats, checks and faults.

import type { FormatFaultReason, ImageCheck, ImageFormat } from "../../firmware/formats/image-summary.ts";

/** `advice`: what to do with a file that no device takes. */
export const FORMAT_WORDS: Readonly<Record<ImageFormat, { readonly name: string; readonly advice?: string }>> = {
  mcuboot: { name: "MCUboot image" },
  espIdf: { name: "ESP-IDF application" },
  riotboot: { name: "riotboot image" },
  uBoot: { name: "U-Boot image" },
  imageTree: { name: "device tree or U-Boot's image tree (FIT)" },
  intelHex: {
    name: "Intel HEX",
    advice: "no device takes a HEX file: make bytes of it with objcopy -I ihex -O binary, or take the build's .bin",
  },
  uf2: {
    name: "UF2",
    advice: "only a bootloader that looks like a USB stick takes UF2: take the .bin that it was made of",
  },
  elf: {
    name: "ELF",
    advice: "no device takes an ELF: take the build's .bin, signed where the bootloader wants it, or objcopy -O binary",
  },
  raw: { name: "raw bytes, of no format that is known" },
};

export const FAULT_WORDS: Readonly<Record<FormatFaultReason, string>> = {
  truncated: "the file ends here, and the image goes on",
  headerLength: "a header is not that short",
  payloadLength: "the payload would end behind the file",
  flagsContradict: "the flags and the rest of the image contradict each other on encryption",
  entryTableMagic: "the table of entries should begin here",
  entryTableLength: "the table of entries cannot have that length",
  entryLength: "an entry of its type cannot have that length",
  entryMissing: "there is no entry with a hash, and a bootloader wants one",
  entryUnsigned: "this entry stands where the signature does not reach",
  segmentCount: "an application has at least one segment",
  segmentLength: "the segment would end behind the file",
  signatureSector: "a signature block should begin here",
  recordMalformed: "this line is no record",
  recordChecksum: "the line's checksum is another one",
  endMissing: "the record that ends the file is missing",
  bytesBehindEnd: "there are bytes behind the end",
  blockLength: "a block holds at most 476 bytes",
  blockMagic: "the block's mark is another one",
  blockNumber: "the blocks are not counted from 0 to the last one",
  fieldUnknown: "nobody knows this value",
};

export function checkWords(check: ImageCheck): string {
  const by = check.algorithm === undefined ? "" : `${check.algorithm}${keyWords(check.keyId)}: `;
  if (check.verdict !== "unchecked") return by + check.verdict;
  const why = {
    encrypted: "the image is encrypted, and it is of the plaintext",
    noKey: "that takes the public key",
    keyUnknown: "no key that is trusted here",
  };
  return `${by}not checked: ${why[check.unchecked!]}`;
}

function keyWords(keyId: string | undefined): string {
  return keyId === undefined ? "" : ` by the key whose digest is ${keyId}`;
}
