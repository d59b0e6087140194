// The keys of notes and how they are written (C2SP signed-note, "vkey"), and the two kinds of signature that we make and
// check: a log's own (0x01), and a witness's with the time at which it looked (0x04, C2SP tlog-cosignature).

import { fromBase64, toBase64 } from "../base/base64.ts";
import { bytesOfLatin1, concat, toHex, toUtf8 } from "../base/bytes.ts";
import { failed, ok, type Result } from "../base/result.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { SIGNATURE_LENGTH, type SigningKey, spkiOf, type VerificationKey } from "../crypto/signature.ts";
import { isKeyName, type NoteSignature, type NoteVerifier } from "./signed-note.ts";

export const NoteKeyType = {
  ED25519: 0x01,
  COSIGNATURE: 0x04,
} as const;

export type NoteKeyType = (typeof NoteKeyType)[keyof typeof NoteKeyType];

export interface NoteKey {
  readonly name: string;
  readonly type: NoteKeyType;
  /** RFC 8032: 32 bytes. */
  readonly publicKey: Uint8Array;
}

const PUBLIC_KEY_LENGTH = 32;
const KEY_ID_LENGTH = 4;
const TIME_LENGTH = 8;

/** Bytes of what a witness signs with: the time, and a signature of that and the text. */
export const COSIGNATURE_LENGTH = TIME_LENGTH + SIGNATURE_LENGTH;

export function noteKeyId(crypto: CryptoProvider, { name, type, publicKey }: NoteKey): Uint8Array {
  const digest = crypto.sha256(concat(toUtf8(`${name}\n`), Uint8Array.of(type), publicKey));
  return bytesOfLatin1(digest.slice(0, KEY_ID_LENGTH));
}

/** `name+hex(key id)+base64(type ‖ public key)`. */
export function formatVkey(crypto: CryptoProvider, key: NoteKey): string {
  const material = toBase64(concat(Uint8Array.of(key.type), key.publicKey));
  return `${key.name}+${toHex(noteKeyId(crypto, key))}+${material}`;
}

/** What is wrong with a vkey, in words. */
export function parseVkey(crypto: CryptoProvider, text: string): Result<NoteKey, string> {
  const [name = "", id = "", ...rest] = text.split("+");
  const material = fromBase64(rest.join("+"));
  if (!isKeyName(name) || material === undefined) return failed("not NAME+ID+KEY");
  const [type] = material;
  if (type !== NoteKeyType.ED25519 && type !== NoteKeyType.COSIGNATURE) {
    return failed("a key of another kind than Ed25519");
  }
  const key: NoteKey = { name, type, publicKey: material.subarray(1) };
  if (key.publicKey.length !== PUBLIC_KEY_LENGTH) return failed("not 32 bytes of an Ed25519 key");
  return toHex(noteKeyId(crypto, key)) === id ? ok(key) : failed("the key's id does not belong to it");
}

/** Undefined where the provider refuses the key. */
export function noteVerifier(crypto: CryptoProvider, key: NoteKey): NoteVerifier | undefined {
  const verificationKey = crypto.verificationKey(spkiOf("ed25519", key.publicKey));
  if (verificationKey === undefined) return undefined;
  const verify = key.type === NoteKeyType.ED25519 ? verifyPlain : isCosignature;
  return {
    name: key.name,
    keyId: noteKeyId(crypto, key),
    verify: (text, signature) => verify(verificationKey, text, signature),
  };
}

function verifyPlain(key: VerificationKey, text: string, signature: Uint8Array): boolean {
  return key.verify(toUtf8(text), signature);
}

/** Whether the witness of this key has signed the text: a key alone says it, whatever name the witness has. */
export function isCosignature(key: VerificationKey, text: string, signature: Uint8Array): boolean {
  const seconds = cosignedAt(signature);
  if (seconds === undefined) return false;
  return key.verify(cosignatureMessage(text, seconds), signature.subarray(TIME_LENGTH));
}

/** When a witness says it looked, in Unix seconds; undefined for what is no such signature. */
export function cosignedAt(signature: Uint8Array): number | undefined {
  if (signature.length !== COSIGNATURE_LENGTH) return undefined;
  const { buffer, byteOffset } = signature;
  const seconds = new DataView(buffer, byteOffset).getBigUint64(0);
  return seconds <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(seconds) : undefined;
}

function cosignatureMessage(text: string, seconds: number): Uint8Array {
  return toUtf8(`cosignature/v1\ntime ${seconds}\n${text}`);
}

/** A log's own signature of a text. */
export function signNote(crypto: CryptoProvider, key: NoteKey, signer: SigningKey, text: string): NoteSignature {
  return { name: key.name, keyId: noteKeyId(crypto, key), signature: signer.sign(toUtf8(text)) };
}

/** A witness's, at `seconds` of Unix time. */
export function cosignNote(
  crypto: CryptoProvider,
  key: NoteKey,
  signer: SigningKey,
  text: string,
  seconds: number,
): NoteSignature {
  const time = new Uint8Array(TIME_LENGTH);
  new DataView(time.buffer).setBigUint64(0, BigInt(seconds));
  const signature = concat(time, signer.sign(cosignatureMessage(text, seconds)));
  return { name: key.name, keyId: noteKeyId(crypto, key), signature };
}
