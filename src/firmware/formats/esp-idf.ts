// An application for Espressif's chips, as esptool and ESP-IDF write it (components/bootloader_support/include):
//
//    header (24) | segments: address, length, data | zeros | XOR of the data | SHA-256 of all before it
//    | filled up with 0xff to whole sectors | signature sector of Secure Boot v2
//
// The application's descriptor is what the first segment begins with. A bootloader has none.

import { equal, toHex } from "../../base/bytes.ts";
import { crc32 } from "./checksums.ts";
import {
  comparison,
  type Digest,
  type FormatFault,
  type FormatFaultReason,
  hexNumber,
  type ImageCheck,
  type ImageKey,
  type ImageSignature,
  type ImageSummary,
  paddedText,
  signatureCheck,
  viewOf,
} from "./image-summary.ts";

export const ESP_MAGIC = 0xe9;

const HEADER_LENGTH = 24;
const SEGMENT_COUNT_AT = 1;
const SEGMENT_COUNT_MAX = 16;
const ENTRY_AT = 4;
const CHIP_AT = 12;
const HASH_APPENDED_AT = 23;
const SEGMENT_HEADER_LENGTH = 8;
const XOR_BEGIN = 0xef;
const ALIGNMENT = 16;
const HASH_LENGTH = 32;

const DESCRIPTOR_AT = 32;
const DESCRIPTOR_MAGIC = 0xabcd5432;
const DESCRIPTOR_LENGTH = 256;

const CHIPS: ReadonlyMap<number, string> = new Map([
  [0, "ESP32"],
  [2, "ESP32-S2"],
  [5, "ESP32-C3"],
  [9, "ESP32-S3"],
  [12, "ESP32-C2"],
  [13, "ESP32-C6"],
  [16, "ESP32-H2"],
  [18, "ESP32-P4"],
  [20, "ESP32-C61"],
  [23, "ESP32-C5"],
]);

const SECTOR_LENGTH = 4096;
const SIGNATURE_BLOCK_LENGTH = 1216;
const SIGNATURE_BLOCKS_MAX = 3;
const SIGNATURE_MAGIC = 0xe7;
const SIGNATURE_CRC_AT = 1196;

/**
 * Of each kind of block: where the key stands in it, of which the chip keeps the digest, and where the signature. ECDSA over
 * P-384 has a longer digest of the image before them, and a one as third byte.
 */
const RSA_BLOCK = {
  algorithm: "rsa3072-pss",
  hash: "sha256",
  hashLength: 32,
  key: [36, 812],
  value: [812, 1196],
} as const;
const P256_BLOCK = { algorithm: "ecdsa", hash: "sha256", hashLength: 32, key: [36, 101], value: [101, 165] } as const;
const P384_BLOCK = { algorithm: "ecdsa", hash: "sha384", hashLength: 48, key: [52, 149], value: [149, 245] } as const;
const HASH_AT = 4;

/** One byte is too little to tell an image by: the header's other fields have to make sense as well. */
export function isEspIdf(bytes: Uint8Array): boolean {
  if (bytes.length < HEADER_LENGTH || bytes[0] !== ESP_MAGIC) return false;
  const count = bytes[SEGMENT_COUNT_AT]!;
  return count <= SEGMENT_COUNT_MAX && bytes[HASH_APPENDED_AT]! <= 1;
}

export function espIdfSummary(bytes: Uint8Array, digest: Digest, keys?: readonly ImageKey[]): ImageSummary {
  const faults: FormatFault[] = [];
  const checks: ImageCheck[] = [];
  const end = checkSegments(bytes, checks, faults);
  const behind = end === undefined ? undefined : checkHash(bytes, end, digest, checks, faults);
  if (behind !== undefined) checkSignatures(bytes, behind, digest, keys, checks, faults);
  const chip = viewOf(bytes).getUint16(CHIP_AT, true);
  return {
    format: "espIdf",
    flashable: true,
    hardware: CHIPS.get(chip) ?? `chip ${chip}`,
    ...descriptorOf(bytes),
    checks,
    faults: faults.toSorted((a, b) => a.offset - b.offset),
  };
}

type Descriptor = Pick<
  ImageSummary,
  "version" | "versionOffset" | "product" | "securityCounter" | "counterOffset" | "facts"
>;

function descriptorOf(bytes: Uint8Array): Descriptor {
  const view = viewOf(bytes);
  const facts = { segments: bytes[SEGMENT_COUNT_AT]!, entry: hexNumber(view.getUint32(ENTRY_AT, true)) };
  const hasRoom = bytes.length >= DESCRIPTOR_AT + DESCRIPTOR_LENGTH;
  if (!hasRoom || view.getUint32(DESCRIPTOR_AT, true) !== DESCRIPTOR_MAGIC) return { facts };
  const text = (at: number, length: number) =>
    paddedText(bytes.subarray(DESCRIPTOR_AT + at, DESCRIPTOR_AT + at + length));
  return {
    version: text(16, 32),
    versionOffset: DESCRIPTOR_AT + 16,
    product: text(48, 32),
    securityCounter: view.getUint32(DESCRIPTOR_AT + 4, true),
    counterOffset: DESCRIPTOR_AT + 4,
    facts: {
      ...facts,
      built: `${text(96, 16)} ${text(80, 16)}`,
      idf: text(112, 32),
      elfSha256: toHex(bytes.subarray(DESCRIPTOR_AT + 144, DESCRIPTOR_AT + 176)),
    },
  };
}

