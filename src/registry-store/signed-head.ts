// `registry-head`: the newest checkpoint that was signed, beside the database. If the database comes back older than that, out
// of a backup or from a disk that lost what it had confirmed, a second history would be signed; so then nothing is.

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Checkpoint, checkpointText, parseCheckpoint } from "../registry/checkpoint.ts";
import { StoreError, systemMessage } from "../store/store-error.ts";

const HEAD_FILE = "registry-head";

export class SignedHead {
  readonly #path: string;

  /** Beside the file at `storePath`. */
  constructor(storePath: string) {
    this.#path = join(dirname(storePath), HEAD_FILE);
  }

  get path(): string {
    return this.#path;
  }

  /** Undefined where nothing was signed yet, "damaged" for what is no checkpoint. Throws StoreError: unreadable. */
  read(): Checkpoint | "damaged" | undefined {
    try {
      const parsed = parseCheckpoint(readFileSync(this.#path, "utf8"));
      return parsed.ok ? parsed.value : "damaged";
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw new StoreError("unreadable", `cannot read ${this.#path}: ${systemMessage(error)}`);
    }
  }

  /** It survives a power cut when this returns; a cut before leaves the one before. Throws StoreError: unwritable. */
  write(checkpoint: Checkpoint): void {
    const next = `${this.#path}.next`;
    try {
      const bytes = Buffer.from(checkpointText(checkpoint));
      const handle = openSync(next, "w", 0o600);
      try {
        for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done);
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
      renameSync(next, this.#path);
      syncDirectory(dirname(this.#path));
    } catch (error) {
      throw new StoreError("unwritable", `cannot write ${this.#path}: ${systemMessage(error)}`);
    }
  }
}

function syncDirectory(directory: string): void {
  const handle = openSync(directory, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
