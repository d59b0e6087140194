// An image for MCUboot, as its imgtool writes it (boot/bootutil/include/bootutil/image.h):
//
//    header (32 bytes, filled up to hdr_size) | payload (img_size) | protected entries | entries
//
// Hash and signature are over everything before the entries, and over the plaintext where the payload is encrypted.

import { equal, toHex } from "../../base/bytes.ts";
import {
  comparison,
  type Digest,
  type FormatFault,
  hexNumber,
  type ImageCheck,
  type ImageKey,
  type ImageSummary,
  signatureCheck,
  truncatedSummary,
  viewOf,
} from "./image-summary.ts";
import { mcubootSignature } from "./mcuboot-signature.ts";

export const MCUBOOT_MAGIC = 0x96f3b83d;

const HEADER_LENGTH = 32;
const AREA_HEADER_LENGTH = 4;
const ENTRY_HEADER_LENGTH = 4;
const PROTECTED_MAGIC = 0x6908;
const AREA_MAGIC = 0x6907;

/** Where fields of the header stand. */
const HEADER_LENGTH_AT = 8;
const PROTECTED_LENGTH_AT = 10;
const PAYLOAD_LENGTH_AT = 12;
const FLAGS_AT = 16;
const VERSION_AT = 20;

const Flag = { AES128: 0x4, AES256: 0x8 } as const;
const FLAG_NAMES: ReadonlyMap<number, string> = new Map([
  [0x1, "pic"],
  [Flag.AES128, "encrypted-aes128"],
  [Flag.AES256, "encrypted-aes256"],
  [0x10, "non-bootable"],
  [0x20, "ram-load"],
  [0x100, "rom-fixed"],
  [0x200, "compressed-lzma1"],
  [0x400, "compressed-lzma2"],
  [0x800, "compressed-arm-thumb"],
]);

const KEY_HASH = 0x01;
const PUBLIC_KEY = 0x02;
const PURE_SIGNATURE = 0x25;
const DEPENDENCY = 0x40;
const SECURITY_COUNTER = 0x50;
const BOOT_RECORD = 0x60;

const HASHES: ReadonlyMap<number, { readonly by: "sha256" | "sha384" | "sha512"; readonly length: number }> = new Map([
  [0x10, { by: "sha256", length: 32 }],
  [0x11, { by: "sha384", length: 48 }],
  [0x12, { by: "sha512", length: 64 }],
]);

const SIGNATURES: ReadonlyMap<number, { readonly algorithm: string; readonly lengths: readonly [number, number] }> =
  new Map([
    [0x20, { algorithm: "rsa2048-pss", lengths: [256, 256] }],
    // DER, filled up; P-224 to P-384.
    [0x21, { algorithm: "ecdsa-p224", lengths: [8, 72] }],
    [0x22, { algorithm: "ecdsa", lengths: [8, 104] }],
    [0x23, { algorithm: "rsa3072-pss", lengths: [384, 384] }],
    [0x24, { algorithm: "ed25519", lengths: [64, 64] }],
  ]);

/** The wrapped key of the payload: its lengths for keys of 16 and of 32 bytes. */
const WRAPPED_KEYS: ReadonlyMap<number, { readonly name: string; readonly lengths: readonly [number, number] }> =
  new Map([
    [0x30, { name: "rsa-oaep", lengths: [256, 256] }],
    [0x31, { name: "aes-kw", lengths: [24, 40] }],
    [0x32, { name: "ecies-p256", lengths: [113, 129] }],
    [0x33, { name: "ecies-x25519", lengths: [80, 96] }],
    [0x34, { name: "ecies-x25519-sha512", lengths: [112, 128] }],
  ]);

const IDENTIFIERS: ReadonlyMap<number, string> = new Map([
  [0x74, "vendor"],
  [0x75, "class"],
]);
const UUID_LENGTH = 16;

interface Entry {
  readonly type: number;
  readonly value: Uint8Array;
  /** Of its type, in the file. */
  readonly offset: number;
  readonly isProtected: boolean;
}

export function isMcuboot(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === MCUBOOT_MAGIC;
}

export function mcubootSummary(bytes: Uint8Array, digest: Digest, keys?: readonly ImageKey[]): ImageSummary {
  return new McubootImage(bytes, digest, keys).summary();
}

class McubootImage {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #digest: Digest;
  readonly #keys: readonly ImageKey[] | undefined;
  readonly #faults: FormatFault[] = [];
  readonly #checks: ImageCheck[] = [];
  readonly #facts: Record<string, string | number> = {};
  readonly #entries: Entry[] = [];
  /** What hash and signature are over. */
  #signedLength = 0;
  #flags = 0;

  constructor(bytes: Uint8Array, digest: Digest, keys: readonly ImageKey[] | undefined) {
    this.#keys = keys;
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#digest = digest;
  }

