// The master key of a data directory: under it the data keys are wrapped (data-keys.ts), and under those all else is sealed.
// It is 32 random bytes in the key file, mode 0600, made when the first store is; or hex digits in the environment, so
// that it never lies beside what it opens. A backup without it holds nothing that can be read.

import { hkdfSync, randomFillSync } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fromHex, toHex, toUtf8 } from "../base/bytes.ts";
import { Secret } from "../base/secret.ts";
import { NONCE_LENGTH, SEALING_KEY_LENGTH, seal, unseal } from "./seal.ts";
import { StoreError, systemMessage } from "./store-error.ts";

export const KEY_FILE = "master.key";

/** The key that a rotation goes over to. While it is under way, either file may hold the key. */
export const NEXT_KEY_FILE = "master.key.next";

/** A key that is being written, or what a cut has left of one: nothing is sealed under it. */
const FRESH_KEY_FILE = "master.key.fresh";

/** The environment variable; with two keys and a comma between, all is sealed under the first in the end. */
export const KEY_VARIABLE = "NARROWBOAT_MASTER_KEY";

const MASTER_KEY_LENGTH = 32;
const ID_LENGTH = 8;

export class MasterKey {
  /** Tells keys apart, and says nothing of the key: 8 bytes. */
  readonly id: Uint8Array;
  readonly #wrapping: Secret;

  /** Overwrites `bytes`. */
  constructor(bytes: Uint8Array) {
    this.id = derive(bytes, "narrowboat master key id", ID_LENGTH);
    const wrapping = derive(bytes, "narrowboat data keys", SEALING_KEY_LENGTH);
    this.#wrapping = new Secret(wrapping);
    wrapping.fill(0);
    bytes.fill(0);
  }

  get name(): string {
    return toHex(this.id);
  }

  /**
   * Wraps a data key; `use` says which it is and what for. The nonce is random: one is drawn for each data key and each
   * rotation, and NIST SP 800-38D 8.3 allows 2^32 of them, more than there will ever be images.
   */
  wrap(dataKey: Secret, use: string): Uint8Array {
    return seal(this.#wrapping.reveal(), randomFillSync(new Uint8Array(NONCE_LENGTH)), toUtf8(use), dataKey.reveal());
  }

  /** Undefined for what was wrapped by another master key, or for another use. */
  unwrap(wrapped: Uint8Array, use: string): Secret | undefined {
    const bytes = unseal(this.#wrapping.reveal(), toUtf8(use), wrapped);
    if (bytes === undefined) return undefined;
    const dataKey = new Secret(bytes);
    bytes.fill(0);
    return dataKey;
  }
}

/** HKDF (RFC 5869): what is known of one output says nothing of another, nor of the key. */
function derive(key: Uint8Array, what: string, length: number): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", key, "", what, length));
}

/** The keys in the environment, the one to seal under first; none where the variable is not set. Throws StoreError: masterKey. */
export function keysOfEnvironment(): readonly MasterKey[] {
  const text = process.env[KEY_VARIABLE];
  if (text === undefined || text === "") return [];
  const keys = text.split(",").map((hex) => fromHex(hex.trim()));
  if (keys.length <= 2 && keys.every((key) => key?.length === MASTER_KEY_LENGTH)) {
    return keys.map((key) => new MasterKey(key!));
  }
  const what = `${KEY_VARIABLE} is not ${2 * MASTER_KEY_LENGTH} hex digits, nor two such keys with a comma between`;
  throw new StoreError("masterKey", `${what}: openssl rand -hex ${MASTER_KEY_LENGTH} makes one`);
}

/**
 * The keys in the files of a directory. The next key is looked for first: a rotation that ends between the two looks has
 * put it in the other's place. Throws StoreError: masterKey, permissions.
 */
export function keysOfFiles(directory: string): readonly MasterKey[] {
  return [NEXT_KEY_FILE, KEY_FILE].flatMap((name) => readKeyFile(join(directory, name)) ?? []);
}

/** Undefined where there is no such file. Throws StoreError: masterKey, permissions. */
function readKeyFile(path: string): MasterKey | undefined {
  const bytes = bytesOf(path);
  if (bytes === undefined) return undefined;
  if ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) {
    throw new StoreError("permissions", `others may read the key in ${path}: run chmod 600 ${path}`);
  }
  if (bytes.length === MASTER_KEY_LENGTH) return new MasterKey(bytes);
  throw new StoreError(
    "masterKey",
    `${path} has ${bytes.length} bytes and is no master key of ${MASTER_KEY_LENGTH}: put the right one back`,
  );
}

function bytesOf(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new StoreError("masterKey", `cannot read the master key in ${path}: ${systemMessage(error)}`);
  }
}

/**
 * Makes a key file, KEY_FILE or NEXT_KEY_FILE, in the place of what has the name. Under it the key is whole from the first
 * moment, and survives a power cut when this returns. One process at a time.
 */
export function makeKeyFile(directory: string, name: string): MasterKey {
  const path = join(directory, name);
  return writing(path, () => {
    const fresh = join(directory, FRESH_KEY_FILE);
    const key = writeKey(fresh);
    renameSync(fresh, path);
    syncDirectory(directory);
    return key;
  });
}

/** The next key is the key from here on, and the one before is gone. */
export function takeNextKeyFile(directory: string): void {
  const path = join(directory, KEY_FILE);
  writing(path, () => {
    renameSync(join(directory, NEXT_KEY_FILE), path);
    syncDirectory(directory);
  });
}

/** For when the key is in the environment. */
export function removeKeyFiles(directory: string): void {
  writing(join(directory, KEY_FILE), () => {
    for (const name of [FRESH_KEY_FILE, NEXT_KEY_FILE, KEY_FILE]) rmSync(join(directory, name), { force: true });
    syncDirectory(directory);
  });
}

/** Writes a fresh key to a file. */
function writeKey(path: string): MasterKey {
  const bytes = randomFillSync(new Uint8Array(MASTER_KEY_LENGTH));
  const handle = openSync(path, "w", 0o600);
  try {
    writeSync(handle, bytes);
    fsyncSync(handle);
    return new MasterKey(bytes);
  } finally {
    bytes.fill(0);
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

function writing<Value>(path: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError("unwritable", `cannot write ${path}: ${systemMessage(error)}`);
  }
}
