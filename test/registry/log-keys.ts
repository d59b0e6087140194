// Keys of logs and witnesses for the tests, made from seeds, and a small log that one of them signs.

import { concat, fromHex } from "../../src/base/bytes.ts";
import type { SigningKey, VerificationKey } from "../../src/crypto/signature.ts";
import { checkpointText, logKeyOf } from "../../src/registry/checkpoint.ts";
import { type NoteKey, NoteKeyType, signNote } from "../../src/registry/note-key.ts";
import { formatNote } from "../../src/registry/signed-note.ts";
import { CRYPTO } from "../support/crypto.ts";

/** RFC 8410 7: what stands before a seed of 32 bytes. */
const PKCS8_HEAD = fromHex("302e020100300506032b657004220420")!;

export interface KeyPair {
  readonly signer: SigningKey;
  readonly public: VerificationKey;
  /** As that of a log of ours. */
  readonly log: NoteKey;
  /** As that of a witness. */
  readonly witness: NoteKey;
}

export function keyPair(number: number): KeyPair {
  const signer = CRYPTO.signingKey(concat(PKCS8_HEAD, new Uint8Array(32).fill(number)))!;
  const log = logKeyOf(signer)!;
  return {
    signer,
    public: CRYPTO.verificationKey(signer.spki)!,
    log,
    witness: { name: `witness.example/${number}`, type: NoteKeyType.COSIGNATURE, publicKey: log.publicKey },
  };
}

/** A checkpoint of the log of this key, as a note. */
export function checkpointNote({ log, signer }: KeyPair, size: number, root: Uint8Array): string {
  const text = checkpointText({ origin: log.name, size, root });
  return formatNote({ text, signatures: [signNote(CRYPTO, log, signer, text)] });
}
