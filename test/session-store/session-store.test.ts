// What a store gives back to the next process, and all that it must not give back.

import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import { SessionStore, type SessionStoreInput, type StoredSession } from "../../src/session-store/session-store.ts";
import { SystemRandom } from "../../src/shell/system-random.ts";
import { KEY_FILE } from "../../src/store/master-key.ts";
import { rotateMasterKey } from "../../src/store/master-key-rotation.ts";
import { scratchDirectories, throwsStoreError } from "../store/scratch-directory.ts";

const test = suite("session-store");
const scratch = scratchDirectories(test);

interface Place extends SessionStoreInput {
  readonly directory: string;
}

function place(): Place {
  return { directory: scratch(), markDirectory: scratch(), machineStart: "one", random: new SystemRandom() };
}

const toStore = (number: number, text: string) => ({ number, lastActiveAt: number, bytes: toUtf8(text) });

/** A process that stores these sessions and dies. */
function store(where: Place, ...sessions: readonly (readonly [number, string])[]): void {
  const opened = SessionStore.open(where);
  opened.save(
    sessions.map(([number, text]) => toStore(number, text)),
    [],
    0,
  );
  opened.close();
}

interface Found {
  readonly loss: string | undefined;
  readonly sessions: readonly (readonly [number, string, number])[];
  readonly damagedCount: number;
}

/** What the next process finds. */
function find(where: Place): Found {
  const opened = SessionStore.open(where);
  const all = [...opened.stored()];
  opened.close();
  const sessions = all.filter((one): one is StoredSession => one !== "damaged");
  return {
    loss: opened.loss,
    sessions: sessions.map(({ number, bytes, starts }) => [number, Buffer.from(bytes).toString(), starts] as const),
    damagedCount: all.length - sessions.length,
  };
}

const isEmpty = ({ sessions }: Found) => assert.equal(sessions, []);

/** Copies the data directory as it is now; gives what puts it back. */
function backup(where: Place): () => void {
  const copy = scratch();
  cpSync(where.directory, copy, { recursive: true });
  return () => {
    rmSync(where.directory, { recursive: true });
    cpSync(copy, where.directory, { recursive: true });
  };
}

test("what one process stored, the next one finds, in the order of last use", () => {
  const where = place();
  const first = SessionStore.open(where);
  assert.is(first.loss, undefined);
  first.save([toStore(2, "later"), toStore(1, "early")], [], 7);
  first.close();
  const second = SessionStore.open(where);
  assert.is(second.removal, 7);
  assert.equal(
    [...second.stored()].map((one) => one !== "damaged" && one.number),
    [1, 2],
  );
  second.close();
});

test("a session is stored again, and another one goes", () => {
  const where = place();
  store(where, [1, "one"], [2, "two"]);
  const opened = SessionStore.open(where);
  opened.save([toStore(1, "one, later")], [2], 0);
  opened.close();
  assert.equal(find(where).sessions, [[1, "one, later", 0]]);
});

test("each process that took a session up and did not store it again is counted", () => {
  const where = place();
  store(where, [1, "one"], [2, "two"]);
  assert.equal(
    find(where).sessions.map(([, , starts]) => starts),
    [0, 0],
  );
  assert.equal(
    find(where).sessions.map(([, , starts]) => starts),
    [1, 1],
  );
  store(where, [2, "two"]);
  assert.equal(find(where).sessions, [
    [1, "one", 3],
    [2, "two", 0],
  ]);
});

test("two processes cannot have one store", () => {
  const where = place();
  const first = SessionStore.open(where);
  throwsStoreError(() => SessionStore.open(where), "busy");
  first.save([toStore(1, "one")], [], 0);
  first.close();
  assert.is(find(where).sessions.length, 1);
});

test("a backup of the data directory that is put back gives no session", () => {
  const where = place();
  store(where, [1, "one"]);
  const restore = backup(where);
  store(where, [1, "one, with more numbers used"]);
  restore();
  const found = find(where);
  assert.is(found.loss, "foreign");
  isEmpty(found);
});

test("a backup that was made while the process ran gives no session", () => {
  const where = place();
  const running = SessionStore.open(where);
  running.save([toStore(1, "one")], [], 0);
  const restore = backup(where);
  running.save([toStore(1, "one, with more numbers used")], [], 0);
  running.close();
  restore();
  assert.is(find(where).loss, "foreign");
});

test("the store of an earlier process, put back when a later one has stored, gives no session", () => {
  const where = place();
  store(where, [1, "one"]);
  const restore = backup(where);
  find(where);
  store(where, [2, "two"]);
  restore();
  assert.is(find(where).loss, "foreign");
  store(where, [3, "three"]);
  restore();
  assert.is(find(where).loss, "foreign");
  isEmpty(find(where));
});

