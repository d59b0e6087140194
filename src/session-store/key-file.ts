// The key file: 32 random bytes in the data directory, mode 0600, made at the first start. What is sealed on the disk is
// sealed under keys that are derived from it; a backup without it holds nothing that opens a session.

import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { type RandomSource, randomBytes } from "../base/random-source.ts";
import { Secret } from "../base/secret.ts";
import { StoreError, systemMessage } from "../store/store-error.ts";

export const KEY_FILE = "master.key";
const KEY_LENGTH = 32;

/** The key of the data directory. Throws StoreError: damaged, permissions, unwritable. */
export function openKeyFile(directory: string, random: RandomSource): Secret {
  const path = join(directory, KEY_FILE);
  if (statSync(path, { throwIfNoEntry: false }) === undefined) makeKeyFile(path, random);
  if ((statSync(path).mode & 0o077) !== 0) {
    throw new StoreError("permissions", `others may read the key in ${path}: run chmod 600 ${path}`);
  }
  const bytes = readFileSync(path);
  if (bytes.length !== KEY_LENGTH) {
    throw new StoreError(
      "damaged",
      `${path} has ${bytes.length} bytes and not ${KEY_LENGTH}: restore it, or remove it`,
    );
  }
  const key = new Secret(bytes);
  bytes.fill(0);
  return key;
}

/** Under its name it is whole from the first moment; where another process is quicker, its key is the key. */
function makeKeyFile(path: string, random: RandomSource): void {
  const fresh = `${path}.${process.pid}`;
  const bytes = randomBytes(random, KEY_LENGTH);
  try {
    writeFile(fresh, bytes);
    linkSync(fresh, path);
    syncDirectory(dirname(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return;
    throw new StoreError("unwritable", `cannot make ${path}: ${systemMessage(error)}`);
  } finally {
    bytes.fill(0);
    rmSync(fresh, { force: true });
  }
}

function writeFile(path: string, bytes: Uint8Array): void {
  const handle = openSync(path, "w", 0o600);
  try {
    writeSync(handle, bytes);
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
