// Makes images as MCUboot's imgtool does, each row of its table of signatures and of wrapped keys.

import { constants, createHash, createPublicKey, type KeyObject, sign } from "node:crypto";
import { sampleBytes } from "../../firmware-store/sample-image.ts";

export const HEADER_LENGTH = 32;
export const PROTECTED_MAGIC = 0x6908;
export const AREA_MAGIC = 0x6907;

export interface Entry {
  readonly type: number;
  readonly value: Uint8Array;
}

export interface McubootInput {
  readonly payloadLength?: number;
  readonly headerLength?: number;
  readonly flags?: number;
  readonly version?: readonly [number, number, number, number];
  readonly protectedEntries?: readonly Entry[];
  /** Behind the hash: made from what is signed. */
  readonly entries?: (region: Uint8Array) => readonly Entry[];
  readonly hash?: "sha256" | "sha384" | "sha512";
}

const HASH_TYPES = { sha256: 0x10, sha384: 0x11, sha512: 0x12 };

export function mcubootImage(input: McubootInput = {}): Uint8Array {
  const { payloadLength = 500, headerLength = HEADER_LENGTH, flags = 0, version = [1, 2, 3, 4] } = input;
  const protectedArea = areaOf(PROTECTED_MAGIC, input.protectedEntries ?? []);
  const header = Buffer.alloc(headerLength);
  header.writeUInt32LE(0x96f3b83d, 0);
  header.writeUInt16LE(headerLength, 8);
  header.writeUInt16LE(protectedArea.length, 10);
  header.writeUInt32LE(payloadLength, 12);
  header.writeUInt32LE(flags, 16);
  header.writeUInt8(version[0], 20);
  header.writeUInt8(version[1], 21);
  header.writeUInt16LE(version[2], 22);
  header.writeUInt32LE(version[3], 24);
  const region = Buffer.concat([header, sampleBytes(payloadLength, payloadLength), protectedArea]);
  const by = input.hash ?? "sha256";
  const hash = { type: HASH_TYPES[by], value: digestOf(by, region) };
  return new Uint8Array(Buffer.concat([region, areaOf(AREA_MAGIC, [hash, ...(input.entries?.(region) ?? [])])]));
}

export function digestOf(by: string, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash(by).update(bytes).digest());
}

/** A row of the table of signatures: the digest of the key, and the signature, and what says that it is pure. */
export function signedBy(kind: "ecdsa" | "ed25519" | "ed25519-pure", key: KeyObject, publicKey: Uint8Array) {
  return (region: Uint8Array): readonly Entry[] => {
    if (kind === "ecdsa") {
      const der = sign("sha256", region, key);
      // Filled up to the longest that there is.
      const value = new Uint8Array(72);
      value.set(der);
      return [
        { type: 0x01, value: digestOf("sha256", publicKey) },
        { type: 0x22, value },
      ];
    }
    const isPure = kind === "ed25519-pure";
    const value = new Uint8Array(sign(null, isPure ? region : digestOf("sha256", region), key));
    const signature = [
      { type: 0x01, value: digestOf(isPure ? "sha512" : "sha256", publicKey) },
      { type: 0x24, value },
    ];
    return isPure ? [...signature, { type: 0x25, value: Uint8Array.of(1) }] : signature;
  };
}

/** The other rows: RSA by the length of its modulus, and ECDSA over P-384, which goes with SHA-384. */
export function signedByOther(key: KeyObject, by: "sha256" | "sha384") {
  return (region: Uint8Array): readonly Entry[] => {
    const isRsa = key.asymmetricKeyType === "rsa";
    const publicKey = createPublicKey(key).export({ type: isRsa ? "pkcs1" : "spki", format: "der" });
    const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    const value = sign(by, region, { key, ...(isRsa && padding) });
    const type = isRsa ? (value.length === 256 ? 0x20 : 0x23) : 0x22;
    return [
      { type: 0x01, value: digestOf(by, publicKey) },
      { type, value: new Uint8Array(value) },
    ];
  };
}

function areaOf(magic: number, entries: readonly Entry[]): Uint8Array {
  if (magic === PROTECTED_MAGIC && entries.length === 0) return new Uint8Array(0);
  const parts = entries.map(({ type, value }) => {
    const head = Buffer.alloc(4);
    head.writeUInt16LE(type, 0);
    head.writeUInt16LE(value.length, 2);
    return Buffer.concat([head, value]);
  });
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(4);
  head.writeUInt16LE(magic, 0);
  head.writeUInt16LE(4 + body.length, 2);
  return Buffer.concat([head, body]);
}
