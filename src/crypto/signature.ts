// Signatures by makers, servers and logs: Ed25519 (RFC 8032 5.1) and ECDSA over P-256 with SHA-256 (FIPS 186-5). Keys come
// as the DER of SubjectPublicKeyInfo (RFC 5480, RFC 8410) and PKCS#8 (RFC 5958), in the one form each that everybody writes:
// a key has one encoding and therefore one id.

import { bytesOfLatin1, concat, equal, fromHex, toHex } from "../base/bytes.ts";
import { contextTag, DerReader, DerTag, wholeDer } from "./der.ts";

export type SignatureAlgorithm = "ed25519" | "es256";

export const SIGNATURE_LENGTH = 64;
export const KEY_ID_LENGTH = 32;

export interface VerificationKey {
  readonly algorithm: SignatureAlgorithm;
  /** SHA-256 of `spki`, 32 bytes. */
  readonly keyId: Uint8Array;
  /** DER. */
  readonly spki: Uint8Array;
  /** `signature` as signingKey makes it; whatever else is there is no signature. */
  verify(message: Uint8Array, signature: Uint8Array): boolean;
}

/** Shows its private key to nobody, in a printout neither. */
export interface SigningKey {
  readonly algorithm: SignatureAlgorithm;
  /** SHA-256 of `spki`, 32 bytes. */
  readonly keyId: Uint8Array;
  /** DER of the public key. */
  readonly spki: Uint8Array;
  /** 64 bytes; of ES256 r and s (RFC 9053 2.1). */
  sign(message: Uint8Array): Uint8Array;
}

type Verify = (message: Uint8Array, signature: Uint8Array) => boolean;

