// What an MCUboot image's signature is over, and the signature itself in a form that does not depend on the format:
//
//    ECDSA, RSA   over all before the entries
//    Ed25519      over the hash of that, or, where an entry says so ("pure"), over that itself

import { EMPTY } from "../../base/bytes.ts";
import type { Digest, ImageSignature } from "./image-summary.ts";

const INTEGER = 0x02;
const SEQUENCE = 0x30;

/** Of the curve that goes with a hash: P-256 and P-384. */
const COORDINATE_LENGTHS: Readonly<Record<ImageSignature["hash"], number>> = { sha256: 32, sha384: 48, sha512: 0 };

export interface McubootSigned {
  readonly algorithm: string;
  readonly value: Uint8Array;
  readonly region: Uint8Array;
  readonly isPure: boolean;
  /** The one that the image carries. */
  readonly hash: ImageSignature["hash"];
}

/** Undefined for what is no signature of its algorithm. */
export function mcubootSignature(signed: McubootSigned, digest: Digest): ImageSignature | undefined {
  const { algorithm, value, region, isPure, hash } = signed;
  if (algorithm === "ed25519") {
    return { scheme: "ed25519", hash, message: isPure ? region : digest(hash, region), value };
  }
  if (algorithm === "ecdsa") {
    const raw = rawEcdsa(value, COORDINATE_LENGTHS[hash]);
    return raw && { scheme: "ecdsa", hash, message: region, value: raw };
  }
  return algorithm.startsWith("rsa") ? { scheme: "rsa-pss", hash, message: region, value } : undefined;
}

/** X9.62's SEQUENCE of two INTEGERs, which is filled up with whatever, as two numbers of one length. */
function rawEcdsa(der: Uint8Array, length: number): Uint8Array | undefined {
  if (length === 0 || der[0] !== SEQUENCE) return undefined;
  const [r, behind] = integerAt(der, 2);
  const [s, end] = integerAt(der, behind);
  if (der[1] !== end - 2 || end > der.length || r.length > length || s.length > length) return undefined;
  const raw = new Uint8Array(2 * length);
  raw.set(r, length - r.length);
  raw.set(s, 2 * length - s.length);
  return raw;
}

/** Without leading zeros, and where it ends; behind the end where there is none. */
function integerAt(der: Uint8Array, at: number): readonly [value: Uint8Array, end: number] {
  if (der[at] !== INTEGER) return [EMPTY, der.length + 1];
  const end = at + 2 + (der[at + 1] ?? 0);
  const value = der.subarray(at + 2, end);
  const first = value.findIndex((byte) => byte !== 0);
  return [first < 0 ? EMPTY : value.subarray(first), end];
}
