// Keys, as an operator adds, lists, imports and removes them.

import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { MAIN, narrowboat, Program, startServe } from "./narrowboat.ts";

const test = suite("psk");
const scratch = scratchDirectories(test);

test("without --key a random 16-byte key is made and printed once", async () => {
  const directory = scratch();
  const { code, stdout } = await narrowboat(directory, "psk", "add", "meter-7");
  assert.is(code, 0);
  const key = /^identity {2}meter-7\nkey {7}([0-9a-f]{32})\n$/.exec(stdout)?.[1] ?? "";
  assert.is.not(key, "");
  const second = await narrowboat(directory, "psk", "add", "meter-8");
  assert.not.ok(second.stdout.includes(key), "the same key twice");
  assert.not.ok((await narrowboat(directory, "psk", "list")).stdout.includes(key));
});

test("a key that the operator gives is not printed again", async () => {
  const { code, stdout, stderr } = await narrowboat(scratch(), "psk", "add", "meter-7", "--key", "c0ffee11c0ffee11");
  assert.is(code, 0);
  assert.is(stdout, "meter-7 added\n");
  assert.not.ok(stderr.includes("c0ffee11"));
});

test("the same key again changes nothing; another one is refused with what to do first", async () => {
  const directory = scratch();
  await narrowboat(directory, "psk", "add", "meter-7", "--key", "0011");
  const same = await narrowboat(directory, "psk", "add", "meter-7", "--key", "0011");
  assert.is(same.code, 0);
  assert.is(same.stdout, "meter-7 has this key already: nothing changed\n");
  const other = await narrowboat(directory, "psk", "add", "meter-7", "--key", "0022");
  assert.is(other.code, 1);
  assert.match(other.stderr, /^narrowboat: the identity meter-7 has another key: remove it first with psk remove/);
});

test("RFC 4279 5.3: keys that are no hex, and identities above 128 bytes: exit code 2", async () => {
  const directory = scratch();
  const badKey = await narrowboat(directory, "psk", "add", "a", "--key", "secret");
  assert.is(badKey.code, 2);
  assert.is(badKey.stderr, "narrowboat: the key is not pairs of hex digits: write two for each byte\n");
  const badIdentity = await narrowboat(directory, "psk", "add", "a".repeat(129));
  assert.is(badIdentity.code, 2);
  assert.match(badIdentity.stderr, /^narrowboat: the identity has 129 bytes: use 1 to 128/);
});

test("a key shorter than 16 bytes works and is named in one line on stderr; its bytes are not", async () => {
  const directory = scratch();
  const short = await narrowboat(directory, "psk", "add", "meter-7", "--key", "c0ffee11c0ffee11c0ffee11c0ffee");
  assert.is(short.code, 0);
  assert.is(short.stdout, "meter-7 added\n");
  assert.match(short.stderr, /^narrowboat: the key of meter-7 has 15 bytes: [^\n]*\n$/);
  assert.not.ok(short.stderr.includes("c0ffee"));
  const long = await narrowboat(directory, "psk", "add", "meter-8", "--key", "c0ffee11c0ffee11c0ffee11c0ffee11");
  assert.is(long.stderr, "");
  assert.is((await narrowboat(directory, "psk", "add", "meter-9")).stderr, "");
});

test("add --shared marks a key that many devices have, also one that is there already", async () => {
  const directory = scratch();
  const add = ["psk", "add", "fleet", "--key", "c0ffee11c0ffee11c0ffee11c0ffee11"];
  assert.is((await narrowboat(directory, ...add)).stdout, "fleet added\n");
  assert.is((await narrowboat(directory, ...add, "--shared")).stdout, "fleet added\n");
  assert.match((await narrowboat(directory, ...add, "--shared")).stdout, /^fleet has this key already/);
});

