// Key files as everybody writes them: PKCS#8 (RFC 5958) with or without a passphrase, and SubjectPublicKeyInfo, in PEM
// (RFC 7468). No error shows what was read: it may be most of a key.

import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { SignatureAlgorithm, SigningKey, VerificationKey } from "../crypto/signature.ts";
import { KID_LENGTH } from "../manifest/cose-sign1.ts";
import type { OwnKey } from "../manifest/payload-encryption.ts";
import { makeNewFile } from "../store/new-file.ts";
import { StoreError, systemMessage } from "../store/store-error.ts";

/** Bytes of a file that is read for a key. */
const FILE_LENGTH_MAX = 64 * 1024;

const PASSPHRASE_LENGTH_MAX = 1024;

/** RFC 8018 6.2: what OpenSSL has had for longest, and every tool opens. */
const CIPHER = "aes-256-cbc";

/** Where the public key of a key file is. */
export function publicFileOf(file: string): string {
  return `${file}.pub`;
}

/**
 * Makes a key: `file` (mode 0600) and its public part beside it; undefined where either exists already.
 * Throws StoreError: unwritable.
 */
export function makeKeyFile(
  file: string,
  algorithm: SignatureAlgorithm,
  crypto: CryptoProvider,
  passphrase?: Uint8Array,
): SigningKey | undefined {
  const { privateKey, publicKey } =
    algorithm === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const sealing = passphrase && { cipher: CIPHER, passphrase: Buffer.from(passphrase) };
  const pem = Buffer.from(privateKey.export({ type: "pkcs8", format: "pem", ...sealing }));
  try {
    if (exists(publicFileOf(file)) || !makeNewFile(file, pem, 0o600)) return undefined;
  } finally {
    pem.fill(0);
  }
  makeNewFile(publicFileOf(file), Buffer.from(publicKey.export({ type: "spki", format: "pem" })), 0o644);
  return signingKeyOf(file, privateKey, crypto);
}

/** The private key in a file. Throws StoreError: keyFile, permissions, unreadable. */
export function readSigningKey(file: string, crypto: CryptoProvider, passphraseFile?: string): SigningKey {
  return readPrivateKey(file, passphraseFile, (key) => signingKeyOf(file, key, crypto));
}

/**
 * The private key in a file that images are decrypted with, on P-256 and without a passphrase, for a device has nobody to ask.
 * Throws StoreError: keyFile, permissions, unreadable.
 */
export function readDecryptionKey(file: string): OwnKey {
  return readPrivateKey<OwnKey>(file, undefined, (key) => {
    const { crv, d } = key.asymmetricKeyType === "ec" ? key.export({ format: "jwk" }) : {};
    if (crv !== "P-256" || d === undefined) {
      throw new StoreError(
        "keyFile",
        `${file} is no private key on P-256: narrowboat keygen --algorithm es256 makes one`,
      );
    }
    const keyId = createHash("sha256")
      .update(createPublicKey(key).export({ type: "spki", format: "der" }))
      .digest();
    const privateKey = new Uint8Array(Buffer.from(d, "base64url"));
    return { kind: "ecdhEs", kid: new Uint8Array(keyId.subarray(0, KID_LENGTH)), privateKey };
  });
}

function readPrivateKey<Key>(file: string, passphraseFile: string | undefined, take: (key: KeyObject) => Key): Key {
  const pem = readSecretFile(file, FILE_LENGTH_MAX);
  const isSealed = pem.includes("ENCRYPTED");
  if (isSealed && passphraseFile === undefined) {
    throw new StoreError("keyFile", `the key in ${file} has a passphrase: name its file with --passphrase-file`);
  }
  const passphrase = passphraseFile === undefined ? undefined : readPassphrase(passphraseFile);
  try {
    const key = createPrivateKey({ key: pem, format: "pem", ...(passphrase && { passphrase }) });
    return take(key);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const opens = `the passphrase in ${passphraseFile} does not open ${file}`;
    throw isSealed ? new StoreError("keyFile", opens) : noPrivateKey(file);
  } finally {
    pem.fill(0);
    passphrase?.fill(0);
  }
}

/** The passphrase in a file, without the line's end. Throws StoreError: keyFile, permissions, unreadable. */
export function readPassphrase(file: string): Buffer {
  const bytes = readSecretFile(file, PASSPHRASE_LENGTH_MAX);
  const ends = bytes.findIndex((byte) => byte === 0x0a || byte === 0x0d);
  const passphrase = bytes.subarray(0, ends < 0 ? bytes.length : ends);
  if (passphrase.length > 0) return passphrase;
  throw new StoreError("keyFile", `the first line of ${file} is empty: it has to be the passphrase`);
}

/** The public key that makers, servers and logs sign with. Throws StoreError: keyFile, unreadable. */
export function readVerificationKey(file: string, crypto: CryptoProvider): VerificationKey {
  const key = crypto.verificationKey(new Uint8Array(readPublicKey(file).export({ type: "spki", format: "der" })));
  if (key !== undefined) return key;
  throw new StoreError("keyFile", `${file} is no public key of Ed25519 or ES256 (P-256): narrowboat keygen makes one`);
}

/** Whatever public key a file holds. Throws StoreError: keyFile, unreadable. */
export function readPublicKey(file: string): KeyObject {
  const pem = readFile(file, FILE_LENGTH_MAX);
  if (pem.includes("PRIVATE KEY")) {
    pem.fill(0);
    throw new StoreError("keyFile", `${file} holds a private key: name the public one, ${publicFileOf(file)}`);
  }
  try {
    return createPublicKey({ key: pem, format: "pem" });
  } catch {
    throw new StoreError("keyFile", `${file} is no public key in PEM: narrowboat keygen writes one beside each key`);
  }
}

function signingKeyOf(file: string, key: KeyObject, crypto: CryptoProvider): SigningKey {
  const der = key.export({ type: "pkcs8", format: "der" });
  try {
    const signing = crypto.signingKey(new Uint8Array(der.buffer, der.byteOffset, der.length));
    if (signing !== undefined) return signing;
  } finally {
    der.fill(0);
  }
  throw noPrivateKey(file);
}

function noPrivateKey(file: string): StoreError {
  return new StoreError(
    "keyFile",
    `${file} is no private key of Ed25519 or ES256 (P-256): narrowboat keygen makes one`,
  );
}

function exists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

/** A file that its owner alone may read. */
function readSecretFile(file: string, lengthMax: number): Buffer {
  const bytes = readFile(file, lengthMax);
  const { mode } = statSync(file);
  if (statSync(file).isFile() && (mode & 0o077) !== 0) {
    bytes.fill(0);
    throw new StoreError("permissions", `others may read ${file}: run chmod 600 ${file}`);
  }
  return bytes;
}

function readFile(file: string, lengthMax: number): Buffer {
  try {
    const { size } = statSync(file);
    if (size > lengthMax)
      throw new StoreError("keyFile", `${file} has ${size} bytes: that is no key, nor a passphrase`);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError("unreadable", `cannot read ${file}: ${systemMessage(error)}`);
  }
}
