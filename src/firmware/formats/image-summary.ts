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
  /** Why nothing could be compared: no key was given to compare with, or none of those that were is the signature's. */
  readonly unchecked?: "encrypted" | "noKey" | "keyUnknown";
}

/** A signature as data, in whichever form its format has it. */
export interface ImageSignature {
  /** RSA is PSS with a salt of 32 bytes. */
  readonly scheme: "ed25519" | "ecdsa" | "rsa-pss";
  /** Of RSA and ECDSA; Ed25519 takes the message as it is. */
  readonly hash: "sha256" | "sha384" | "sha512";
  readonly message: Uint8Array;
  /** Big-endian; of ECDSA r and s, each as long as the curve's order. */
  readonly value: Uint8Array;
}

/** A public key that an image may be signed with. Verifying is an argument, as all cryptography is. */
export interface ImageKey {
  /** The digests, in hex, by which formats name the key. */
  readonly names: ReadonlySet<string>;
  /** False also where the key is of another kind than the signature. */
  verifies(signature: ImageSignature): boolean;
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
  /** Where version and security counter stand, for who has to say that they are wrong. */
  readonly versionOffset?: number;
  readonly counterOffset?: number;
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

/** Of a signature by the key with that name, or, where the format names none, by any; `keys` is absent where nobody asks. */
export function signatureCheck(
  keys: readonly ImageKey[] | undefined,
  named: Pick<ImageCheck, "offset" | "algorithm" | "keyId">,
  signature: ImageSignature | undefined,
): ImageCheck {
  const check = { by: "signature", ...named } as const;
  if (keys === undefined) return { ...check, verdict: "unchecked", unchecked: "noKey" };
  const { keyId } = named;
  const fitting = keyId === undefined ? keys : keys.filter(({ names }) => names.has(keyId));
  const isRight = signature !== undefined && fitting.some((key) => key.verifies(signature));
  if (isRight) return { ...check, verdict: "right" };
  // One that is named and did not make it is more than one that nobody knows.
  if (keyId !== undefined && fitting.length > 0) return { ...check, verdict: "wrong" };
  return { ...check, verdict: "unchecked", unchecked: "keyUnknown" };
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