test("import names keys shorter than 16 bytes in one line: how many, and the first", async () => {
  const directory = scratch();
  const file = join(directory, "keys.csv");
  const data = ["--data", join(directory, "data")];
  writeFileSync(file, "a,00112233445566778899aabbccddeeff\nb,0011\nc,0022\n");
  const both = await narrowboat(directory, "psk", "import", file, ...data);
  assert.is(both.stdout, "3 added, 0 known before\n");
  assert.match(both.stderr, /^narrowboat: 2 keys, the first that of b, shorter than 16 bytes: [^\n]*\n$/);
  writeFileSync(file, "d,0011\n");
  const one = await narrowboat(directory, "psk", "import", file, ...data);
  assert.match(one.stderr, /^narrowboat: 1 key, that of d, shorter than 16 bytes: [^\n]*\n$/);
  writeFileSync(file, "e,00112233445566778899aabbccddeeff\n");
  assert.is((await narrowboat(directory, "psk", "import", file, ...data)).stderr, "");
});

test("remove takes the key from the disk while a server runs", async () => {
  const directory = scratch();
  const key = "1d7e1bd0c9a94ae0a3f5c2d4b6e8f01234";
  await narrowboat(directory, "psk", "add", "meter-7", "--key", key);
  const { program } = await startServe(directory);
  const data = join(directory, "narrowboat-data");
  const database = new DatabaseSync(join(data, "psk.db"));
  const sealed = Buffer.from(database.prepare("SELECT sealed_key FROM psk").get()!["sealed_key"] as Uint8Array);
  database.close();
  const onDisk = () => {
    const files = readdirSync(data).filter((name) => name.startsWith("psk.db"));
    return files.some((name) => readFileSync(join(data, name)).includes(sealed));
  };
  assert.is(onDisk(), true);
  const removed = await narrowboat(directory, "psk", "remove", "meter-7");
  assert.is(onDisk(), false);
  await program.kill("SIGTERM");
  assert.equal([removed.stdout, removed.stderr], ["meter-7 removed\n", ""]);
});

test("a data directory that others may enter is refused; a group that --data-group named once may", async () => {
  const directory = scratch();
  const data = join(directory, "narrowboat-data");
  mkdirSync(data, { mode: 0o700 });
  chmodSync(data, 0o755);
  for (const words of [["psk", "list"], ["images"], ["serve", "--coaps-port", "0"]]) {
    const refused = await narrowboat(directory, ...words);
    assert.is(refused.code, 2);
    assert.match(refused.stderr, /^narrowboat: others may enter the data directory \S+: run chmod 700 \S+\n$/);
  }
  const shared = await narrowboat(directory, "psk", "list", "--data-group", String(statSync(data).gid));
  assert.equal([shared.code, shared.stderr], [0, ""]);
  assert.is(statSync(data).mode & 0o777, 0o750);
  assert.is((await narrowboat(directory, "images")).code, 0);
});

test("list shows which keys are shared", async () => {
  const directory = scratch();
  await narrowboat(directory, "psk", "add", "fleet", "--key", "0011", "--shared");
  await narrowboat(directory, "psk", "add", "meter", "--key", "0011");
  assert.match((await narrowboat(directory, "psk", "list")).stdout, /^\S+Z {2}fleet {2}shared\n\S+Z {2}meter\n$/);
  const entries = JSON.parse((await narrowboat(directory, "psk", "list", "--json")).stdout) as { shared: boolean }[];
  assert.equal(
    entries.map(({ shared }) => shared),
    [true, false],
  );
});

test("list has a line for each identity, its JSON an object for each, and neither has keys", async () => {
  const directory = scratch();
  assert.is((await narrowboat(directory, "psk", "list")).stdout, "no keys: add one with narrowboat psk add\n");
  assert.is((await narrowboat(directory, "psk", "list", "--json")).stdout, "[]\n");
  await narrowboat(directory, "psk", "add", "b", "--key", "0011");
  await narrowboat(directory, "psk", "add", "hex:00ff", "--key", "0011");
  const lines = (await narrowboat(directory, "psk", "list")).stdout;
  assert.match(lines, /^\S+Z {2}hex:00ff\n\S+Z {2}b\n$/);
  const entries = JSON.parse((await narrowboat(directory, "psk", "list", "--json")).stdout) as object[];
  assert.equal(
    entries.map((entry) => Object.keys(entry)),
    [
      ["identity", "addedAt", "shared"],
      ["identity", "addedAt", "shared"],
    ],
  );
});

