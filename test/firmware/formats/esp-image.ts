// Makes applications as esptool and ESP-IDF's build do, with Secure Boot v2's signature sector where wanted.

import { constants, createHash, createPublicKey, type KeyObject, sign } from "node:crypto";
import { crc32 } from "node:zlib";
import { sampleBytes } from "../../firmware-store/sample-image.ts";

const SECTOR = 4096;

export interface EspInput {
  readonly chip?: number;
  readonly hashAppended?: boolean;
  readonly descriptor?: boolean;
  readonly segmentLengths?: readonly number[];
  /** Of the blocks in the signature sector; none without. */
  readonly signedBy?: readonly ("rsa" | "ecdsa" | KeyObject)[];
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

function withSignatures(image: Buffer, kinds: readonly ("rsa" | "ecdsa" | KeyObject)[]): Buffer {
  const padded = Buffer.alloc(Math.ceil(image.length / 65_536) * 65_536, 0xff);
  image.copy(padded);
  const sector = Buffer.alloc(SECTOR, 0xff);
  for (const [i, kind] of kinds.entries()) {
    const block = Buffer.alloc(1_216);
    block.writeUInt8(0xe7, 0);
    if (typeof kind !== "string") sign2(block, padded, kind);
    else {
      block.writeUInt8(kind === "rsa" ? 2 : 3, 1);
      sha256(padded).copy(block, 4);
      // Neither a key nor a signature.
      Buffer.from(sampleBytes(i + 1, 1_160)).copy(block, 36);
    }
    block.writeUInt32LE(crc32(block.subarray(0, 1_196)), 1_196);
    block.copy(sector, i * block.length);
  }
  return Buffer.concat([padded, sector]);
}

/** The key and the signature of one block. */
function sign2(block: Buffer, padded: Buffer, key: KeyObject): void {
  const jwk = createPublicKey(key).export({ format: "jwk" });
  const bytes = (base64Url: string) => Buffer.from(base64Url, "base64url").reverse();
  if (jwk.kty === "RSA") {
    block.writeUInt8(2, 1);
    const n = BigInt(`0x${Buffer.from(jwk.n!, "base64url").toString("hex")}`);
    const number = (value: bigint, length: number) =>
      Buffer.from(value.toString(16).padStart(2 * length, "0"), "hex").reverse();
    let inverse = 0n;
    // Bit by bit: the next one is wrong when the product is.
    for (let bit = 0n; bit < 32n; bit++)
      if ((((inverse * n) >> bit) & 1n) === (bit === 0n ? 0n : 1n)) inverse |= 1n << bit;
    sha256(padded).copy(block, 4);
    bytes(jwk.n!).copy(block, 36);
    bytes(jwk.e!).copy(block, 420);
    number((1n << 6144n) % n, 384).copy(block, 424);
    number((1n << 32n) - inverse, 4).copy(block, 808);
    const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    sign("sha256", padded, { key, ...padding })
      .reverse()
      .copy(block, 812);
    return;
  }
  const isLong = jwk.crv === "P-384";
  const by = isLong ? "sha384" : "sha256";
  block.writeUInt8(3, 1);
  block.writeUInt8(isLong ? 1 : 0, 2);
  const digest = createHash(by).update(padded).digest();
  const raw = sign(by, padded, { key, dsaEncoding: "ieee-p1363" });
  const half = raw.length / 2;
  const numbers = [bytes(jwk.x!), bytes(jwk.y!), raw.subarray(0, half).reverse(), raw.subarray(half).reverse()];
  Buffer.concat([digest, Buffer.of(isLong ? 3 : 2), ...numbers]).copy(block, 4);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
