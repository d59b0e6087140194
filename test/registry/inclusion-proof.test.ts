// The proof that a device gets beside a manifest: every bit of it counts.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import { encodeCbor } from "../../src/cbor/encode-cbor.ts";
import { checkpointText } from "../../src/registry/checkpoint.ts";
import { cosignatureOf, witnessCount } from "../../src/registry/cosignature.ts";
import {
  decodeInclusionProof,
  encodeInclusionProof,
  INCLUSION_PROOF_LENGTH_MAX,
  type InclusionProof,
  verifyInclusionProof,
} from "../../src/registry/inclusion-proof.ts";
import { EntryKind, encodeEntry, recordsDigest } from "../../src/registry/log-entry.ts";
import { cosignNote } from "../../src/registry/note-key.ts";
import { CRYPTO } from "../support/crypto.ts";
import { flipped, leafHashes, TREE, tilesOf } from "./leaves.ts";
import { keyPair } from "./log-keys.ts";

const LOG = keyPair(1);
const DIGEST = recordsDigest(CRYPTO, [toUtf8("a manifest")]);
const ENTRY = encodeEntry({ kind: EntryKind.RELEASE, time: 1_795_000_000, digest: DIGEST });

function proofIn(size: number, index: number): InclusionProof {
  const leaves = leafHashes(size);
  leaves[index] = TREE.leaf(ENTRY);
  const tiles = tilesOf(leaves);
  const text = checkpointText({ origin: LOG.log.name, size, root: tiles.root(size) });
  const signature = LOG.signer.sign(toUtf8(text));
  return { entry: ENTRY, index, path: tiles.inclusion(index, size), size, signature, cosignatures: [] };
}

/** What the witnesses with these numbers have signed of it, as the device's server packs it. */
function cosignedBy(proof: InclusionProof, ...numbers: readonly number[]): InclusionProof {
  const proven = verifyInclusionProof(CRYPTO, LOG.public, encodeInclusionProof(proof), DIGEST);
  assert.ok(proven.ok);
  const { checkpointText: text } = proven.value;
  const cosignatures = numbers.map((number) => {
    const { witness, signer, public: key } = keyPair(number);
    return cosignatureOf(key.keyId, cosignNote(CRYPTO, witness, signer, text, 1_795_000_000));
  });
  return { ...proof, cosignatures };
}

function countIn(bytes: Uint8Array, ...numbers: readonly number[]): number {
  const proven = verifyInclusionProof(CRYPTO, LOG.public, bytes, DIGEST);
  assert.ok(proven.ok);
  const witnesses = numbers.map((number) => keyPair(number).public);
  return witnessCount(witnesses, proven.value.checkpointText, proven.value.cosignatures);
}

const BYTES = encodeInclusionProof(proofIn(300, 137));

const proof = suite("inclusion proof");

proof("a device with the log's key alone learns what was logged, where, and the head of the log", () => {
  const proven = verifyInclusionProof(CRYPTO, LOG.public, BYTES, DIGEST);
  assert.ok(proven.ok);
  assert.is(proven.value.kind, EntryKind.RELEASE);
  assert.is(proven.value.index, 137);
  assert.is(proven.value.head.size, 300);
});

proof("C2SP tlog-cosignature: witnesses count by their keys alone, each once, and strangers for nothing", () => {
  const bytes = encodeInclusionProof(cosignedBy(proofIn(300, 137), 2, 3, 3));
  assert.is(bytes.length, BYTES.length + 3 * 80 + 2);
  assert.is(countIn(bytes, 2, 3), 2);
  assert.is(countIn(bytes, 3, 4), 1);
  assert.is(countIn(BYTES, 2, 3), 0);
});

