// A file that is whole from the first moment that it has its name, and never takes another's place.

import { closeSync, fsyncSync, linkSync, openSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { StoreError, systemMessage } from "./store-error.ts";

/** False where the name is taken already; whatever has it stays as it is. Throws StoreError: unwritable. */
export function makeNewFile(path: string, bytes: Uint8Array, mode: number): boolean {
  const fresh = `${path}.${process.pid}`;
  try {
    writeWhole(fresh, bytes, mode);
    linkSync(fresh, path);
    syncDirectory(dirname(path));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new StoreError("unwritable", `cannot make ${path}: ${systemMessage(error)}`);
  } finally {
    rmSync(fresh, { force: true });
  }
}

function writeWhole(path: string, bytes: Uint8Array, mode: number): void {
  const handle = openSync(path, "w", mode);
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(handle, bytes, written);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
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
