// Checkpoints (C2SP tlog-checkpoint): what a log signs about itself. Three lines: its name, how many entries it has, and the
// root of the tree over them.

import { fromBase64, toBase64 } from "../base/base64.ts";
import { toHex } from "../base/bytes.ts";
import { failed, ok, type Result } from "../base/result.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { publicKeyIn, type VerificationKey } from "../crypto/signature.ts";
import { type NoteKey, NoteKeyType, noteVerifier } from "./note-key.ts";
import type { TreeHead } from "./proof-check.ts";
import { type NoteVerifier, parseNote, type SignedNote, verifyNote } from "./signed-note.ts";
import { HASH_LENGTH } from "./tree-hash.ts";

export interface Checkpoint extends TreeHead {
  /** The log's name. */
  readonly origin: string;
}

/** Bytes of the key's id that tell our logs apart. */
const ORIGIN_ID_LENGTH = 8;

/**
 * The key of a log of ours as a note's: its name, which is the log's origin too, is made from the key. So whoever has the
 * key needs no name, and a proof on the air carries none. Undefined where the key is not Ed25519.
 */
export function logKeyOf({ keyId, spki }: Pick<VerificationKey, "keyId" | "spki">): NoteKey | undefined {
  const publicKey = publicKeyIn(spki, "ed25519");
  if (publicKey === undefined) return undefined;
  return { name: `narrowboat/${toHex(keyId.subarray(0, ORIGIN_ID_LENGTH))}`, type: NoteKeyType.ED25519, publicKey };
}

/** A note's text. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/** What is wrong with the text of a checkpoint, in words. Lines behind the third are another log's own (extension lines). */
export function parseCheckpoint(text: string): Result<Checkpoint, string> {
  const [origin = "", sizeText = "", rootText = "", ...more] = text.split("\n");
  if (more.pop() !== "" || more.includes("")) return failed("not three lines at least, each with something in it");
  if (origin === "") return failed("no origin");
  const size = sizeOf(sizeText);
  if (size === undefined) return failed("a size that is no whole number");
  const root = fromBase64(rootText);
  return root?.length === HASH_LENGTH ? ok({ origin, size, root }) : failed("a root that is not 32 bytes");
}

/** A decimal number up to 2^53 - 1 without zeros in front. */
export function sizeOf(text: string): number | undefined {
  if (!/^(?:0|[1-9]\d{0,15})$/.test(text)) return undefined;
  const size = Number(text);
  return Number.isSafeInteger(size) ? size : undefined;
}

export interface SignedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly note: SignedNote;
}

export type CheckpointFault = {
  readonly reason: "keyUnknown" | "malformed" | "signatureWrong";
  readonly detail: string;
};

/** A checkpoint that the log of this key has signed; other signatures in it are passed over. */
export function verifyCheckpoint(
  crypto: CryptoProvider,
  key: NoteKey,
  noteText: string,
): Result<SignedCheckpoint, CheckpointFault> {
  const note = parseNote(noteText);
  if (!note.ok) return failed({ reason: "malformed", detail: note.error });
  const checkpoint = parseCheckpoint(note.value.text);
  if (!checkpoint.ok) return failed({ reason: "malformed", detail: checkpoint.error });
  const verifier = noteVerifier(crypto, key);
  const signers = verifier === undefined ? failed("keyUnknown" as const) : verifyNote(note.value, [verifier]);
  if (!signers.ok) return failed({ reason: signers.error, detail: `of ${key.name}` });
  return ok({ checkpoint: checkpoint.value, note: note.value });
}

/** The names of the witnesses among `verifiers` that have signed it too; a wrong signature of one of them counts for none. */
export function cosignersOf({ note }: SignedCheckpoint, verifiers: readonly NoteVerifier[]): string[] {
  return verifiers.filter((one) => verifyNote(note, [one]).ok).map(({ name }) => name);
}