/** Where what the hash is over ends; undefined when the segments are broken. */
function checkSegments(bytes: Uint8Array, checks: ImageCheck[], faults: FormatFault[]): number | undefined {
  const fault = faulting(faults);
  const count = bytes[SEGMENT_COUNT_AT]!;
  if (count === 0) return fault("segmentCount", SEGMENT_COUNT_AT);
  let at = HEADER_LENGTH;
  let sum = XOR_BEGIN;
  for (let segment = 0; segment < count; segment++) {
    const dataAt = at + SEGMENT_HEADER_LENGTH;
    if (dataAt > bytes.length) return fault("truncated", bytes.length);
    const length = viewOf(bytes).getUint32(at + 4, true);
    if (dataAt + length > bytes.length) return fault("segmentLength", at + 4);
    for (let i = dataAt; i < dataAt + length; i++) sum ^= bytes[i]!;
    at = dataAt + length;
  }
  const checksumAt = at + (ALIGNMENT - 1 - (at % ALIGNMENT));
  if (checksumAt >= bytes.length) return fault("truncated", bytes.length);
  checks.push(comparison("xor", checksumAt, bytes[checksumAt] === sum));
  return checksumAt + 1;
}

/** Where what follows the hash begins; undefined when the file ends too soon. */
function checkHash(
  bytes: Uint8Array,
  at: number,
  digest: Digest,
  checks: ImageCheck[],
  faults: FormatFault[],
): number | undefined {
  if (bytes[HASH_APPENDED_AT] === 0) return at;
  const end = at + HASH_LENGTH;
  if (end > bytes.length) return faulting(faults)("truncated", bytes.length);
  const isRight = equal(bytes.subarray(at, end), digest("sha256", bytes.subarray(0, at)));
  checks.push(comparison("sha256", at, isRight));
  return end;
}

/** Secure Boot v2: up to three blocks in the last sector, over everything before that. */
function checkSignatures(
  bytes: Uint8Array,
  behind: number,
  digest: Digest,
  keys: readonly ImageKey[] | undefined,
  checks: ImageCheck[],
  faults: FormatFault[],
): void {
  if (behind === bytes.length) return;
  const fault = faulting(faults);
  const sectorAt = bytes.length - SECTOR_LENGTH;
  if (bytes.length % SECTOR_LENGTH !== 0 || sectorAt < behind) return fault("bytesBehindEnd", behind);
  if (bytes[sectorAt] !== SIGNATURE_MAGIC) return fault("signatureSector", sectorAt);
  const signed = bytes.subarray(0, sectorAt);
  for (let i = 0; i < SIGNATURE_BLOCKS_MAX; i++) {
    const at = sectorAt + i * SIGNATURE_BLOCK_LENGTH;
    if (bytes[at] === 0xff) return;
    checkSignatureBlock(bytes.subarray(at, at + SIGNATURE_BLOCK_LENGTH), at, signed, digest, keys, checks, fault);
  }
}

function checkSignatureBlock(
  block: Uint8Array,
  at: number,
  signed: Uint8Array,
  digest: Digest,
  keys: readonly ImageKey[] | undefined,
  checks: ImageCheck[],
  fault: (reason: FormatFaultReason, offset: number) => undefined,
): void {
  if (block[0] !== SIGNATURE_MAGIC) return fault("signatureSector", at);
  const kind = blockKind(block);
  if (kind === undefined) return fault("fieldUnknown", at + 1);
  const crc = viewOf(block).getUint32(SIGNATURE_CRC_AT, true);
  const isWhole = crc === crc32(block.subarray(0, SIGNATURE_CRC_AT));
  checks.push(comparison("crc32", at + SIGNATURE_CRC_AT, isWhole));
  const isOfImage = equal(block.subarray(HASH_AT, HASH_AT + kind.hashLength), digest(kind.hash, signed));
  checks.push(comparison(kind.hash, at + HASH_AT, isOfImage));
  const keyId = toHex(digest("sha256", block.subarray(...kind.key)));
  const named = { offset: at + kind.value[0], algorithm: kind.algorithm, keyId };
  checks.push(signatureCheck(keys, named, signatureOf(kind, block, signed)));
}

type BlockKind = typeof RSA_BLOCK | typeof P256_BLOCK | typeof P384_BLOCK;

function blockKind(block: Uint8Array): BlockKind | undefined {
  if (block[1] === 2) return RSA_BLOCK;
  if (block[1] !== 3) return undefined;
  return block[2] === 1 ? P384_BLOCK : P256_BLOCK;
}

/** Numbers in a block are little-endian. */
function signatureOf(kind: BlockKind, block: Uint8Array, message: Uint8Array): ImageSignature {
  const value = block.slice(...kind.value);
  const { hash } = kind;
  if (kind === RSA_BLOCK) return { scheme: "rsa-pss", hash, message, value: value.reverse() };
  const length = value.length / 2;
  value.subarray(0, length).reverse();
  value.subarray(length).reverse();
  return { scheme: "ecdsa", hash, message, value };
}

function faulting(faults: FormatFault[]): (reason: FormatFaultReason, offset: number) => undefined {
  return (reason, offset) => {
    faults.push({ reason, offset });
    return undefined;
  };
}