export interface RawSigner {
  /** 32 bytes of Ed25519, or an uncompressed point of P-256. */
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** What a library brings: keys without wrapping. */
export interface SignaturePrimitives {
  /** May throw for what is no point of the curve; what it gives may throw for what is no signature. */
  verifier(algorithm: SignatureAlgorithm, publicKey: Uint8Array): Verify;
  /** 32 bytes: Ed25519's seed, or P-256's scalar. Throws for what is no private key. */
  signer(algorithm: SignatureAlgorithm, privateKey: Uint8Array): RawSigner;
}

const POINT_LENGTH = 65;
const UNCOMPRESSED = 4;
const PRIVATE_KEY_LENGTH = 32;

/** What stands before the public key. */
const SPKI_HEADS: Readonly<Record<SignatureAlgorithm, Uint8Array>> = {
  ed25519: fromHex("302a300506032b6570032100")!,
  es256: fromHex("3059301306072a8648ce3d020106082a8648ce3d030107034200")!,
};
const PUBLIC_KEY_LENGTHS: Readonly<Record<SignatureAlgorithm, number>> = { ed25519: 32, es256: POINT_LENGTH };

/** AlgorithmIdentifiers without their own tag and length. */
const ALGORITHM_IDENTIFIERS: ReadonlyMap<string, SignatureAlgorithm> = new Map([
  ["06032b6570", "ed25519"],
  ["06072a8648ce3d020106082a8648ce3d030107", "es256"],
]);

/**
 * The y of the points of order 1, 2, 4 and 8: under such a key one signature fits many messages, and libraries differ on
 * whether that is one.
 */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

type Sha256 = (bytes: Uint8Array) => string;

/** The DER of a key that stands alone: 32 bytes of Ed25519, or an uncompressed point of P-256. */
export function spkiOf(algorithm: SignatureAlgorithm, publicKey: Uint8Array): Uint8Array {
  return concat(SPKI_HEADS[algorithm], publicKey);
}

/** The inverse; undefined for what is none, of another algorithm, or in another form. */
export function publicKeyIn(spki: Uint8Array, algorithm: SignatureAlgorithm): Uint8Array | undefined {
  return algorithmOfSpki(spki) === algorithm ? spki.slice(SPKI_HEADS[algorithm].length) : undefined;
}

/** The key of a SubjectPublicKeyInfo; undefined for what is none, of another algorithm, or in another form. */
export function verificationKeyOf(
  spki: Uint8Array,
  sha256: Sha256,
  { verifier }: SignaturePrimitives,
): VerificationKey | undefined {
  const algorithm = algorithmOfSpki(spki);
  if (algorithm === undefined) return undefined;
  const publicKey = spki.slice(SPKI_HEADS[algorithm].length);
  if (!isUsable(algorithm, publicKey)) return undefined;
  const verify = orUndefined(() => verifier(algorithm, publicKey));
  if (verify === undefined) return undefined;
  return {
    algorithm,
    keyId: bytesOfLatin1(sha256(spki)),
    spki: spki.slice(),
    verify: (message, signature) =>
      signature.length === SIGNATURE_LENGTH && orUndefined(() => verify(message, signature)) === true,
  };
}

/** The key of a PKCS#8 PrivateKeyInfo without encryption; undefined for what is none. */
export function signingKeyOf(
  pkcs8: Uint8Array,
  sha256: Sha256,
  { signer }: SignaturePrimitives,
): SigningKey | undefined {
  const found = privateKeyIn(pkcs8);
  if (found === undefined) return undefined;
  const { algorithm, privateKey, publicKey } = found;
  const raw = orUndefined(() => signer(algorithm, privateKey));
  if (raw === undefined || (publicKey !== undefined && !equal(publicKey, raw.publicKey))) return undefined;
  const spki = spkiOf(algorithm, raw.publicKey);
  return { algorithm, keyId: bytesOfLatin1(sha256(spki)), spki, sign: raw.sign };
}

function algorithmOfSpki(spki: Uint8Array): SignatureAlgorithm | undefined {
  for (const algorithm of ["ed25519", "es256"] as const) {
    const head = SPKI_HEADS[algorithm];
    const isLong = spki.length === head.length + PUBLIC_KEY_LENGTHS[algorithm];
    if (isLong && equal(spki.subarray(0, head.length), head)) return algorithm;
  }
  return undefined;
}

function isUsable(algorithm: SignatureAlgorithm, publicKey: Uint8Array): boolean {
  if (algorithm === "es256") return publicKey[0] === UNCOMPRESSED;
  // Whether it is a point at all costs as much as verifying: under what is none nothing verifies.
  const unsigned = publicKey.slice();
  unsigned[31]! &= 0x7f;
  return !SMALL_ORDER.has(toHex(unsigned)) && !isBeyondField(unsigned);
}

/** RFC 8032 5.1.3: y is below 2^255 - 19. */
function isBeyondField(y: Uint8Array): boolean {
  return y[31] === 0x7f && y[0]! >= 0xed && y.subarray(1, 31).every((byte) => byte === 0xff);
}

interface FoundPrivateKey {
  readonly algorithm: SignatureAlgorithm;
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array | undefined;
}

/** RFC 5958 2: version, algorithm, key, and perhaps attributes and the public key. */
function privateKeyIn(pkcs8: Uint8Array): FoundPrivateKey | undefined {
  const info = wholeDer(pkcs8, DerTag.SEQUENCE);
  const version = info?.take(DerTag.INTEGER);
  if (info === undefined || version?.length !== 1 || version[0]! > 1) return undefined;
  const algorithm = ALGORITHM_IDENTIFIERS.get(toHex(info.take(DerTag.SEQUENCE) ?? version));
  const inner = info.take(DerTag.OCTET_STRING);
  if (algorithm === undefined || inner === undefined) return undefined;
  if (info.nextTag === contextTag(0, true)) info.take(contextTag(0, true));
  const behind = info.nextTag === contextTag(1, false) ? info.take(contextTag(1, false)) : undefined;
  if (!info.atEnd) return undefined;
  return algorithm === "ed25519" ? ed25519In(inner, behind) : es256In(inner);
}

/** RFC 8410 7. */
function ed25519In(inner: Uint8Array, behind: Uint8Array | undefined): FoundPrivateKey | undefined {
  const outer = new DerReader(inner);
  const privateKey = outer.take(DerTag.OCTET_STRING);
  if (privateKey?.length !== PRIVATE_KEY_LENGTH || !outer.atEnd) return undefined;
  return { algorithm: "ed25519", privateKey, publicKey: behind?.subarray(1) };
}

/** RFC 5915 3: version, key, and perhaps the curve and the public key. */
function es256In(inner: Uint8Array): FoundPrivateKey | undefined {
  const key = wholeDer(inner, DerTag.SEQUENCE);
  if (key?.take(DerTag.INTEGER)?.[0] !== 1) return undefined;
  const privateKey = key.take(DerTag.OCTET_STRING);
  if (privateKey?.length !== PRIVATE_KEY_LENGTH) return undefined;
  if (key.nextTag === contextTag(0, true)) key.take(contextTag(0, true));
  const bits = key.nextTag === undefined ? undefined : key.enter(contextTag(1, true))?.take(DerTag.BIT_STRING);
  if (!key.atEnd) return undefined;
  return { algorithm: "es256", privateKey, publicKey: bits?.subarray(1) };
}

/** Libraries throw where bytes are to blame. */
function orUndefined<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
