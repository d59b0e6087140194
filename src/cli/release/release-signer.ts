// Who signs a release: the maker's key in a file, or somebody elsewhere, in two steps. What is to be signed is written to files
// in the first, and in the second each signature is found among the files that hold them, by what it verifies.

import { existsSync, writeFileSync } from "node:fs";
import { EMPTY } from "../../base/bytes.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { type DerReader, DerTag, wholeDer } from "../../crypto/der.ts";
import { SIGNATURE_LENGTH, type SigningKey, type VerificationKey } from "../../crypto/signature.ts";
import { systemMessage } from "../../store/store-error.ts";
import { readSigningKey, readVerificationKey } from "../../trust-store/key-file.ts";
import { jobFailed, wrongUse } from "../command-error.ts";
import { bytesOfFile } from "../image-file.ts";

export interface SignerArguments {
  readonly key: string;
  readonly passphraseFile?: string | undefined;
  readonly toSign?: string | undefined;
  readonly signature?: string | undefined;
}

/** Bytes of a file with a signature: DER of the longest. */
const SIGNATURE_FILE_LENGTH_MAX = 256;
const COORDINATE_LENGTH = 32;

/** More is never signed at once. */
const MESSAGES_MAX = 16;

export interface ReleaseSigner {
  readonly key: SigningKey;
  /** Set where nothing is signed yet: writes what is to be, and gives back the files. */
  readonly writeToSign?: () => readonly string[];
}

/** Throws CommandError, StoreError. */
export function releaseSigner(args: SignerArguments, crypto: CryptoProvider): ReleaseSigner {
  const { key, passphraseFile, toSign, signature } = args;
  if (toSign !== undefined && signature !== undefined) {
    throw wrongUse("--to-sign comes first, and --signature when that is signed: say one of them");
  }
  if (toSign !== undefined) return writingSigner(readVerificationKey(key, crypto), toSign);
  if (signature !== undefined) return { key: readingKey(readVerificationKey(key, crypto), signature) };
  return { key: readSigningKey(key, crypto, passphraseFile) };
}

function writingSigner(publicKey: VerificationKey, file: string): ReleaseSigner {
  const messages: Uint8Array[] = [];
  const sign = (message: Uint8Array) => {
    messages.push(message.slice());
    return new Uint8Array(SIGNATURE_LENGTH);
  };
  const writeToSign = () => messages.map((message, i) => written(fileOf(file, i), message));
  return { key: signingKeyWith(publicKey, sign), writeToSign };
}

function readingKey(publicKey: VerificationKey, file: string): SigningKey {
  const signatures: Uint8Array[] = [];
  for (let i = 0; i < MESSAGES_MAX && (i === 0 || existsSync(fileOf(file, i))); i++) {
    signatures.push(signatureIn(fileOf(file, i)));
  }
  return signingKeyWith(publicKey, (message) => {
    const found = signatures.find((signature) => publicKey.verify(message, signature));
    if (found !== undefined) return found;
    const what = `no signature in ${file} or beside it is of this release by that key`;
    throw jobFailed(`${what}: take the same file and the same options as with --to-sign`);
  });
}

function signingKeyWith({ algorithm, keyId, spki }: VerificationKey, sign: SigningKey["sign"]): SigningKey {
  return { algorithm, keyId, spki, sign };
}

/** FILE, FILE.2, FILE.3. */
function fileOf(file: string, index: number): string {
  return index === 0 ? file : `${file}.${index + 1}`;
}

function written(file: string, bytes: Uint8Array): string {
  try {
    writeFileSync(file, bytes);
    return file;
  } catch (error) {
    throw wrongUse(`cannot write ${file}: ${systemMessage(error)}`);
  }
}

/** 64 bytes, or what OpenSSL writes of ECDSA. */
function signatureIn(file: string): Uint8Array {
  const bytes = bytesOfFile(file, SIGNATURE_FILE_LENGTH_MAX);
  if (bytes.length === SIGNATURE_LENGTH) return new Uint8Array(bytes);
  const numbers = wholeDer(bytes, DerTag.SEQUENCE);
  const [r, s] = [coordinate(numbers), coordinate(numbers)];
  if (r === undefined || s === undefined) {
    throw wrongUse(`${file} is no signature: it has to be 64 bytes, or r and s in DER as openssl writes them`);
  }
  const raw = new Uint8Array(SIGNATURE_LENGTH);
  raw.set(r, COORDINATE_LENGTH - r.length);
  raw.set(s, SIGNATURE_LENGTH - s.length);
  return raw;
}

function coordinate(numbers: DerReader | undefined): Uint8Array | undefined {
  const value = numbers?.take(DerTag.INTEGER) ?? EMPTY;
  const digits = value[0] === 0 ? value.subarray(1) : value;
  return digits.length > 0 && digits.length <= COORDINATE_LENGTH ? digits : undefined;
}
