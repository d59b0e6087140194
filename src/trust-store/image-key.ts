// Public keys as images' own formats name them: by a digest of one of their encodings.
//
//    MCUboot   SHA-256, -384 or -512 of SubjectPublicKeyInfo; of RSA of PKCS#1's RSAPublicKey (scripts/imgtool/keys)
//    ESP-IDF   SHA-256 of the key as it stands in a signature block: what the chip's fuses hold (espsecure)

import { constants, createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { concat } from "../base/bytes.ts";
import type { ImageKey, ImageSignature } from "../firmware/formats/image-summary.ts";
import type { PublicKey } from "./trusted-key.ts";

const PSS_SALT_LENGTH = 32;
const ESP_RSA_LENGTH = 384;
const RADIX_BITS = 32n;

/** Of the elliptic curves that Secure Boot v2 knows. */
const ESP_CURVES: ReadonlyMap<string, number> = new Map([
  ["P-256", 2],
  ["P-384", 3],
]);

export function imageKeyOf({ spki }: PublicKey): ImageKey {
  const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
  return { names: namesOf(key), verifies: (signature) => verifies(key, signature) };
}

function namesOf(key: KeyObject): ReadonlySet<string> {
  const type = key.asymmetricKeyType === "rsa" ? "pkcs1" : "spki";
  const encoded = key.export({ type, format: "der" });
  const names = (["sha256", "sha384", "sha512"] as const).map((by) => hexDigest(by, encoded));
  const inBlock = espKey(key);
  return new Set(inBlock === undefined ? names : [...names, hexDigest("sha256", inBlock)]);
}

function hexDigest(by: string, bytes: Uint8Array): string {
  return createHash(by).update(bytes).digest("hex");
}

/** What a signature block of Secure Boot v2 says of the key; undefined for keys that it does not know. */
function espKey(key: KeyObject): Uint8Array | undefined {
  const { n, e, x, y, crv = "" } = key.export({ format: "jwk" });
  const curve = ESP_CURVES.get(crv);
  if (curve !== undefined) return concat(Uint8Array.of(curve), reversed(x!), reversed(y!));
  return n !== undefined && reversed(n).length === ESP_RSA_LENGTH ? espRsaKey(reversed(n), reversed(e!)) : undefined;
}

/** Modulus, exponent, and what Montgomery's multiplication wants: R^2 modulo n, and minus the inverse of n. */
function espRsaKey(modulus: Uint8Array, exponent: Uint8Array): Uint8Array {
  const n = numberOf(modulus);
  const squared = (1n << BigInt(2 * 8 * ESP_RSA_LENGTH)) % n;
  const inverse = (1n << RADIX_BITS) - inverseModulo(n, RADIX_BITS);
  return concat(modulus, padded(exponent, 4), littleEndian(squared, ESP_RSA_LENGTH), littleEndian(inverse, 4));
}

/** Of an odd number, modulo 2^bits: each step doubles the digits that are right. */
function inverseModulo(odd: bigint, bits: bigint): bigint {
  let inverse = 1n;
  for (let right = 1n; right < bits; right *= 2n)
    inverse = BigInt.asUintN(Number(bits), inverse * (2n - odd * inverse));
  return inverse;
}

function numberOf(littleEndianBytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(littleEndianBytes).reverse().toString("hex")}`);
}

function littleEndian(number: bigint, length: number): Uint8Array {
  return padded(Buffer.from(number.toString(16).padStart(2 * length, "0"), "hex").reverse(), length);
}

function padded(bytes: Uint8Array, length: number): Uint8Array {
  const whole = new Uint8Array(length);
  whole.set(bytes);
  return whole;
}

function reversed(base64Url: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64Url, "base64url")).reverse();
}

function verifies(key: KeyObject, { scheme, hash, message, value }: ImageSignature): boolean {
  const kind = key.asymmetricKeyType;
  try {
    if (scheme === "ed25519") return kind === "ed25519" && verify(null, message, key, value);
    if (scheme === "ecdsa") return kind === "ec" && verify(hash, message, { key, dsaEncoding: "ieee-p1363" }, value);
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    return kind === "rsa" && verify(hash, message, { key, padding, saltLength: PSS_SALT_LENGTH }, value);
  } catch {
    // OpenSSL throws for some of what cannot be a signature.
    return false;
  }
}
