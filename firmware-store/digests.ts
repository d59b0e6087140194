// Digests of contents: of small ones here, and of others by a thread that lives while there is something to digest.

import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import type { Secret } from "../src/base/secret.ts";
import { type FileDigest, faultOf, identityOf } from "./file-digest.ts";
import { sealedLength, unsealPages } from "./sealed-pages.ts";

export interface DigestOrder {
  readonly id: number;
  readonly path: string;
  readonly key: Uint8Array;
}

export interface DigestAnswer {
  readonly id: number;
  readonly digest: FileDigest;
}

/** Contents up to this length are digested here: half a millisecond, and a thread takes a hundred times that to start. */
export const SMALL_LENGTH_MAX = 256 * 1024;

/** How long the thread waits for another order. */
const IDLE_MS = 1_000;

export class Digests {
  readonly #waiting = new Map<number, (digest: FileDigest) => void>();
  #worker: Worker | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #orderCount = 0;

  /**
   * The digest of a content that should have `length` bytes, sealed under `key`: about two seconds for each gigabyte. One that
   * close() interrupts never settles.
   */
  digest(path: string, length: number, key: Secret): Promise<FileDigest> {
    if (length <= SMALL_LENGTH_MAX) return digestHere(path, length, key);
    const id = this.#orderCount++;
    clearTimeout(this.#idleTimer);
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#worker ??= this.#start();
      this.#worker.postMessage({ id, path, key: key.reveal() } satisfies DigestOrder);
    });
  }

  close(): void {
    clearTimeout(this.#idleTimer);
    this.#waiting.clear();
    void this.#worker?.terminate();
    this.#worker = undefined;
  }

  #start(): Worker {
    const worker = new Worker(new URL("./digest-worker.js", import.meta.url));
    worker.on("message", (answer: DigestAnswer) => this.#take(answer));
    // Without memory for a thread, say. Whoever waits is told that the file cannot be read, and asks again later.
    worker.on("error", () => this.#fail());
    return worker;
  }

  #take({ id, digest }: DigestAnswer): void {
    const resolve = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#idleTimer = setTimeout(() => this.close(), IDLE_MS);
    resolve?.(digest);
  }

  #fail(): void {
    const waiting = [...this.#waiting.values()];
    this.close();
    for (const resolve of waiting) resolve({ kind: "unreadable" });
  }
}

async function digestHere(path: string, length: number, key: Secret): Promise<FileDigest> {
  try {
    const file = await open(path, "r");
    try {
      const identity = identityOf(await file.stat({ bigint: true }));
      // One byte more, so that a longer file is noticed.
      const lengthMax = sealedLength(length) + 1;
      const { buffer, bytesRead } = await file.read(new Uint8Array(lengthMax), 0, lengthMax, 0);
      const bytes = unsealPages(key, 0, buffer.subarray(0, bytesRead));
      if (bytes === undefined) return { kind: "differs" };
      const sha256 = createHash("sha256").update(bytes).digest();
      return { kind: "digested", identity, length: bytes.length, sha256: new Uint8Array(sha256) };
    } finally {
      await file.close();
    }
  } catch (error) {
    return faultOf(error);
  }
}
