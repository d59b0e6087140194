// The proof that rides with a manifest to a device: the entry, where it stands, and the checkpoint without what the device
// can make itself. It knows the log's key, and by it the origin; the root it computes from the entry and the path. So the
// signature is checked over a text that was never sent.

import { concat, EMPTY, equal } from "../base/bytes.ts";
import { failed, ok, type Result } from "../base/result.ts";
import type { CborFault } from "../cbor/cbor-value.ts";
import { decodeCbor } from "../cbor/decode-cbor.ts";
import { encodeCbor } from "../cbor/encode-cbor.ts";
import { FieldReader } from "../cbor/field-reader.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { SIGNATURE_LENGTH, type VerificationKey } from "../crypto/signature.ts";
import { checkpointText, logKeyOf } from "./checkpoint.ts";
import { COSIGNATURES_LENGTH_MAX, type Cosignature, packCosignatures, unpackCosignatures } from "./cosignature.ts";
import { decodeEntry, ENTRY_LENGTH_MAX, type LogEntry } from "./log-entry.ts";
import { noteVerifier } from "./note-key.ts";
import { PROOF_HASHES_MAX, rootByInclusion, type TreeHead } from "./proof-check.ts";
import { HASH_LENGTH, TreeHash } from "./tree-hash.ts";

export interface InclusionProof {
  /** As the log has it. */
  readonly entry: Uint8Array;
  /** Where: 0 for the first entry. */
  readonly index: number;
  /** RFC 9162 2.1.3: from the leaf's sibling to the root's child. */
  readonly path: readonly Uint8Array[];
  /** Of the tree that the checkpoint is about. */
  readonly size: number;
  /** The log's, over the text of the checkpoint: 64 bytes. */
  readonly signature: Uint8Array;
  /** Of the same checkpoint, by witnesses; empty where there are none. */
  readonly cosignatures: readonly Cosignature[];
}

/** With the longest entry and path; at a million entries a proof has some 780 bytes. */
export const INCLUSION_PROOF_LENGTH_MAX =
  ENTRY_LENGTH_MAX + PROOF_HASHES_MAX * HASH_LENGTH + SIGNATURE_LENGTH + COSIGNATURES_LENGTH_MAX + 32;

/** A CBOR array: entry, index, path as one byte string, size, signature, and cosignatures as one byte string where there are any. */
export function encodeInclusionProof(proof: InclusionProof): Uint8Array {
  const { entry, index, path, size, signature, cosignatures } = proof;
  const witnessed = cosignatures.length === 0 ? [] : [packCosignatures(cosignatures)];
  return encodeCbor([entry, index, concat(...path), size, signature, ...witnessed]);
}

export function decodeInclusionProof(bytes: Uint8Array): Result<InclusionProof, CborFault> {
  if (bytes.length > INCLUSION_PROOF_LENGTH_MAX) return failed({ reason: "longer than a proof" });
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return decoded;
  const fields = FieldReader.ofArray("proof", decoded.value, { min: 5, max: 6 });
  const entry = fields.bytes(0, { max: ENTRY_LENGTH_MAX });
  const index = fields.unsigned(1);
  const hashes = fields.bytes(2, { max: PROOF_HASHES_MAX * HASH_LENGTH });
  const size = fields.unsigned(3);
  const signature = fields.bytes(4, { min: SIGNATURE_LENGTH, max: SIGNATURE_LENGTH });
  const packed = fields.optionalBytes(5, { min: 1, max: COSIGNATURES_LENGTH_MAX }) ?? EMPTY;
  const cosignatures = unpackCosignatures(packed) ?? [];
  if (cosignatures.length === 0 && packed.length > 0) fields.reject(5, "cosignatures that are not whole");
  if (hashes.length % HASH_LENGTH !== 0) fields.reject(2, "a path that is not whole hashes");
  const path = Array.from({ length: Math.floor(hashes.length / HASH_LENGTH) }, (_, i) =>
    hashes.subarray(i * HASH_LENGTH, (i + 1) * HASH_LENGTH),
  );
  return fields.finishKnown({ entry, index, path, size, signature, cosignatures });
}

/** What a proof shows: the entry is in the log at this place, and the log had this head. */
export interface ProvenEntry extends LogEntry {
  readonly index: number;
  readonly head: TreeHead;
  /** What the log has signed, and witnesses perhaps. */
  readonly checkpointText: string;
  /** Looked at by nobody yet: see witnessCount(). */
  readonly cosignatures: readonly Cosignature[];
}

export interface ProofFault {
  readonly reason: "notInLog" | "proofWrong";
  readonly detail: string;
}

/**
 * Whether the log of this key has an entry about the record with this digest. `notInLog` when the proof is about another
 * record, `proofWrong` when it proves nothing.
 */
export function verifyInclusionProof(
  crypto: CryptoProvider,
  logKey: VerificationKey,
  bytes: Uint8Array,
  digest: Uint8Array,
): Result<ProvenEntry, ProofFault> {
  const proof = decodeInclusionProof(bytes);
  if (!proof.ok) return failed({ reason: "proofWrong", detail: proof.error.reason });
  const { index, path, size, signature, cosignatures } = proof.value;
  const entry = decodeEntry(proof.value.entry);
  if (!entry.ok) return failed({ reason: "proofWrong", detail: entry.error.reason });
  const key = logKeyOf(logKey);
  const verifier = key === undefined ? undefined : noteVerifier(crypto, key);
  if (key === undefined || verifier === undefined) return failed({ reason: "proofWrong", detail: "no key of a log" });
  const tree = new TreeHash(crypto);
  const root = rootByInclusion(tree, tree.leaf(proof.value.entry), index, size, path);
  if (root === undefined) return failed({ reason: "proofWrong", detail: "no path to a root" });
  const text = checkpointText({ origin: key.name, size, root });
  if (!verifier.verify(text, signature)) {
    return failed({ reason: "proofWrong", detail: "the log has not signed this root" });
  }
  if (!equal(entry.value.digest, digest))
    return failed({ reason: "notInLog", detail: "an entry about something else" });
  return ok({ ...entry.value, index, head: { size, root }, checkpointText: text, cosignatures });
}
