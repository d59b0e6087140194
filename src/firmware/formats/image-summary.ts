// What the file of an image says of itself, whatever made it: which format it has, what stands in it, what was checked, and
// what is wrong with it, with the byte where that stands.

export type ImageFormat =
  | "mcuboot"
  | "espIdf"
  | "riotboot"
  | "uBoot"
  | "imageTree"
  | "intelHex"
  | "uf2"
  | "elf"
  | "raw";

/** What cannot be as it is in any image of the format. */
export type FormatFaultReason =
  | "truncated"
  | "headerLength"
  | "payloadLength"
  | "flagsContradict"
  | "entryTableMagic"
  | "entryTableLength"
  | "entryLength"
  | "entryMissing"
  | "entryUnsigned"
  | "segmentCount"
  | "segmentLength"
  | "signatureSector"
  | "recordMalformed"
  | "recordChecksum"
  | "endMissing"
  | "bytesBehindEnd"
  | "blockLength"
  | "blockMagic"
  | "blockNumber"
  | "fieldUnknown";

export interface FormatFault {
  readonly reason: FormatFaultReason;
  /** Of the first byte that is wrong, from the beginning of the file. */
  readonly offset: number;
}

export type CheckedBy = "sha256" | "sha384" | "sha512" | "crc32" | "xor" | "fletcher32" | "signature";

/** A value in the file that other bytes of it decide. */
export interface ImageCheck {
  readonly by: CheckedBy;
  /** Of the value that was compared. */
  readonly offset: number;
  readonly verdict: "right" | "wrong" | "unchecked";
  /** Of a signature: its algorithm, and the key's digest in hex where the file names one. */
  readonly algorithm?: string;
  readonly keyId?: string | undefined;
  /** Why nothing could be compared. */
  readonly unchecked?: "encrypted" | "noKey";
}

export interface ImageSummary {
  readonly format: ImageFormat;
  /** Whether a device's bootloader takes the bytes as they are. */
  readonly flashable: boolean;
  /** As its own tools write it. */
  readonly version?: string;
  /** The project's name where it has one. */
  readonly product?: string;
  /** The chip or the processor. */
  readonly hardware?: string;
  /** A device that has seen a greater one refuses the image. */
  readonly securityCounter?: number;
  /** What else stands in it, by the format's own names. */
  readonly facts: Readonly<Record<string, string | number>>;
  readonly checks: readonly ImageCheck[];
  /** In ascending order. */
  readonly faults: readonly FormatFault[];
}

/** Digests are an argument, as all cryptography is. */
export type Digest = (algorithm: "sha256" | "sha384" | "sha512", bytes: Uint8Array) => Uint8Array;

/** Of a file that ends before its format's header does. */
export function truncatedSummary(format: ImageFormat, flashable: boolean, { length }: Uint8Array): ImageSummary {
  return { format, flashable, facts: {}, checks: [], faults: [{ reason: "truncated", offset: length }] };
}

/** Of a value that was compared. */
export function comparison(by: CheckedBy, offset: number, isRight: boolean): ImageCheck {
  return { by, offset, verdict: isRight ? "right" : "wrong" };
}

/** All numbers of these formats are little-endian unless said otherwise. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** The text of a field that is filled up with zeros. */
export function paddedText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end))).replace(/[^\x20-\x7e]/g, "?");
}

export function hexNumber(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}
