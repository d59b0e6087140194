// What a proof shows to somebody who has the registry's key and nothing else: in fields for a person, or why it shows nothing.

import { bytesOfLatin1, equal, toHex } from "../../base/bytes.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { type SignedCheckpoint, verifyCheckpoint } from "../../registry/checkpoint.ts";
import { decodeEntry, EntryKind, type LogEntry } from "../../registry/log-entry.ts";
import { cosignedAt, type NoteKey, parseVkey } from "../../registry/note-key.ts";
import { isConsistent, rootByInclusion } from "../../registry/proof-check.ts";
import { parseConsistencyProof, parseTlogProof } from "../../registry/tlog-proof.ts";
import { TreeHash } from "../../registry/tree-hash.ts";

export type Findings = Readonly<Record<string, string | number>>;

const KIND_WORDS = new Map<EntryKind, string>([
  [EntryKind.RELEASE, "release"],
  [EntryKind.WAY_BACK_SEALED, "way back, sealed"],
  [EntryKind.WAY_BACK_OPENED, "way back, opened"],
  [EntryKind.KEY_ADDED, "key added"],
  [EntryKind.KEY_REVOKED, "key revoked"],
  [EntryKind.TRUST_ROOT, "trust root"],
  [EntryKind.FLEET, "fleet"],
  [EntryKind.ACCESS, "users and tokens"],
]);

export function entryFields({ kind, time, digest }: LogEntry): Findings {
  return { entry: KIND_WORDS.get(kind)!, time: new Date(1_000 * time).toISOString(), digest: toHex(digest) };
}

/** That an entry is in the log of this key; with the record, that the entry is about it. */
export function verifyInclusion(
  crypto: CryptoProvider,
  vkey: string,
  text: string,
  record: Uint8Array | undefined,
): Result<Findings, string> {
  const proof = parseTlogProof(text);
  if (!proof.ok) return failed(`no proof: ${proof.error}`);
  const { extra, index, path, checkpoint } = proof.value;
  const signed = signedBy(crypto, vkey, checkpoint);
  if (!signed.ok) return signed;
  const entry = extra === undefined ? undefined : decodeEntry(extra);
  if (extra === undefined || entry?.ok !== true) return failed("the entry is not in it, as log prove writes it");
  const tree = new TreeHash(crypto);
  const { size, root } = signed.value.checkpoint;
  const found = rootByInclusion(tree, tree.leaf(extra), index, size, path);
  if (found === undefined || !equal(found, root)) return failed("the entry is not in the tree of its checkpoint");
  if (record !== undefined && !equal(bytesOfLatin1(crypto.sha256(record)), entry.value.digest)) {
    return failed("the entry is about another record");
  }
  return ok({ ...entryFields(entry.value), index, ...headFields(signed.value) });
}

/** That the newer of two checkpoints goes on from the older. */
export function verifyConsistency(
  crypto: CryptoProvider,
  vkey: string,
  text: string,
  olderNote: string | undefined,
): Result<Findings, string> {
  if (olderNote === undefined) return failed("a proof that goes on from an older checkpoint: name its file with --old");
  const proof = parseConsistencyProof(text);
  if (!proof.ok) return failed(`no proof: ${proof.error}`);
  const [newer, older] = [signedBy(crypto, vkey, proof.value.checkpoint), signedBy(crypto, vkey, olderNote)];
  if (!newer.ok) return newer;
  if (!older.ok) return failed(`the older checkpoint: ${older.error}`);
  const [from, to] = [older.value.checkpoint, newer.value.checkpoint];
  if (proof.value.old !== from.size) return failed(`it goes on from ${proof.value.old} entries, and not ${from.size}`);
  if (!isConsistent(new TreeHash(crypto), from, to, proof.value.path)) {
    return failed("the newer checkpoint does not go on from the older: the registry signed two histories");
  }
  return ok({ "goes on from": from.size, ...headFields(newer.value) });
}

function signedBy(crypto: CryptoProvider, vkey: string, note: string): Result<SignedCheckpoint, string> {
  const key = parseVkey(crypto, vkey);
  if (!key.ok) return failed(`--vkey is no key of a registry: ${key.error}`);
  const signed = verifyCheckpoint(crypto, key.value, note);
  if (!signed.ok) return failed(faultWords(signed.error.reason, signed.error.detail, key.value));
  if (signed.value.checkpoint.origin === key.value.name) return signed;
  return failed(`a checkpoint of ${signed.value.checkpoint.origin}`);
}

function faultWords(reason: "keyUnknown" | "malformed" | "signatureWrong", detail: string, { name }: NoteKey): string {
  if (reason === "malformed") return `no checkpoint: ${detail}`;
  return reason === "keyUnknown" ? `not signed by ${name}` : `the signature of ${name} is wrong`;
}

function headFields({ checkpoint: { origin, size, root }, note }: SignedCheckpoint): Findings {
  // Who they are nobody has said; whoever knows a witness's key can check its line.
  const lines = note.signatures.filter(({ signature }) => cosignedAt(signature) !== undefined).length;
  return { log: origin, entries: size, root: toHex(root), "witnesses' lines, not checked": lines };
}
