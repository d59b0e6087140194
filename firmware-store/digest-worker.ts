// A thread that digests contents piece by piece: a gigabyte takes seconds, which nobody else shall wait for. Several at a time
// take turns, so that a small image does not wait for a large one.

import { parentPort } from "node:worker_threads";
import { assert } from "../src/base/assert.ts";
import { Secret } from "../src/base/secret.ts";
import { ContentDigest } from "./content-digest.ts";
import type { DigestAnswer, DigestOrder } from "./digests.ts";

interface Job {
  readonly id: number;
  readonly digest: ContentDigest;
}

/** The next turn is the first one's. */
const jobs: Job[] = [];

const port = parentPort;
assert(port !== null, "started as a thread");
port.on("message", ({ id, path, key }: DigestOrder) => {
  jobs.push({ id, digest: new ContentDigest(path, new Secret(key)) });
  if (jobs.length === 1) setImmediate(turn);
});

/** One piece of one file; between turns the next orders are heard. */
function turn(): void {
  const job = jobs.shift()!;
  if (job.digest.result === undefined) job.digest.step();
  const { result } = job.digest;
  if (result === undefined) jobs.push(job);
  else port!.postMessage({ id: job.id, digest: result } satisfies DigestAnswer);
  if (jobs.length > 0) setImmediate(turn);
}