  summary(): ImageSummary {
    const format = { format: "mcuboot", flashable: true } as const;
    if (this.#bytes.length < HEADER_LENGTH) return truncatedSummary("mcuboot", true, this.#bytes);
    this.#readHeader();
    if (this.#faults.length === 0) this.#readAreas();
    if (this.#faults.length === 0) this.#readEntries();
    return {
      ...format,
      version: this.#version(),
      versionOffset: VERSION_AT,
      ...this.#securityCounter(),
      facts: this.#facts,
      checks: this.#checks,
      faults: this.#faults.toSorted((a, b) => a.offset - b.offset),
    };
  }

  get #isEncrypted(): boolean {
    return (this.#flags & (Flag.AES128 | Flag.AES256)) !== 0;
  }

  /** As imgtool writes it: a build number only where there is one. */
  #version(): string {
    const view = this.#view;
    const build = view.getUint32(VERSION_AT + 4, true);
    const numbers = [view.getUint8(VERSION_AT), view.getUint8(VERSION_AT + 1), view.getUint16(VERSION_AT + 2, true)];
    return numbers.join(".") + (build === 0 ? "" : `+${build}`);
  }

  #readHeader(): void {
    const view = this.#view;
    const headerLength = view.getUint16(HEADER_LENGTH_AT, true);
    const protectedLength = view.getUint16(PROTECTED_LENGTH_AT, true);
    const payloadLength = view.getUint32(PAYLOAD_LENGTH_AT, true);
    this.#flags = view.getUint32(FLAGS_AT, true);
    this.#signedLength = headerLength + payloadLength + protectedLength;
    this.#facts["header"] = headerLength;
    this.#facts["payload"] = payloadLength;
    const loadAddress = view.getUint32(4, true);
    if (loadAddress !== 0) this.#facts["loadAddress"] = hexNumber(loadAddress);
    const names = [...FLAG_NAMES].filter(([flag]) => (this.#flags & flag) !== 0).map(([, name]) => name);
    const unknown = [...FLAG_NAMES.keys()].reduce((left, flag) => left & ~flag, this.#flags);
    if (unknown !== 0) names.push(hexNumber(unknown >>> 0));
    if (names.length > 0) this.#facts["flags"] = names.join(" ");
    if (headerLength < HEADER_LENGTH) this.#fault("headerLength", HEADER_LENGTH_AT);
    if (headerLength + payloadLength > this.#bytes.length) this.#fault("payloadLength", PAYLOAD_LENGTH_AT);
    if ((this.#flags & Flag.AES128) !== 0 && (this.#flags & Flag.AES256) !== 0)
      this.#fault("flagsContradict", FLAGS_AT);
  }

  #readAreas(): void {
    const protectedLength = this.#view.getUint16(PROTECTED_LENGTH_AT, true);
    const protectedAt = this.#signedLength - protectedLength;
    if (protectedLength > 0) {
      const end = this.#readArea(protectedAt, PROTECTED_MAGIC);
      if (end !== undefined && end !== this.#signedLength) this.#fault("entryTableLength", PROTECTED_LENGTH_AT);
    }
    if (this.#faults.length > 0) return;
    const end = this.#readArea(this.#signedLength, AREA_MAGIC);
    if (end !== undefined && end < this.#bytes.length) this.#facts["behind"] = this.#bytes.length - end;
  }

  /** Reads the entries of one area, and gives back where it ends; undefined when it is broken. */
  #readArea(start: number, magic: number): number | undefined {
    if (start + AREA_HEADER_LENGTH > this.#bytes.length) return this.#fault("truncated", this.#bytes.length);
    if (this.#view.getUint16(start, true) !== magic) return this.#fault("entryTableMagic", start);
    const end = start + this.#view.getUint16(start + 2, true);
    if (end < start + AREA_HEADER_LENGTH || end > this.#bytes.length) return this.#fault("entryTableLength", start + 2);
    for (let at = start + AREA_HEADER_LENGTH; at < end; ) {
      const valueAt = at + ENTRY_HEADER_LENGTH;
      if (valueAt > end) return this.#fault("entryLength", at);
      const length = this.#view.getUint16(at + 2, true);
      if (valueAt + length > end) return this.#fault("entryLength", at + 2);
      const value = this.#bytes.subarray(valueAt, valueAt + length);
      this.#entries.push({
        type: this.#view.getUint16(at, true),
        value,
        offset: at,
        isProtected: magic === PROTECTED_MAGIC,
      });
      at = valueAt + length;
    }
    return end;
  }

  #readEntries(): void {
    for (const entry of this.#entries) this.#readEntry(entry);
    const has = (types: ReadonlyMap<number, unknown>) => this.#entries.some(({ type }) => types.has(type));
    // A bootloader compares the hash before it looks at anything else.
    if (!has(HASHES)) this.#fault("entryMissing", this.#signedLength);
    if (this.#isEncrypted !== has(WRAPPED_KEYS)) this.#fault("flagsContradict", FLAGS_AT);
  }

  #readEntry(entry: Entry): void {
    const { type, value, offset } = entry;
    const hash = HASHES.get(type);
    const signature = SIGNATURES.get(type);
    const wrappedKey = WRAPPED_KEYS.get(type);
    const identifier = IDENTIFIERS.get(type);
    if (hash !== undefined) this.#checkHash(entry, hash.by, hash.length);
    else if (signature !== undefined) this.#readSignature(entry, signature.algorithm, signature.lengths);
    else if (wrappedKey !== undefined) this.#readWrappedKey(entry, wrappedKey.name, wrappedKey.lengths);
    else if (identifier !== undefined) this.#readIdentifier(entry, identifier);
    else if (type === SECURITY_COUNTER || type === DEPENDENCY) this.#readProtected(entry);
    else if (type === PURE_SIGNATURE) this.#readPure(entry);
    else if (type === KEY_HASH || type === PUBLIC_KEY || type === BOOT_RECORD) return;
    else this.#facts[`entry ${hexNumber(type).slice(-4)} at ${offset}`] = toHex(value);
  }

  #checkHash({ value, offset }: Entry, by: "sha256" | "sha384" | "sha512", length: number): void {
    if (value.length !== length) return this.#fault("entryLength", offset + 2);
    const valueAt = offset + ENTRY_HEADER_LENGTH;
    if (this.#isEncrypted) {
      this.#checks.push({ by, offset: valueAt, verdict: "unchecked", unchecked: "encrypted" });
      return;
    }
    const isRight = equal(value, this.#digest(by, this.#bytes.subarray(0, this.#signedLength)));
    this.#checks.push(comparison(by, valueAt, isRight));
  }

  #readSignature({ value, offset }: Entry, algorithm: string, [least, most]: readonly [number, number]): void {
    if (value.length < least || value.length > most) return this.#fault("entryLength", offset + 2);
    // imgtool writes the key, or its digest, right before the signature that was made by it.
    const before = this.#entries[this.#entries.findIndex((entry) => entry.offset === offset) - 1];
    const isPure = this.#entries.some(({ type }) => type === PURE_SIGNATURE);
    const named = {
      offset: offset + ENTRY_HEADER_LENGTH,
      algorithm: isPure ? `${algorithm}-pure` : algorithm,
      keyId: before === undefined ? undefined : this.#keyNamed(before),
    };
    if (this.#isEncrypted) {
      this.#checks.push({ by: "signature", ...named, verdict: "unchecked", unchecked: "encrypted" });
      return;
    }
    const region = this.#bytes.subarray(0, this.#signedLength);
    const hash = this.#entries.flatMap(({ type }) => HASHES.get(type) ?? [])[0]?.by ?? "sha256";
    const signature = mcubootSignature({ algorithm, value, region, isPure, hash }, this.#digest);
    this.#checks.push(signatureCheck(this.#keys, named, signature));
  }

  #keyNamed({ type, value }: Entry): string | undefined {
    if (type === PUBLIC_KEY) return toHex(this.#digest("sha256", value));
    return type === KEY_HASH ? toHex(value) : undefined;
  }

  /** The bootloader takes nothing but a one. */
  #readPure({ value, offset }: Entry): void {
    if (value.length !== 1) this.#fault("entryLength", offset + 2);
    else if (value[0] !== 1) this.#fault("fieldUnknown", offset + ENTRY_HEADER_LENGTH);
  }

  #readWrappedKey({ value, offset }: Entry, name: string, [for128, for256]: readonly [number, number]): void {
    this.#facts["keyWrappedBy"] = name;
    const length = (this.#flags & Flag.AES256) === 0 ? for128 : for256;
    if (this.#isEncrypted && value.length !== length) this.#fault("entryLength", offset + 2);
  }

  #readIdentifier(entry: Entry, name: string): void {
    const { value, offset } = entry;
    if (value.length !== UUID_LENGTH) return this.#fault("entryLength", offset + 2);
    if (!entry.isProtected) this.#fault("entryUnsigned", offset);
    this.#facts[name] = uuidText(value);
  }

  #readProtected(entry: Entry): void {
    const { type, value, offset, isProtected } = entry;
    // What nobody signed binds nobody.
    if (!isProtected) this.#fault("entryUnsigned", offset);
    if (value.length !== (type === SECURITY_COUNTER ? 4 : 12)) return this.#fault("entryLength", offset + 2);
    if (type !== DEPENDENCY) return;
    const view = viewOf(value);
    const version = [view.getUint8(4), view.getUint8(5), view.getUint16(6, true)].join(".");
    this.#facts[`needs image ${view.getUint8(0)}`] = version;
  }

  #securityCounter(): Pick<ImageSummary, "securityCounter" | "counterOffset"> {
    const entry = this.#entries.find(({ type, isProtected }) => type === SECURITY_COUNTER && isProtected);
    if (entry?.value.length !== 4) return {};
    const securityCounter = viewOf(entry.value).getUint32(0, true);
    return { securityCounter, counterOffset: entry.offset + ENTRY_HEADER_LENGTH };
  }

  #fault(reason: FormatFault["reason"], offset: number): undefined {
    this.#faults.push({ reason, offset });
    return undefined;
  }
}

/** RFC 9562 4. */
function uuidText(bytes: Uint8Array): string {
  return toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
