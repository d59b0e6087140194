import { createHash } from "node:crypto";
import { chmodSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { DatabaseSync } from "@photostructure/sqlite";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { identityText, parseIdentity } from "../../psk/identity.ts";
import { PskStore, REMOVAL_COUNT_MAX } from "../../psk/psk-store.ts";
import { toHex, toUtf8 } from "../../src/base/bytes.ts";
import { Secret } from "../../src/base/secret.ts";
import { rotateMasterKey } from "../../src/store/master-key-rotation.ts";
import { StoreFile } from "../../src/store/store-file.ts";
import { scratchDirectories, throwsStoreError } from "../store/scratch-directory.ts";
import { CRYPTO } from "../support/crypto.ts";
import { WatchingCrypto } from "../support/watching-crypto.ts";

const test = suite("psk-store");
const scratch = scratchDirectories(test);

const METER = parseIdentity("meter-1");
const KEY_TEXT = "sixteen byte key";
const KEY = new Secret(toUtf8(KEY_TEXT));
const OTHER_KEY = new Secret(toUtf8("another long key"));

function withStore(work: (store: PskStore, directory: string) => void): void {
  const directory = scratch();
  const store = PskStore.open(directory, CRYPTO);
  try {
    work(store, directory);
  } finally {
    store.close();
  }
}

/** A server and a command that have the same directory open. */
function withTwo(work: (server: PskStore, command: PskStore) => void): void {
  withStore((server, directory) => {
    const command = PskStore.open(directory, CRYPTO);
    try {
      work(server, command);
    } finally {
      command.close();
    }
  });
}

function removedTexts(store: PskStore): string[] {
  const removed = store.refresh();
  if (removed === "journalPruned") throw new Error("the journal was pruned");
  return removed.map(identityText);
}

/** Adds identities n0, n1, … as quickly as SQLite can, with keys that nobody can open. */
function addMany(directory: string, count: number): void {
  const database = new DatabaseSync(join(directory, "psk.db"));
  database.exec(`
    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${count})
    INSERT INTO psk (identity, sealed_key, data_key, added_at) SELECT CAST('n' || i AS BLOB), zeroblob(44), 1, 0 FROM n`);
  database.close();
}

/** The schema of the first format, before keys could be shared. */
const FORMAT_1 = `
  CREATE TABLE psk (identity BLOB NOT NULL PRIMARY KEY, key BLOB NOT NULL, added_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE removal (sequence INTEGER PRIMARY KEY AUTOINCREMENT, identity BLOB NOT NULL) STRICT;
  CREATE TRIGGER psk_removed AFTER DELETE ON psk BEGIN INSERT INTO removal (identity) VALUES (old.identity); END;
  CREATE TRIGGER psk_changed AFTER UPDATE ON psk BEGIN INSERT INTO removal (identity) VALUES (old.identity); END;
  PRAGMA application_id = ${0x4e42706b}; PRAGMA user_version = 1;
  INSERT INTO psk VALUES (CAST('meter-1' AS BLOB), CAST('${KEY_TEXT}' AS BLOB), 0)`;

/** The schema of the second format, when keys lay in clear. */
const FORMAT_2 = `${FORMAT_1};
  ALTER TABLE psk ADD COLUMN shared INTEGER NOT NULL DEFAULT 0; DROP TRIGGER psk_changed;
  CREATE TRIGGER psk_changed AFTER UPDATE OF identity, key ON psk BEGIN INSERT INTO removal (identity) VALUES (old.identity); END;
  PRAGMA user_version = 2;
  UPDATE psk SET shared = 1, added_at = 7`;

for (const [format, schema, shared, addedAt] of [
  ["first", FORMAT_1, false, 0],
  ["second", FORMAT_2, true, 7],
] as const) {
  test(`a database of the ${format} format is sealed when it opens: its keys are found, and are in clear nowhere`, () => {
    const directory = scratch();
    const path = join(directory, "psk.db");
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA journal_mode = wal; ${schema}`);
    const add = database.prepare("INSERT INTO psk (identity, key, added_at) VALUES (?, ?, 0)");
    for (let i = 0; i < 2_500; i++) add.run(toUtf8(`meter ${i}`), keyOf(i));
    database.close();
    chmodSync(path, 0o600);
    assert.ok(bytesOn(directory).includes(KEY_TEXT));
    const store = PskStore.open(directory, CRYPTO);
    assert.is(toHex(store.find(METER)!.reveal()), toHex(KEY.reveal()));
    assert.is(store.lookUp(METER)!.shared, shared);
    assert.is([...store.list()].find(({ identity }) => identityText(identity) === "meter-1")!.addedAt, addedAt);
    const bytes = bytesOn(directory);
    assert.not.ok(bytes.includes(KEY_TEXT));
    for (let i = 0; i < 2_500; i++) {
      assert.is(toHex(store.find(toUtf8(`meter ${i}`))!.reveal()), toHex(keyOf(i)));
      assert.not.ok(bytes.includes(keyOf(i)), `key ${i}`);
    }
    assert.equal(removedTexts(store), []);
    store.remove(METER);
    assert.equal(removedTexts(store), ["meter-1"]);
    store.close();
  });
}

test("a key that many devices share is marked so, when it is added or later, and ends no session by it", () => {
  withStore((store) => {
    assert.ok(store.add(METER, KEY, 0));
    assert.is(store.lookUp(METER)!.shared, false);
    assert.ok(store.add(METER, KEY, 0, true));
    assert.is(store.lookUp(METER)!.shared, true);
    assert.not(store.add(METER, KEY, 0, true));
    assert.ok(store.add(toUtf8("fleet"), OTHER_KEY, 0, true));
    assert.is(store.lookUp(toUtf8("fleet"))!.shared, true);
    assert.equal(removedTexts(store), []);
  });
});

test("a key that was added is found, by the same identity only", () => {
  withStore((store) => {
    assert.is(store.add(METER, KEY, 5), true);
    assert.is(toHex(store.find(METER)!.reveal()), toHex(KEY.reveal()));
    for (const other of ["meter-2", "METER-1", "meter-1 ", "meter-"]) assert.is(store.find(toUtf8(other)), undefined);
  });
});

test("a key is there when the store opens again", () => {
  const directory = scratch();
  const store = PskStore.open(directory, CRYPTO);
  store.add(METER, KEY, 5);
  store.close();
  const again = PskStore.open(directory, CRYPTO);
  assert.ok(again.find(METER));
  again.close();
});

test("an identity of any bytes is kept apart from others", () => {
  withStore((store) => {
    const identities = [Uint8Array.of(0), Uint8Array.of(0, 0), Uint8Array.of(0xff), new Uint8Array(128).fill(0xff)];
    identities.forEach((identity, i) => {
      store.add(identity, new Secret(Uint8Array.of(i + 1)), 0);
    });
    assert.equal(
      identities.map((identity) => store.find(identity)!.reveal()[0]),
      [1, 2, 3, 4],
    );
  });
});

test("the same key again: nothing new", () => {
  withStore((store) => {
    store.add(METER, KEY, 5);
    assert.is(store.add(METER, new Secret(toUtf8(KEY_TEXT)), 6), false);
    assert.equal(
      [...store.list()].map(({ addedAt }) => addedAt),
      [5],
    );
  });
});

test("another key for a known identity is refused, and neither key is shown", () => {
  withStore((store) => {
    store.add(METER, KEY, 5);
    throwsStoreError(() => store.add(METER, OTHER_KEY, 6), "keyKnown", "meter-1", "psk remove meter-1");
    try {
      store.add(METER, OTHER_KEY, 6);
    } catch (error) {
      for (const key of [KEY, OTHER_KEY]) assert.not.ok(inspect(error).includes(toHex(key.reveal())));
      assert.not.match(inspect(error), /sixteen|another long/);
    }
    assert.is(toHex(store.find(METER)!.reveal()), toHex(KEY.reveal()));
  });
});

test("RFC 4279 5.3: identities of 1 to 128 bytes and keys of 1 to 64 bytes", () => {
  withStore((store) => {
    store.add(new Uint8Array(128), new Secret(new Uint8Array(64)), 0);
    throwsStoreError(() => store.add(new Uint8Array(129), KEY, 0), "identity", "129 bytes");
    throwsStoreError(() => store.add(new Uint8Array(0), KEY, 0), "identity", "0 bytes");
    throwsStoreError(() => store.add(METER, new Secret(new Uint8Array(65)), 0), "key", "65 bytes");
    throwsStoreError(() => store.add(METER, new Secret(new Uint8Array(0)), 0), "key", "0 bytes");
    assert.is(store.count(), 1);
  });
});

test("a peer's identity of no bytes, or of too many, is just unknown", () => {
  withStore((store) => {
    assert.is(store.find(new Uint8Array(0)), undefined);
    assert.is(store.find(new Uint8Array(65_535)), undefined);
  });
});

test("a removed key is not found, and can be given anew", () => {
  withStore((store) => {
    store.add(METER, KEY, 5);
    assert.is(store.remove(METER), true);
    assert.is(store.find(METER), undefined);
    assert.is(store.remove(METER), false);
    assert.is(store.add(METER, OTHER_KEY, 6), true);
  });
});

/** What lies in the database in the place of a device's key. */
function sealedKeyOf(directory: string, identity: Uint8Array): Buffer {
  const database = new DatabaseSync(join(directory, "psk.db"));
  const row = database.prepare("SELECT sealed_key FROM psk WHERE identity = ?").get(identity);
  database.close();
  return Buffer.from(row!["sealed_key"] as Uint8Array);
}

test("a key lies sealed in the store, and once removed not even so", () => {
  const directory = scratch();
  const store = PskStore.open(directory, CRYPTO);
  store.add(METER, KEY, 5);
  store.close();
  const path = join(directory, "psk.db");
  const sealed = sealedKeyOf(directory, METER);
  assert.ok(readFileSync(path).includes(sealed));
  assert.not.ok(bytesOn(directory).includes(KEY_TEXT));
  const again = PskStore.open(directory, CRYPTO);
  again.remove(METER);
  again.close();
  assert.not.ok(readFileSync(path).includes(sealed));
});

test("two devices with one key: nobody who sees the database can tell", () => {
  withStore((store, directory) => {
    store.add(METER, KEY, 5);
    store.add(toUtf8("meter-2"), KEY, 5);
    const [one, other] = [METER, toUtf8("meter-2")].map((identity) => sealedKeyOf(directory, identity));
    for (let at = 0; at + 4 <= one!.length; at++) assert.not.ok(other!.includes(one!.subarray(at, at + 4)));
  });
});

test("a key that was put in another identity's place, or changed, is called damaged, with the identity", () => {
  withStore((store, directory) => {
    store.add(METER, KEY, 5);
    store.add(toUtf8("meter-2"), OTHER_KEY, 5);
    const database = new DatabaseSync(join(directory, "psk.db"));
    const put = database.prepare("UPDATE psk SET sealed_key = ? WHERE identity = ?");
    put.run(sealedKeyOf(directory, toUtf8("meter-2")), METER);
    throwsStoreError(() => store.find(METER), "damaged", "meter-1", "psk.db");
    const changed = sealedKeyOf(directory, toUtf8("meter-2"));
    changed[20]! ^= 1;
    put.run(changed, toUtf8("meter-2"));
    throwsStoreError(() => store.find(toUtf8("meter-2")), "damaged", "meter-2");
    database.close();
  });
});

test("an unknown identity is looked up with the same work in the database and the same cryptography as a known one", () => {
  const directory = scratch();
  const crypto = new WatchingCrypto();
  const store = PskStore.open(directory, crypto);
  store.add(METER, KEY, 5);
  const work = (identity: Uint8Array) => {
    crypto.calls.length = 0;
    const get = StoreFile.prototype.attempt;
    StoreFile.prototype.attempt = function (this: StoreFile, ask) {
      crypto.calls.push("look-up");
      return get.call(this, ask);
    } as typeof get;
    store.lookUp(identity);
    StoreFile.prototype.attempt = get;
    return [...crypto.calls];
  };
  assert.equal(work(METER), ["look-up", "open"]);
  assert.equal(work(toUtf8("meter-2")), work(METER));
  store.close();
});

test("keys that were opened are overwritten, and a closed store has given back its data keys", () => {
  const directory = scratch();
  const crypto = new WatchingCrypto();
  const store = PskStore.open(directory, crypto);
  store.add(METER, KEY, 5);
  const { content } = crypto.aead.arrays;
  content.fill(0xee, 0, KEY.length);
  store.find(METER);
  assert.equal(content.slice(0, KEY.length), new Uint8Array(KEY.length));
  rotateMasterKey(directory);
  const command = PskStore.open(directory, CRYPTO);
  command.add(toUtf8("meter-2"), OTHER_KEY, 6);
  command.close();
  store.find(toUtf8("meter-2"));
  assert.equal([crypto.secretsLeft, crypto.openCount], [[], 3]);
  store.close();
  assert.is(crypto.openCount, 0);
});

test("after a rotation of the master key a running server finds the keys from before and those added since", () => {
  withStore((server, directory) => {
    server.add(METER, KEY, 5);
    rotateMasterKey(directory);
    const command = PskStore.open(directory, CRYPTO);
    command.add(toUtf8("meter-2"), OTHER_KEY, 6);
    assert.is(toHex(server.find(METER)!.reveal()), toHex(KEY.reveal()));
    assert.is(toHex(server.find(toUtf8("meter-2"))!.reveal()), toHex(OTHER_KEY.reveal()));
    const database = new DatabaseSync(join(directory, "psk.db"));
    const dataKeys = database.prepare("SELECT DISTINCT data_key FROM psk").all();
    assert.is(dataKeys.length, 2, "what is added since is sealed under a key that the old master key never wrapped");
    database.close();
    assert.equal(removedTexts(server), []);
    command.close();
  });
});

test("the list is in order of bytes, over several pages, and holds no keys", () => {
  withStore((store, directory) => {
    addMany(directory, 2500);
    const entries = [...store.list()];
    assert.is(entries.length, 2500);
    assert.is(store.count(), 2500);
    const texts = entries.map(({ identity }) => identityText(identity));
    assert.equal(texts, [...texts].sort());
    assert.equal(Object.keys(entries[0]!).sort(), ["addedAt", "identity", "shared"]);
  });
});

test("a list can be walked while keys are removed", () => {
  withStore((store, directory) => {
    addMany(directory, 1500);
    for (const { identity } of store.list()) store.remove(identity);
    assert.is(store.count(), 0);
  });
});

test("a running server sees at once what a command added and removed", () => {
  withTwo((server, command) => {
    command.add(METER, KEY, 5);
    assert.ok(server.find(METER));
    command.remove(METER);
    assert.is(server.find(METER), undefined);
  });
});

test("a running server is told once which identities were removed, in order", () => {
  withTwo((server, command) => {
    for (const name of ["b", "a", "c"]) command.add(toUtf8(name), KEY, 0);
    assert.equal(removedTexts(server), []);
    command.remove(toUtf8("b"));
    command.remove(toUtf8("a"));
    assert.equal(removedTexts(server), ["b", "a"]);
    assert.equal(removedTexts(server), []);
  });
});

test("what was removed before the server started is no news", () => {
  withStore((store, directory) => {
    store.add(METER, KEY, 0);
    store.remove(METER);
    const server = PskStore.open(directory, CRYPTO);
    assert.equal(removedTexts(server), []);
    server.close();
  });
});

test("a removal by the server itself is told too", () => {
  withStore((store) => {
    store.add(METER, KEY, 0);
    store.remove(METER);
    assert.equal(removedTexts(store), ["meter-1"]);
  });
});

test("a key that was replaced is told as removed", () => {
  withTwo((server, command) => {
    command.add(METER, KEY, 0);
    command.remove(METER);
    command.add(METER, OTHER_KEY, 0);
    assert.equal(removedTexts(server), ["meter-1"]);
  });
});

test("a key changed by another program is told as removed", () => {
  withStore((store, directory) => {
    store.add(METER, KEY, 0);
    const database = new DatabaseSync(join(directory, "psk.db"));
    database.exec("UPDATE psk SET sealed_key = zeroblob(44)");
    database.close();
    assert.equal(removedTexts(store), ["meter-1"]);
  });
});

test("the journal of removals holds its maximum, and a handle that it outran is told so", () => {
  withStore((late, directory) => {
    addMany(directory, REMOVAL_COUNT_MAX + 1);
    const prompt = PskStore.open(directory, CRYPTO);
    const database = new DatabaseSync(join(directory, "psk.db"));
    database.exec("DELETE FROM psk WHERE identity = CAST('n0' AS BLOB)");
    assert.equal(removedTexts(prompt), ["n0"]);
    database.exec("DELETE FROM psk");
    const rows = database.prepare("SELECT count(*) AS count FROM removal").get();
    assert.is(rows?.["count"], REMOVAL_COUNT_MAX);
    database.close();
    assert.is(prompt.refresh().length, REMOVAL_COUNT_MAX);
    assert.is(late.refresh(), "journalPruned");
    assert.equal(late.refresh(), []);
    prompt.close();
  });
});

/** Everything that is in the files of a directory. */
function bytesOn(directory: string): Buffer {
  return Buffer.concat(readdirSync(directory).map((name) => readFileSync(join(directory, name))));
}

/** Keys of 64 bytes that no other data looks like, and enough of them for a tree of several levels. */
function keyOf(index: number): Buffer {
  return createHash("sha512").update(`key ${index}`).digest();
}

test("a removed key is in none of the files, while a server has them open, and the others are", () => {
  withStore((server, directory) => {
    const command = PskStore.open(directory, CRYPTO);
    const count = 400;
    const identity = (index: number) => parseIdentity(`meter-${(index * 7919) % count}`);
    for (let i = 0; i < count; i++) command.add(identity(i), new Secret(keyOf(i)), i);
    const sealed = Array.from({ length: count }, (_, i) => sealedKeyOf(directory, identity(i)));
    assert.is(server.count(), count);
    for (let i = 0; i < count; i += 2) command.remove(identity(i));
    assert.ok(bytesOn(directory).includes(sealed[0]!), "no trace even before: the search finds nothing");
    assert.is(command.erase(), true);
    const bytes = bytesOn(directory);
    for (let i = 0; i < count; i++) assert.is(bytes.includes(sealed[i]!), i % 2 === 1, `key ${i}`);
    command.close();
  });
});

test("a log that a reader needs is not cut, and the caller learns it", () => {
  withStore((store, directory) => {
    store.add(METER, KEY, 1);
    const reader = new DatabaseSync(join(directory, "psk.db"));
    reader.exec("BEGIN; SELECT * FROM psk");
    const writer = new DatabaseSync(join(directory, "psk.db"), { timeout: 0 });
    writer.exec("DELETE FROM psk");
    assert.is(writer.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()?.["busy"], 1);
    reader.exec("COMMIT");
    assert.is(store.erase(), true);
    reader.close();
    writer.close();
  });
});

test("the file is its owner's only, and refused when it is not", () => {
  const directory = scratch();
  PskStore.open(directory, CRYPTO).close();
  const path = join(directory, "psk.db");
  assert.is(statSync(path).mode & 0o777, 0o600);
  chmodSync(path, 0o640);
  throwsStoreError(() => PskStore.open(directory, CRYPTO), "permissions", `chmod 600 ${path}`);
});

test.run();