proof("a cosignature with any other bit is none, and of another checkpoint neither", () => {
  const witnessed = cosignedBy(proofIn(300, 137), 2);
  const [one] = witnessed.cosignatures;
  for (let at = 0; at < one!.signature.length; at++) {
    const cosignatures = [{ ...one!, signature: flipped(one!.signature, at) }];
    assert.is(countIn(encodeInclusionProof({ ...witnessed, cosignatures }), 2), 0, `byte ${at}`);
  }
  assert.is(countIn(encodeInclusionProof({ ...proofIn(299, 137), cosignatures: [one!] }), 2), 0);
});

proof("cosignatures that are not whole, or more than eight, make it no proof", () => {
  const nine = cosignedBy(proofIn(1, 0), 2, 3, 4, 5, 6, 7, 8, 9, 10);
  assert.not(decodeInclusionProof(encodeInclusionProof(nine)).ok);
  assert.ok(decodeInclusionProof(encodeInclusionProof({ ...nine, cosignatures: nine.cosignatures.slice(1) })).ok);
  const short = { ...nine, cosignatures: [{ ...nine.cosignatures[0]!, signature: new Uint8Array(71) }] };
  assert.not(decodeInclusionProof(encodeInclusionProof(short)).ok);
});

proof("a log of one entry has a proof too", () => {
  const bytes = encodeInclusionProof(proofIn(1, 0));
  assert.ok(verifyInclusionProof(CRYPTO, LOG.public, bytes, DIGEST).ok);
  assert.is(bytes.length, 116);
});

proof("with a bit changed in any byte it proves nothing", () => {
  for (let at = 0; at < BYTES.length; at++) {
    const found = verifyInclusionProof(CRYPTO, LOG.public, flipped(BYTES, 8 * at + (at % 8)), DIGEST);
    assert.equal(found.ok ? "proven" : found.error.reason, "proofWrong", `byte ${at}`);
  }
});

proof("a proof about another manifest says that this one is not in the log", () => {
  const found = verifyInclusionProof(CRYPTO, LOG.public, BYTES, flipped(DIGEST));
  assert.is(found.ok ? "proven" : found.error.reason, "notInLog");
});

proof("another log's key, or one that is no log's, believes nothing of it", () => {
  const found = verifyInclusionProof(CRYPTO, keyPair(2).public, BYTES, DIGEST);
  assert.is(found.ok ? "proven" : found.error.reason, "proofWrong");
});

proof("a proof is what was written, and has a maximum", () => {
  const longest = { ...proofIn(300, 299), path: Array.from({ length: 63 }, () => DIGEST) };
  const bytes = encodeInclusionProof({ ...longest, entry: new Uint8Array(300), index: 2 ** 52, size: 2 ** 53 - 1 });
  assert.ok(decodeInclusionProof(bytes).ok);
  assert.ok(bytes.length <= INCLUSION_PROOF_LENGTH_MAX);
  assert.not(decodeInclusionProof(new Uint8Array(INCLUSION_PROOF_LENGTH_MAX + 1)).ok);
  assert.equal(decodeInclusionProof(BYTES), { ok: true, value: proofIn(300, 137) });
});

proof("what is no proof is refused: fields that lack, are too many, or of another kind", () => {
  const { entry, index, size, signature } = proofIn(300, 137);
  const path = new Uint8Array(64);
  assert.ok(decodeInclusionProof(encodeCbor([entry, index, path, size, signature])).ok);
  const wrong = {
    "no array": encodeCbor(entry),
    "four fields": encodeCbor([entry, index, path, size]),
    "six fields": encodeCbor([entry, index, path, size, signature, 0]),
    "a negative index": encodeCbor([entry, -1, path, size, signature]),
    "half a hash": encodeCbor([entry, index, path.subarray(16), size, signature]),
    "64 hashes": encodeCbor([entry, index, new Uint8Array(64 * 32), size, signature]),
    "a short signature": encodeCbor([entry, index, path, size, signature.subarray(1)]),
    "an entry of 301 bytes": encodeCbor([new Uint8Array(301), index, path, size, signature]),
  };
  for (const [what, bytes] of Object.entries(wrong)) assert.not(decodeInclusionProof(bytes).ok, what);
});

proof.run();
