// Being a witness of other logs (C2SP tlog-witness): a pure function of a request and of what was cosigned before. Whoever
// calls it has to read, decide and write in one transaction: two requests that both pass the check would roll one back.

import { equal, toHex } from "../base/bytes.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { publicKeyIn, type VerificationKey } from "../crypto/signature.ts";
import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";
import { type NoteKey, NoteKeyType, noteVerifier } from "./note-key.ts";
import { isConsistent, type TreeHead } from "./proof-check.ts";
import { parseNote, verifyNote } from "./signed-note.ts";
import { parseConsistencyProof } from "./tlog-proof.ts";
import { TreeHash } from "./tree-hash.ts";

/** Bytes of the key's id that tell our witnesses apart. */
const NAME_ID_LENGTH = 8;

/** The key of a witness of ours as a note's, named after itself; undefined where it is not Ed25519. */
export function witnessKeyOf({ keyId, spki }: Pick<VerificationKey, "keyId" | "spki">): NoteKey | undefined {
  const publicKey = publicKeyIn(spki, "ed25519");
  if (publicKey === undefined) return undefined;
  const name = `narrowboat-witness/${toHex(keyId.subarray(0, NAME_ID_LENGTH))}`;
  return { name, type: NoteKeyType.COSIGNATURE, publicKey };
}

/** What a request comes to: a checkpoint to remember and cosign, or an HTTP status. */
export type WitnessDecision =
  | { readonly kind: "cosign"; readonly checkpoint: Checkpoint /** A note's. */; readonly text: string }
  | { readonly kind: "refuse"; readonly status: 400 | 403 | 404 | 422 }
  | {
      readonly kind: "conflict";
      readonly status: 409 /** Of the tree that was cosigned last. */;
      readonly size: number;
    };

/** What the witness knows of a log. */
export interface WitnessedLog {
  /** Any of its keys may have signed. */
  readonly keys: readonly NoteKey[];
  /** What was cosigned last; undefined before the first time. */
  readonly head: TreeHead | undefined;
}

/** The answer to `body`, which came by POST to add-checkpoint. `logOf` looks a log up by its origin. */
export function decideCheckpoint(
  crypto: CryptoProvider,
  body: string,
  logOf: (origin: string) => WitnessedLog | undefined,
): WitnessDecision {
  const request = parseConsistencyProof(body);
  const note = request.ok ? parseNote(request.value.checkpoint) : request;
  const checkpoint = note.ok ? parseCheckpoint(note.value.text) : note;
  if (!request.ok || !note.ok || !checkpoint.ok) return { kind: "refuse", status: 400 };
  const log = logOf(checkpoint.value.origin);
  if (log === undefined) return { kind: "refuse", status: 404 };
  const verifiers = log.keys.map((key) => noteVerifier(crypto, key)).filter((one) => one !== undefined);
  if (!verifyNote(note.value, verifiers).ok) return { kind: "refuse", status: 403 };
  const { old, path } = request.value;
  const { size, root } = checkpoint.value;
  if (old > size) return { kind: "refuse", status: 400 };
  const tree = new TreeHash(crypto);
  const head = log.head ?? { size: 0, root: tree.empty() };
  if (old !== head.size) return { kind: "conflict", status: 409, size: head.size };
  if (old === size && !equal(root, head.root)) return { kind: "conflict", status: 409, size: head.size };
  if (!isConsistent(tree, head, { size, root }, path)) return { kind: "refuse", status: 422 };
  return { kind: "cosign", checkpoint: checkpoint.value, text: note.value.text };
}