test("add --json and remove --json say what happened", async () => {
  const directory = scratch();
  const added = JSON.parse((await narrowboat(directory, "psk", "add", "a", "--json")).stdout) as { key: string };
  assert.equal(added, { identity: "a", key: added.key, added: true });
  assert.match(added.key, /^[0-9a-f]{32}$/);
  const given = await narrowboat(directory, "psk", "add", "b", "--key", "00", "--json");
  assert.equal(JSON.parse(given.stdout), { identity: "b", added: true });
  const removed = await narrowboat(directory, "psk", "remove", "a", "--json");
  assert.equal(JSON.parse(removed.stdout), { identity: "a", removed: true });
});

test("removing what is not there: exit code 1", async () => {
  const { code, stderr } = await narrowboat(scratch(), "psk", "remove", "nobody");
  assert.is(code, 1);
  assert.is(stderr, "narrowboat: nobody has no key: narrowboat psk list shows who has\n");
});

test("import counts what is new and what was known", async () => {
  const directory = scratch();
  writeFileSync(join(directory, "keys.csv"), "identity,key\na,0011\nb,0022\n");
  const first = await narrowboat(directory, "psk", "import", "keys.csv");
  assert.is(first.code, 0);
  assert.is(first.stdout, "2 added, 0 known before\n");
  const second = await narrowboat(directory, "psk", "import", "keys.csv", "--json");
  assert.equal(JSON.parse(second.stdout), { added: 0, known: 2 });
});

test("a line of a CSV file that is no key: its number, exit code 2, nothing imported", async () => {
  const directory = scratch();
  writeFileSync(join(directory, "keys.csv"), "a,0011\nb,secret\n");
  const { code, stderr } = await narrowboat(directory, "psk", "import", "keys.csv");
  assert.is(code, 2);
  assert.match(stderr, /^narrowboat: keys\.csv line 2: .*nothing was imported\n$/);
  assert.not.match(stderr, /secret/);
  assert.is((await narrowboat(directory, "psk", "list", "--json")).stdout, "[]\n");
});

test("a CSV file that is not there: exit code 2", async () => {
  const { code, stderr } = await narrowboat(scratch(), "psk", "import", "none.csv");
  assert.is(code, 2);
  assert.match(stderr, /^narrowboat: cannot read none\.csv: ENOENT/);
});

test("keys that others may read: refused with the command that mends it", async () => {
  const directory = scratch();
  await narrowboat(directory, "psk", "add", "a");
  const file = join(directory, "narrowboat-data", "psk.db");
  assert.is(statSync(file).mode & 0o777, 0o600);
  chmodSync(file, 0o644);
  const { code, stderr } = await narrowboat(directory, "psk", "list");
  assert.is(code, 2);
  assert.match(stderr, /^narrowboat: others may read the keys in .*: run chmod 600 /);
});

test("a reader that goes away early, as head does, is no error", async () => {
  const directory = scratch();
  const lines = Array.from({ length: 20_000 }, (_, i) => `device-${i},0011\n`);
  writeFileSync(join(directory, "keys.csv"), lines.join(""));
  await narrowboat(directory, "psk", "import", "keys.csv");
  const program = new Program(MAIN, ["psk", "list"], { cwd: directory });
  program.child.stdout?.once("data", () => program.child.stdout?.destroy());
  const { code, stderr } = await program.ended;
  assert.is(stderr, "");
  assert.is(code, 0);
});

test.run();
