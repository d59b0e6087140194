// Another master key for a data directory, while servers and commands use it. A cut at any step leaves a directory that
// opens:
//
//   master.key.next is written and synced    all is wrapped under master.key; the next rotation overwrites what was left
//   all data keys are wrapped under it       one transaction; from its commit on master.key.next is the key
//   master.key.next becomes master.key       at once
//
// Whoever opens the store looks into both files for the key that the store names.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { equal } from "../base/bytes.ts";
import { openDataDirectory } from "./data-directory.ts";
import { DataKeys } from "./data-keys.ts";
import { FileLock } from "./file-lock.ts";
import {
  KEY_VARIABLE,
  keysOfEnvironment,
  keysOfFiles,
  type MasterKey,
  makeKeyFile,
  NEXT_KEY_FILE,
  removeKeyFiles,
  takeNextKeyFile,
} from "./master-key.ts";
import { StoreError, systemMessage } from "./store-error.ts";

const LOCK_FILE = "master.key.lock";

export interface Rotation {
  /** Names of the master keys. */
  readonly before: string;
  readonly after: string;
  /** Data keys that are wrapped anew. */
  readonly count: number;
}

/**
 * Goes over to a fresh master key, or where the environment has keys to the first of them.
 * Throws StoreError: busy while another process does the same, masterKey, and what DataKeys.open throws.
 */
export function rotateMasterKey(directory: string): Rotation {
  openDataDirectory(directory);
  const lock = takeLock(directory);
  try {
    const keys = DataKeys.openWithAnyKey(directory);
    try {
      const [next] = keysOfEnvironment();
      const rotation = next === undefined ? rotateFile(directory, keys) : rotateTo(directory, keys, next);
      keys.erase();
      return rotation;
    } finally {
      keys.close();
    }
  } finally {
    lock.release();
  }
}

function takeLock(directory: string): FileLock {
  let lock: FileLock | undefined;
  try {
    lock = FileLock.take(join(directory, LOCK_FILE));
  } catch (error) {
    throw new StoreError("unwritable", `cannot write into ${directory}: ${systemMessage(error)}`);
  }
  if (lock !== undefined) return lock;
  throw new StoreError("busy", `another process rotates the master key of ${directory}: wait for it`);
}

function rotateFile(directory: string, keys: DataKeys): Rotation {
  const before = keys.masterKey();
  // An earlier rotation was cut before its last step.
  const isLeft = existsSync(join(directory, NEXT_KEY_FILE)) && equal(keysOfFiles(directory)[0]!.id, before.id);
  if (isLeft) takeNextKeyFile(directory);
  const next = makeKeyFile(directory, NEXT_KEY_FILE);
  const count = keys.rewrap(next);
  takeNextKeyFile(directory);
  return { before: before.name, after: next.name, count };
}

function rotateTo(directory: string, keys: DataKeys, next: MasterKey): Rotation {
  const before = keys.masterKey();
  if (equal(before.id, next.id)) {
    const what = `${directory} is sealed under the first key of ${KEY_VARIABLE} already`;
    throw new StoreError("masterKey", `${what}: set it to NEW,OLD to go over to a new one`);
  }
  const count = keys.rewrap(next);
  removeKeyFiles(directory);
  return { before: before.name, after: next.name, count };
}