test("a copy of the data directory at another path gives no session, and the first one lives on", () => {
  const where = place();
  store(where, [1, "one"]);
  const copy = { ...where, directory: scratch() };
  cpSync(where.directory, copy.directory, { recursive: true });
  assert.is(find(copy).loss, "foreign");
  assert.is(find(where).sessions.length, 1);
});

test("after a new start of the machine there is no session, whether its memory was lost or not", () => {
  const where = place();
  store(where, [1, "one"]);
  const found = find({ ...where, markDirectory: scratch() });
  assert.is(found.loss, "foreign");
  const other = place();
  store(other, [1, "one"]);
  const later = find({ ...other, machineStart: "two" });
  isEmpty(later);
  assert.is(later.damagedCount, 1);
});

test("without the master key the store is refused in one line, and with it again its sessions are there", () => {
  const where = place();
  store(where, [1, "one"]);
  const path = join(where.directory, KEY_FILE);
  const key = readFileSync(path);
  rmSync(path);
  throwsStoreError(() => SessionStore.open(where), "masterKey", path, "missing");
  writeFileSync(path, key, { mode: 0o600 });
  assert.is(find(where).sessions.length, 1);
});

test("sessions outlive a rotation of the master key", () => {
  const where = place();
  store(where, [1, "one"]);
  rotateMasterKey(where.directory);
  assert.equal(find(where).sessions, [[1, "one", 0]]);
});

test("a lost file loses its sessions, and nothing else", () => {
  const where = place();
  store(where, [1, "one"]);
  for (const suffix of ["", "-wal"]) rmSync(join(where.directory, `sessions.db${suffix}`), { force: true });
  isEmpty(find(where));
  store(where, [2, "two"]);
  assert.is(find(where).sessions.length, 1);
});

test("a damaged file loses its sessions and says so; the next ones are stored", () => {
  const where = place();
  store(where, [1, "one"], [2, "two"]);
  const path = join(where.directory, "sessions.db");
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0xa5, 0, 2_000));
  assert.is(find(where).loss, "damaged");
  store(where, [3, "three"]);
  assert.equal(
    find(where).sessions.map(([number]) => number),
    [3],
  );
});

test("every page that is damaged: no session that was not stored, and no error", () => {
  const where = place();
  store(where, ...Array.from({ length: 200 }, (_, i) => [i + 1, `session ${i + 1}`] as const));
  const restore = backup(where);
  const path = join(where.directory, "sessions.db");
  const { size } = statSync(path);
  for (let at = 0; at < size; at += 1_024) {
    restore();
    const bytes = readFileSync(path);
    bytes.fill(0xff, at + 100, at + 160);
    writeFileSync(path, bytes);
    for (const [number, text] of find(where).sessions) assert.is(text, `session ${number}`);
  }
});

test("a session that stands under another's number is refused", () => {
  const where = place();
  store(where, [1, "one"]);
  const database = new DatabaseSync(join(where.directory, "sessions.db"));
  database.exec("UPDATE session SET number = 2");
  database.close();
  assert.equal(find(where), { loss: undefined, sessions: [], damagedCount: 1 });
});

test("when a commit fails, what was stored before is given up, and storing begins anew", () => {
  const where = place();
  const running = SessionStore.open(where);
  running.save([toStore(1, "one"), toStore(2, "two")], [], 0);
  const restore = backup(where);
  running.forget();
  running.close();
  assert.is(find(where).loss, "foreign");
  restore();
  assert.is(find(where).loss, "foreign", "what was given up comes back by no backup");
});

test("what was given up is not beside what is stored after", () => {
  const where = place();
  const running = SessionStore.open(where);
  running.save([toStore(1, "one"), toStore(2, "two")], [], 0);
  running.forget();
  running.save([toStore(3, "three")], [], 0);
  running.close();
  assert.equal(find(where), { loss: undefined, sessions: [[3, "three", 0]], damagedCount: 0 });
});

test("a mark that others may read, or that leads elsewhere, is refused", () => {
  const where = place();
  store(where, [1, "one"]);
  const [name = ""] = readdirSync(where.markDirectory);
  const path = join(where.markDirectory, name);
  chmodSync(path, 0o644);
  throwsStoreError(() => SessionStore.open(where), "permissions", path);
  rmSync(path);
  symlinkSync(join(scratch(), "elsewhere"), path);
  throwsStoreError(() => SessionStore.open(where), "unwritable", path);
});

test("nothing of a session stands in the file in clear", () => {
  const where = place();
  store(where, [1, "the key of a session"]);
  for (const suffix of ["", "-wal"]) {
    const path = join(where.directory, `sessions.db${suffix}`);
    if (statSync(path, { throwIfNoEntry: false }) === undefined) continue;
    assert.not.ok(readFileSync(path).includes("the key of"));
  }
});

test.run();
