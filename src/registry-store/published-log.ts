// What others may read of the registry: its newest checkpoint, proofs that fit it, and tiles, never beyond what was signed.

import { LRUCache } from "lru-cache";
import { concat, equal, toHex } from "../base/bytes.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { checkpointText, logKeyOf } from "../registry/checkpoint.ts";
import { COSIGNATURES_MAX, type Cosignature, cosignatureOf } from "../registry/cosignature.ts";
import { encodeInclusionProof } from "../registry/inclusion-proof.ts";
import { decodeEntry, type EntryKind } from "../registry/log-entry.ts";
import { type NoteKey, noteKeyId } from "../registry/note-key.ts";
import { formatNote, parseSignatures } from "../registry/signed-note.ts";
import { isTileOf, TILE_WIDTH, type Tile } from "../registry/tile.ts";
import { formatConsistencyProof, formatTlogProof } from "../registry/tlog-proof.ts";
import { HASH_LENGTH } from "../registry/tree-hash.ts";
import type { Registry } from "./registry.ts";
import type { CheckpointRow, CosignatureRow } from "./registry-rows.ts";

/** Proofs of the newest checkpoint that are kept: a fleet under update asks for one again and again. */
const KEPT_PROOFS_MAX = 64;

export class PublishedLog {
  readonly #registry: Registry;
  readonly #crypto: CryptoProvider;
  readonly #proofs = new LRUCache<string, Uint8Array>({ max: KEPT_PROOFS_MAX });
  #checkpoint: CheckpointRow | undefined;
  #cosignatures: readonly CosignatureRow[] = [];
  #note: string | undefined;

  constructor(registry: Registry, crypto: CryptoProvider) {
    this.#registry = registry;
    this.#crypto = crypto;
    this.refresh();
  }

  /** Takes up what was signed since. False when nothing was. */
  refresh(): boolean {
    const { rows, tree, fault } = this.#registry;
    const checkpoint = fault === undefined ? rows.checkpoint() : undefined;
    const cosignatures = checkpoint === undefined ? [] : rows.cosignatures(checkpoint.number);
    // Of one checkpoint they are added, and never changed.
    const isSame = cosignatures.length === this.#cosignatures.length;
    if (checkpoint?.number === this.#checkpoint?.number && isSame) return false;
    const isReadable = checkpoint === undefined || tree.catchUp(rows.size()) === undefined;
    this.#checkpoint = isReadable ? checkpoint : undefined;
    this.#cosignatures = isReadable ? cosignatures : [];
    this.#proofs.clear();
    this.#note = this.#checkpoint && this.#noteOf(this.#checkpoint);
    return true;
  }

  /** Undefined before the first one, and where the registry is broken. */
  get checkpoint(): CheckpointRow | undefined {
    return this.#checkpoint;
  }

  /** Whether the witness with this key has signed the newest checkpoint. */
  isCosignedBy(keyId: Uint8Array): boolean {
    return this.#cosignatures.some((one) => equal(one.keyId, keyId));
  }

  /** Entries that no checkpoint has yet. */
  get unsignedCount(): number {
    return this.#registry.rows.size() - (this.#checkpoint?.size ?? 0);
  }

  /** The log's key, of whom the newest checkpoint is. */
  get key(): NoteKey | undefined {
    const key = this.#checkpoint === undefined ? undefined : this.#crypto.verificationKey(this.#checkpoint.spki);
    return key === undefined ? undefined : logKeyOf(key);
  }

  /** The newest checkpoint as a note, with the lines of witnesses: the same text until the next one. */
  note(): string | undefined {
    return this.#note;
  }

  /** The newest entry of one of `kinds` about the record with this digest; undefined where none is in the checkpoint. */
  find(digest: Uint8Array, kinds: readonly EntryKind[]): number | undefined {
    const size = this.#checkpoint?.size ?? 0;
    return this.#registry.rows.about(digest).find(({ number, bytes }) => {
      const entry = decodeEntry(bytes);
      return number < size && entry.ok && kinds.includes(entry.value.kind);
    })?.number;
  }

  /** What rides with a manifest (registry/inclusion-proof.ts); undefined where it is not in the checkpoint yet. */
  proofFor(digest: Uint8Array, kinds: readonly EntryKind[]): Uint8Array | undefined {
    const name = `${toHex(digest)} ${kinds.join(" ")}`;
    const kept = this.#proofs.get(name);
    if (kept !== undefined || this.#checkpoint === undefined) return kept;
    const index = this.find(digest, kinds);
    if (index === undefined) return undefined;
    const { size, signature } = this.#checkpoint;
    const [row] = this.#registry.rows.entries(index, index + 1);
    const path = this.#registry.tree.inclusion(index, size);
    const proof = encodeInclusionProof({
      entry: row!.bytes,
      index,
      path,
      size,
      signature,
      cosignatures: this.#packed(),
    });
    this.#proofs.set(name, proof);
    return proof;
  }

  /** The same as a text (C2SP tlog-proof), with the entry as its extra; undefined for what is not in the checkpoint. */
  proofText(index: number): string | undefined {
    const [checkpoint, size] = [this.note(), this.#checkpoint?.size ?? 0];
    if (checkpoint === undefined || index >= size) return undefined;
    const [row] = this.#registry.rows.entries(index, index + 1);
    return formatTlogProof({ extra: row!.bytes, index, path: this.#registry.tree.inclusion(index, size), checkpoint });
  }

  /** That the checkpoint goes on from the first `old` entries; undefined where it has fewer. */
  consistencyText(old: number): string | undefined {
    const [checkpoint, size] = [this.note(), this.#checkpoint?.size ?? 0];
    if (checkpoint === undefined || old > size) return undefined;
    return formatConsistencyProof({ old, path: this.#registry.tree.consistency(old, size), checkpoint });
  }

  /** Undefined for a tile that the checkpoint's tree does not have. */
  tile(tile: Tile): Uint8Array | undefined {
    const { level, number, width } = tile;
    if (!isTileOf(tile, this.#checkpoint?.size ?? 0)) return undefined;
    if (level !== "entries") return this.#registry.tree.tile(level, number)?.slice(0, width * HASH_LENGTH);
    const entries = this.#registry.rows.entries(number * TILE_WIDTH, number * TILE_WIDTH + width);
    return concat(...entries.flatMap(({ bytes }) => [Uint8Array.of(bytes.length >> 8, bytes.length), bytes]));
  }

  /** As they ride with a proof. */
  #packed(): readonly Cosignature[] {
    return this.#cosignatures.slice(0, COSIGNATURES_MAX).flatMap(({ keyId, line }) => {
      const lines = parseSignatures(line);
      return lines.ok ? lines.value.map((one) => cosignatureOf(keyId, one)) : [];
    });
  }

  #noteOf({ size, root, signature }: CheckpointRow): string | undefined {
    const { key } = this;
    if (key === undefined) return undefined;
    const own = { name: key.name, keyId: noteKeyId(this.#crypto, key), signature };
    const note = formatNote({ text: checkpointText({ origin: key.name, size, root }), signatures: [own] });
    return note + this.#cosignatures.map(({ line }) => line).join("");
  }
}
