// Makes applications as esptool and ESP-IDF's build do, with Secure Boot v2's signature sector where wanted.

import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { sampleBytes } from "../../firmware-store/sample-image.ts";

const SECTOR = 4096;

export interface EspInput {
  readonly chip?: number;
  readonly hashAppended?: boolean;
  readonly descriptor?: boolean;
  readonly segmentLengths?: readonly number[];
  /** Of the blocks in the signature sector; none without. */
  readonly signedBy?: readonly ("rsa" | "ecdsa")[];
}

export function espImage(input: EspInput = {}): Uint8Array {
  const { chip = 5, hashAppended = true, descriptor = true, segmentLengths = [400, 64, 1_000] } = input;
  const header = Buffer.alloc(24);
  header.writeUInt8(0xe9, 0);
  header.writeUInt8(segmentLengths.length, 1);
  header.writeUInt32LE(0x40380000, 4);
  header.writeUInt16LE(chip, 12);
  header.writeUInt8(hashAppended ? 1 : 0, 23);
  const parts: Uint8Array[] = [header];
  let sum = 0xef;
  for (const [i, length] of segmentLengths.entries()) {
    const data = Buffer.from(sampleBytes(length, length));
    if (i === 0 && descriptor) describe(data);
    for (const byte of data) sum ^= byte;
    const head = Buffer.alloc(8);
    head.writeUInt32LE(0x3c000000 + i * 0x10000, 0);
    head.writeUInt32LE(length, 4);
    parts.push(head, data);
  }
  const { length } = Buffer.concat(parts);
  const tail = Buffer.alloc(16 - (length % 16));
  tail.writeUInt8(sum, tail.length - 1);
  parts.push(tail);
  if (hashAppended) parts.push(sha256(Buffer.concat(parts)));
  const image = Buffer.concat(parts);
  return new Uint8Array(input.signedBy === undefined ? image : withSignatures(image, input.signedBy));
}

function describe(data: Buffer): void {
  data.fill(0, 0, 256);
  data.writeUInt32LE(0xabcd5432, 0);
  data.writeUInt32LE(3, 4);
  data.write("v1.4.0-rc1", 16, "latin1");
  data.write("lock", 48, "latin1");
  data.write("12:34:56", 80, "latin1");
  data.write("Nov 27 2026", 96, "latin1");
  data.write("v5.3.1", 112, "latin1");
}

function withSignatures(image: Buffer, kinds: readonly ("rsa" | "ecdsa")[]): Buffer {
  const padded = Buffer.alloc(Math.ceil(image.length / 65_536) * 65_536, 0xff);
  image.copy(padded);
  const sector = Buffer.alloc(SECTOR, 0xff);
  for (const [i, kind] of kinds.entries()) {
    const block = Buffer.alloc(1_216);
    block.writeUInt8(0xe7, 0);
    block.writeUInt8(kind === "rsa" ? 2 : 3, 1);
    sha256(padded).copy(block, 4);
    Buffer.from(sampleBytes(i + 1, 1_160)).copy(block, 36);
    block.writeUInt32LE(crc32(block.subarray(0, 1_196)), 1_196);
    block.copy(sector, i * block.length);
  }
  return Buffer.concat([padded, sector]);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
