// Proofs as texts, for people and for other people's tools: that an entry is in a log (C2SP tlog-proof), and that one
// checkpoint goes on from another (the request of C2SP tlog-witness, which holds all that it takes).

import { fromBase64, toBase64 } from "../base/base64.ts";
import { failed, ok, type Result } from "../base/result.ts";
import { sizeOf } from "./checkpoint.ts";
import { PROOF_HASHES_MAX } from "./proof-check.ts";
import { NOTE_LENGTH_MAX } from "./signed-note.ts";
import { HASH_LENGTH } from "./tree-hash.ts";

const FIRST_LINE = "c2sp.org/tlog-proof@v1";

/** Bytes of what an application adds: the entry itself, in ours. */
const EXTRA_LENGTH_MAX = 4096;

export interface TlogProof {
  /** What the log signed nothing about: in ours the entry, so that the proof can be checked by itself. */
  readonly extra?: Uint8Array;
  readonly index: number;
  readonly path: readonly Uint8Array[];
  /** The checkpoint as a note, with all of its signatures. */
  readonly checkpoint: string;
}

export function formatTlogProof({ extra, index, path, checkpoint }: TlogProof): string {
  const extraLine = extra === undefined ? "" : `extra ${toBase64(extra)}\n`;
  return `${FIRST_LINE}\n${extraLine}index ${index}\n${hashLines(path)}\n${checkpoint}`;
}

/** What is wrong with the text of a proof, in words. The checkpoint in it is not looked at. */
export function parseTlogProof(text: string): Result<TlogProof, string> {
  const parts = partsOf(text);
  if (parts === undefined) return failed("no empty line before a checkpoint");
  const [first, ...lines] = parts.lines;
  if (first !== FIRST_LINE) return failed(`the first line is not ${FIRST_LINE}`);
  const extra = lines[0]?.startsWith("extra ") ? fromBase64(lines.shift()!.slice("extra ".length)) : null;
  if (extra === undefined || (extra?.length ?? 0) > EXTRA_LENGTH_MAX) return failed("an extra line that is no base64");
  const index = numberAfter("index", lines.shift());
  if (index === undefined) return failed("no index");
  const path = hashesOf(lines);
  if (path === undefined) return failed("a line that is no hash");
  const { checkpoint } = parts;
  return ok(extra === null ? { index, path, checkpoint } : { extra, index, path, checkpoint });
}

/** That the tree of a checkpoint began as that of `old` leaves. */
export interface ConsistencyProof {
  readonly old: number;
  readonly path: readonly Uint8Array[];
  readonly checkpoint: string;
}

export function formatConsistencyProof({ old, path, checkpoint }: ConsistencyProof): string {
  return `old ${old}\n${hashLines(path)}\n${checkpoint}`;
}

export function parseConsistencyProof(text: string): Result<ConsistencyProof, string> {
  const parts = partsOf(text);
  if (parts === undefined) return failed("no empty line before a checkpoint");
  const [first, ...lines] = parts.lines;
  const old = numberAfter("old", first);
  if (old === undefined) return failed("no old size");
  const path = hashesOf(lines);
  return path === undefined ? failed("a line that is no hash") : ok({ old, path, checkpoint: parts.checkpoint });
}

function hashLines(path: readonly Uint8Array[]): string {
  return path.map((hash) => `${toBase64(hash)}\n`).join("");
}

/** What stands before the first empty line, and what behind it. */
function partsOf(text: string): { readonly lines: readonly string[]; readonly checkpoint: string } | undefined {
  const end = text.indexOf("\n\n");
  if (end < 0 || text.length > 2 * NOTE_LENGTH_MAX) return undefined;
  return { lines: text.slice(0, end).split("\n"), checkpoint: text.slice(end + 2) };
}

function numberAfter(word: string, line: string | undefined): number | undefined {
  return line?.startsWith(`${word} `) ? sizeOf(line.slice(word.length + 1)) : undefined;
}

function hashesOf(lines: readonly string[]): readonly Uint8Array[] | undefined {
  if (lines.length > PROOF_HASHES_MAX) return undefined;
  const hashes = lines.map(fromBase64);
  const isHash = (one: Uint8Array | undefined): one is Uint8Array => one?.length === HASH_LENGTH;
  return hashes.every(isHash) ? hashes : undefined;
}
