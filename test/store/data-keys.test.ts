// The master key of a data directory: made, asked for, refused, rotated.

import crypto from "node:crypto";
import fs, {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../src/base/bytes.ts";
import { DataKeys, freshDataKey } from "../../src/store/data-keys.ts";
import { FileLock } from "../../src/store/file-lock.ts";
import { KEY_FILE, KEY_VARIABLE, NEXT_KEY_FILE } from "../../src/store/master-key.ts";
import { rotateMasterKey } from "../../src/store/master-key-rotation.ts";
import { watchBuiltin } from "../support/watched-builtin.ts";
import { scratchDirectories, throwsStoreError } from "./scratch-directory.ts";

const test = suite("data-keys");
const scratch = scratchDirectories(test);

const ONE = "11".repeat(32);
const TWO = "22".repeat(32);

test.before.each(() => {
  delete process.env[KEY_VARIABLE];
});
test.after.each(() => {
  delete process.env[KEY_VARIABLE];
});

const setKey = (text: string) => {
  process.env[KEY_VARIABLE] = text;
};

/** A directory with an image's key, which has number 1, and that key. */
function withKey(): { readonly directory: string; readonly key: string } {
  const directory = scratch();
  const keys = DataKeys.open(directory);
  const key = freshDataKey();
  assert.is(keys.add("image", key), 1);
  keys.close();
  return { directory, key: toHex(key.reveal()) };
}

/** Fails unless a process that opens the directory now finds that key. */
function holds({ directory, key }: { readonly directory: string; readonly key: string }): void {
  const keys = DataKeys.open(directory);
  assert.is(toHex(keys.find(1, "image").reveal()), key);
  keys.close();
}

const refuses = (directory: string, ...words: readonly string[]) =>
  throwsStoreError(() => DataKeys.open(directory), "masterKey", ...words);

test("the master key is made with the first store, 32 bytes for its owner alone, and nothing else is left of it", () => {
  const made = withKey();
  const path = join(made.directory, KEY_FILE);
  assert.equal([statSync(path).size, statSync(path).mode & 0o777], [32, 0o600]);
  assert.equal(fs.readdirSync(made.directory).sort(), ["keys.db", KEY_FILE]);
  holds(made);
});

test("a key file that was there before is the master key", () => {
  const directory = scratch();
  const bytes = Buffer.alloc(32, 7);
  writeFileSync(join(directory, KEY_FILE), bytes, { mode: 0o600 });
  DataKeys.open(directory).close();
  assert.equal(readFileSync(join(directory, KEY_FILE)), bytes);
});

test("a missing master key, another one, and what is none: one line each that says which is wanted", () => {
  const { directory } = withKey();
  const path = join(directory, KEY_FILE);
  const keys = DataKeys.open(directory);
  const { name } = keys.masterKey();
  keys.close();
  rmSync(path);
  refuses(directory, path, "missing", name, KEY_VARIABLE);
  assert.not.ok(existsSync(path), "no new one takes its place");
  writeFileSync(path, Buffer.alloc(32, 1), { mode: 0o600 });
  refuses(directory, `${path} is not the master key ${name}`);
  writeFileSync(path, Buffer.alloc(31, 1));
  refuses(directory, path, "31 bytes");
});

test("a key file that others may read is refused", () => {
  const { directory } = withKey();
  const path = join(directory, KEY_FILE);
  chmodSync(path, 0o644);
  throwsStoreError(() => DataKeys.open(directory), "permissions", `chmod 600 ${path}`);
});

test("with the key in the environment there is no key file, and another key there is refused", () => {
  setKey(ONE);
  const made = withKey();
  assert.not.ok(existsSync(join(made.directory, KEY_FILE)));
  holds(made);
  setKey(TWO);
  refuses(made.directory, `${KEY_VARIABLE} is not the master key`);
  setKey("");
  refuses(made.directory, KEY_FILE, "missing");
});

test("what is no key in the environment is refused without being shown", () => {
  for (const text of ["abc", `${ONE}00`, `${ONE},`, `${ONE},${TWO},${ONE}`, "zz".repeat(32)]) {
    setKey(text);
    throwsStoreError(() => DataKeys.open(scratch()), "masterKey", KEY_VARIABLE, "64 hex digits");
    try {
      DataKeys.open(scratch());
    } catch (error) {
      assert.not.ok(String(error).includes(text.slice(0, 8)) && text !== "abc");
    }
  }
});

test("the key in the environment alone counts, also where the file holds the right one", () => {
  const { directory } = withKey();
  setKey(ONE);
  refuses(directory, `${KEY_VARIABLE} is not`);
});

test("nothing of a data key lies in clear in the files", () => {
  const { directory, key } = withKey();
  for (const name of fs.readdirSync(directory)) {
    assert.not.ok(readFileSync(join(directory, name)).includes(Buffer.from(key, "hex")), name);
  }
});

test("a key of one number or purpose is none of another, and a lost one is named", () => {
  const { directory } = withKey();
  const keys = DataKeys.open(directory);
  const psk = keys.latest("psk");
  assert.is(keys.latest("psk").number, psk.number);
  throwsStoreError(() => keys.find(1, "psk"), "damaged", "keys.db", "psk key 1");
  throwsStoreError(() => keys.find(9, "image"), "damaged", "keys.db", "image key 9");
  const database = new DatabaseSync(join(directory, "keys.db"));
  database.exec("UPDATE data_key SET wrapped = (SELECT wrapped FROM data_key WHERE number = 1) WHERE number = 2");
  database.exec("UPDATE data_key SET purpose = 'image' WHERE number = 2");
  database.close();
  throwsStoreError(() => keys.find(2, "image"), "damaged", "image key 2");
  keys.close();
});

test("a rotation: another key in the file, the one before opens nothing any more, and all keys are found", () => {
  const made = withKey();
  const path = join(made.directory, KEY_FILE);
  const before = readFileSync(path);
  const rotation = rotateMasterKey(made.directory);
  assert.is.not(rotation.before, rotation.after);
  assert.is(rotation.count, 1);
  holds(made);
  assert.equal(fs.readdirSync(made.directory).sort(), ["keys.db", KEY_FILE]);
  writeFileSync(path, before);
  refuses(made.directory, rotation.after);
});

test("a process that had the store open before a rotation, and another one, finds what was added after it", () => {
  const { directory } = withKey();
  const server = DataKeys.open(directory);
  rotateMasterKey(directory);
  rotateMasterKey(directory);
  const command = DataKeys.open(directory);
  const key = freshDataKey();
  const number = command.add("image", key);
  assert.is(toHex(server.find(number, "image").reveal()), toHex(key.reveal()));
  const late = freshDataKey();
  assert.is(toHex(command.find(server.add("image", late), "image").reveal()), toHex(late.reveal()));
  server.close();
  command.close();
});

test("a rotation makes another key for what is sealed from then on, and keeps those of before", () => {
  const { directory } = withKey();
  const keys = DataKeys.open(directory);
  const before = keys.latest("psk");
  const sessions = keys.latest("sessions");
  rotateMasterKey(directory);
  const after = keys.latest("psk");
  assert.is.not(after.number, before.number);
  assert.is(toHex(keys.find(before.number, "psk").reveal()), toHex(before.key.reveal()));
  assert.is(keys.latest("sessions").number, sessions.number);
  keys.close();
});

test("from the file to the environment, to another key there: NEW,OLD, and then NEW", () => {
  const made = withKey();
  setKey(ONE);
  rotateMasterKey(made.directory);
  assert.not.ok(existsSync(join(made.directory, KEY_FILE)));
  holds(made);
  throwsStoreError(() => rotateMasterKey(made.directory), "masterKey", "NEW,OLD");
  setKey(`${TWO},${ONE}`);
  holds(made);
  rotateMasterKey(made.directory);
  setKey(TWO);
  holds(made);
  setKey(ONE);
  refuses(made.directory);
});

test("a rotation that was cut before its commit: the old key is the key, and the next rotation goes through", () => {
  const made = withKey();
  writeFileSync(join(made.directory, NEXT_KEY_FILE), Buffer.alloc(32, 9), { mode: 0o600 });
  writeFileSync(join(made.directory, "master.key.fresh"), Buffer.alloc(7, 9), { mode: 0o600 });
  holds(made);
  rotateMasterKey(made.directory);
  holds(made);
  assert.equal(fs.readdirSync(made.directory).sort(), ["keys.db", KEY_FILE]);
});

test("a rotation that was cut after its commit: the next key is the key already, and the next rotation goes through", () => {
  const made = withKey();
  const old = join(scratch(), KEY_FILE);
  copyFileSync(join(made.directory, KEY_FILE), old);
  rotateMasterKey(made.directory);
  renameSync(join(made.directory, KEY_FILE), join(made.directory, NEXT_KEY_FILE));
  copyFileSync(old, join(made.directory, KEY_FILE));
  holds(made);
  const { before, after } = rotateMasterKey(made.directory);
  assert.is.not(before, after);
  holds(made);
  assert.equal(fs.readdirSync(made.directory).sort(), ["keys.db", KEY_FILE]);
});

test("two rotations at once: the second one is told to wait", () => {
  const made = withKey();
  const lock = FileLock.take(join(made.directory, "master.key.lock"))!;
  throwsStoreError(() => rotateMasterKey(made.directory), "busy", "another process rotates");
  lock.release();
  rotateMasterKey(made.directory);
  holds(made);
});

test("a rotation that meets a damaged key changes nothing", () => {
  const made = withKey();
  const keys = DataKeys.open(made.directory);
  keys.latest("psk");
  keys.close();
  const database = new DatabaseSync(join(made.directory, "keys.db"));
  database.exec("UPDATE data_key SET wrapped = zeroblob(60) WHERE number = 2");
  database.close();
  throwsStoreError(() => rotateMasterKey(made.directory), "damaged", "psk key 2");
  holds(made);
});

test("a backup of the directory opens with the master key of its day", () => {
  const made = withKey();
  const backup = scratch();
  cpSync(made.directory, backup, { recursive: true });
  rotateMasterKey(made.directory);
  holds({ directory: backup, key: made.key });
});

const isWiped = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

test("what was drawn, read or derived on the way to a key is overwritten", () => {
  const seen: { readonly what: string; readonly bytes: Uint8Array }[] = [];
  const ends = [
    watchBuiltin(crypto, "randomFillSync", (_args, bytes) => seen.push({ what: "drawn", bytes: bytes as Uint8Array })),
    watchBuiltin(fs, "readFileSync", (_args, bytes) => seen.push({ what: "read", bytes: bytes as Uint8Array })),
    watchBuiltin(crypto, "hkdfSync", (args) => seen.push({ what: "derived from", bytes: args[1] as Uint8Array })),
  ];
  const made = withKey();
  holds(made);
  rotateMasterKey(made.directory);
  for (const end of ends) end();
  const secrets = seen.filter(({ bytes }) => bytes.length === 32);
  assert.ok(secrets.length >= 6, `${secrets.length} were seen`);
  for (const { what, bytes } of secrets) assert.ok(isWiped(bytes), `what was ${what} is there still`);
});

test.run();
