// A thread that digests files piece by piece: a gigabyte takes a second, which nobody else shall wait for. Several at a time
// take turns, so that a small image does not wait for a large one.

import { createHash, type Hash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { assert } from "../src/base/assert.ts";
import type { DigestAnswer, DigestOrder } from "./digests.ts";
import { type FileDigest, faultOf, identityOf } from "./file-digest.ts";

const PIECE_LENGTH = 1024 * 1024;

interface Job {
  readonly order: DigestOrder;
  readonly handle: number;
  readonly identity: string;
  readonly hash: Hash;
  length: number;
}

const piece = new Uint8Array(PIECE_LENGTH);
/** The next turn is the first one's. */
const jobs: Job[] = [];

const port = parentPort;
assert(port !== null, "started as a thread");
port.on("message", (order: DigestOrder) => {
  const handle = attempt(order, () => openSync(order.path, "r"));
  if (handle === undefined) return;
  const identity = identityOf(fstatSync(handle, { bigint: true }));
  jobs.push({ order, handle, identity, hash: createHash("sha256"), length: 0 });
  if (jobs.length === 1) setImmediate(turn);
});

/** One piece of one file; between turns the next orders are heard. */
function turn(): void {
  const job = jobs.shift()!;
  const { order, handle, hash } = job;
  const length = attempt(order, () => readSync(handle, piece, 0, PIECE_LENGTH, job.length));
  if (length !== undefined && length > 0) {
    hash.update(piece.subarray(0, length));
    job.length += length;
    jobs.push(job);
  } else {
    closeSync(handle);
    const sha256 = new Uint8Array(hash.digest());
    if (length === 0) answer(order, { kind: "digested", identity: job.identity, length: job.length, sha256 });
  }
  if (jobs.length > 0) setImmediate(turn);
}

/** Undefined when the file could not be opened or read, and the order was answered so. */
function attempt(order: DigestOrder, step: () => number): number | undefined {
  try {
    return step();
  } catch (error) {
    answer(order, faultOf(error));
    return undefined;
  }
}

function answer({ id }: DigestOrder, digest: FileDigest): void {
  port!.postMessage({ id, digest } satisfies DigestAnswer);
}
