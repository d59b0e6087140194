import { chmodSync, existsSync, mkdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { StoreFile, type StoreFormat } from "../../src/store/store-file.ts";
import { scratchDirectories, throwsStoreError } from "./scratch-directory.ts";

const test = suite("store-file");
const scratch = scratchDirectories(test);

const FORMAT: StoreFormat = {
  fileName: "boats.db",
  applicationId: 0x4e427465,
  version: 3,
  ownerOnly: true,
  schema: "CREATE TABLE boat (name TEXT PRIMARY KEY) STRICT",
};

function addBoat(store: StoreFile, name: string): void {
  store.transaction(() => store.prepare<[string]>("INSERT INTO boat VALUES (?)").run(name));
}

function boats(store: StoreFile): unknown[] {
  return store
    .attempt(() => store.prepare<[], { name: string }>("SELECT name FROM boat").all())
    .map(({ name }) => name);
}

/** A closed store with one boat; gives the path of its file. */
function storeAt(directory: string): string {
  const store = StoreFile.open(directory, FORMAT);
  addBoat(store, "heron");
  store.close();
  return store.path;
}

test("the directory and the file are made for their owner only", () => {
  const directory = join(scratch(), "a", "b");
  const path = storeAt(directory);
  assert.is(statSync(directory).mode & 0o777, 0o700);
  assert.is(statSync(path).mode & 0o777, 0o600);
});

test("the log beside an open store is for its owner only", () => {
  const store = StoreFile.open(scratch(), FORMAT);
  addBoat(store, "heron");
  for (const suffix of ["-wal", "-shm"]) assert.is(statSync(store.path + suffix).mode & 0o777, 0o600, suffix);
  store.close();
});

test("what was written is there when the store opens again", () => {
  const directory = scratch();
  storeAt(directory);
  const store = StoreFile.open(directory, FORMAT);
  assert.equal(boats(store), ["heron"]);
  store.close();
});

test("a commit is synced before it is reported", () => {
  const store = StoreFile.open(scratch(), FORMAT);
  const FULL = 2;
  assert.is(store.prepare<[], { synchronous: number }>("PRAGMA synchronous").get()?.synchronous, FULL);
  store.close();
});

test("after a large transaction the log beside the store shrinks to 4 MiB", () => {
  const store = StoreFile.open(scratch(), FORMAT);
  const logLength = () => statSync(`${store.path}-wal`).size;
  store.transaction(() => {
    for (let i = 0; i < 6; i++)
      store.prepare<[string]>("INSERT INTO boat VALUES (?)").run(`${i}${"x".repeat(2 ** 20)}`);
  });
  assert.ok(logLength() > 6 * 2 ** 20);
  addBoat(store, "heron");
  addBoat(store, "otter");
  assert.is(logLength(), 4 * 2 ** 20);
  store.close();
});

test("a full disk is named, and leaves nothing of the transaction", () => {
  const store = StoreFile.open(scratch(), FORMAT);
  addBoat(store, "heron");
  // SQLite says of a database that may not grow what it says of a disk that has no room.
  store.prepare("PRAGMA max_page_count = 1").get();
  throwsStoreError(() => addBoat(store, "x".repeat(100_000)), "unwritable", store.path, "check the disk");
  assert.equal(boats(store), ["heron"]);
  store.close();
});

test("a transaction that throws leaves nothing", () => {
  const store = StoreFile.open(scratch(), FORMAT);
  assert.throws(() =>
    store.transaction(() => {
      store.prepare("INSERT INTO boat VALUES ('otter')").run();
      throw new Error("cut");
    }),
  );
  assert.equal(boats(store), []);
  store.close();
});

test("a transaction that waits and throws leaves nothing, and the store goes on", async () => {
  const store = StoreFile.open(scratch(), FORMAT);
  const cut = store.asyncTransaction(async () => {
    store.prepare("INSERT INTO boat VALUES ('otter')").run();
    throw new Error("cut");
  });
  assert.is(await cut.catch((error: Error) => error.message), "cut");
  addBoat(store, "heron");
  assert.equal(boats(store), ["heron"]);
  store.close();
});

test("another handle's write is noticed once", () => {
  const directory = scratch();
  const [watcher, writer] = [StoreFile.open(directory, FORMAT), StoreFile.open(directory, FORMAT)];
  assert.is(watcher.changedElsewhere(), false);
  addBoat(writer, "heron");
  assert.is(watcher.changedElsewhere(), true);
  assert.is(watcher.changedElsewhere(), false);
  watcher.close();
  writer.close();
});

test("a reader does not wait for a writer", () => {
  const directory = scratch();
  const [reader, writer] = [StoreFile.open(directory, FORMAT), StoreFile.open(directory, FORMAT)];
  writer.transaction(() => {
    writer.prepare("INSERT INTO boat VALUES ('otter')").run();
    assert.equal(boats(reader), []);
  });
  assert.equal(boats(reader), ["otter"]);
  reader.close();
  writer.close();
});

test("a data directory that is a file is named", () => {
  const path = join(scratch(), "data");
  writeFileSync(path, "");
  throwsStoreError(() => StoreFile.open(path, FORMAT), "notADirectory", path, "data directory");
});

test("a data directory below a file is named", () => {
  const path = join(scratch(), "data");
  writeFileSync(path, "");
  throwsStoreError(() => StoreFile.open(join(path, "deep"), FORMAT), "notADirectory", path);
});

test("a store's name taken by a directory is named", () => {
  const directory = scratch();
  mkdirSync(join(directory, FORMAT.fileName));
  throwsStoreError(() => StoreFile.open(directory, FORMAT), "unwritable", FORMAT.fileName);
});

for (const mode of [0o640, 0o620, 0o604, 0o602, 0o644]) {
  test(`a file of mode ${mode.toString(8)} is refused with the command that mends it`, () => {
    const directory = scratch();
    const path = storeAt(directory);
    chmodSync(path, mode);
    throwsStoreError(() => StoreFile.open(directory, FORMAT), "permissions", `chmod 600 ${path}`);
    chmodSync(path, 0o600);
    StoreFile.open(directory, FORMAT).close();
  });
}

test("a log that others may read is refused", () => {
  const directory = scratch();
  const path = storeAt(directory);
  writeFileSync(`${path}-wal`, "", { mode: 0o644 });
  throwsStoreError(() => StoreFile.open(directory, FORMAT), "permissions", `chmod 600 ${path}-wal`);
});

test("a store without secrets may be read by others", () => {
  const directory = scratch();
  chmodSync(storeAt(directory), 0o644);
  StoreFile.open(directory, { ...FORMAT, ownerOnly: false }).close();
});

test("a store of a newer format is refused", () => {
  const directory = scratch();
  storeAt(directory);
  const older = { ...FORMAT, version: 2 };
  throwsStoreError(() => StoreFile.open(directory, older), "unknownFormat", "has format 3", "knows format 2");
});

test("another program's database is refused and left as it was", () => {
  const directory = scratch();
  const path = join(directory, FORMAT.fileName);
  const foreign = new DatabaseSync(path);
  foreign.exec("CREATE TABLE song (title)");
  foreign.close();
  chmodSync(path, 0o600);
  throwsStoreError(() => StoreFile.open(directory, FORMAT), "unknownFormat", "not a store of Narrowboat");
  const again = new DatabaseSync(path);
  assert.is(again.prepare("PRAGMA journal_mode").get()?.["journal_mode"], "delete");
  again.close();
});

test("a file that is no database is called damaged", () => {
  const directory = scratch();
  writeFileSync(join(directory, FORMAT.fileName), "x".repeat(8192), { mode: 0o600 });
  throwsStoreError(() => StoreFile.open(directory, FORMAT), "damaged", FORMAT.fileName, "backup");
});

test("a store cut short is called damaged", () => {
  const directory = scratch();
  truncateSync(storeAt(directory), 4096);
  throwsStoreError(() => boats(StoreFile.open(directory, FORMAT)), "damaged", "backup");
});

test("a file left empty by a process that died while making it becomes a store", () => {
  const directory = scratch();
  writeFileSync(join(directory, FORMAT.fileName), "", { mode: 0o600 });
  const path = storeAt(directory);
  assert.ok(existsSync(path));
  const store = StoreFile.open(directory, FORMAT);
  assert.equal(boats(store), ["heron"]);
  store.close();
});

test.run();
