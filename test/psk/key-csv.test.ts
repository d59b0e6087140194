import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { identityText, parseIdentity } from "../../psk/identity.ts";
import { type ImportCount, PskStore } from "../../psk/psk-store.ts";
import { toHex } from "../../src/base/bytes.ts";
import { rejectsStoreError, scratchDirectories } from "../store/scratch-directory.ts";
import { CRYPTO } from "../support/crypto.ts";

const test = suite("key-csv");
const scratch = scratchDirectories(test);

const LEAK = "c0ffeec0ffeec0ffee";

interface Imported {
  readonly store: PskStore;
  readonly result: Promise<ImportCount>;
}

function importing(content: string | Uint8Array, onProgress?: (done: number, total: number) => void): Imported {
  const directory = scratch();
  const file = join(directory, "keys.csv");
  writeFileSync(file, content);
  const store = PskStore.open(directory, CRYPTO);
  return { store, result: store.importCsv(file, 7, onProgress) };
}

/** What the store holds after the import, as identity=key. */
async function imported(content: string): Promise<string[]> {
  const { store, result } = importing(content);
  await result;
  const held = [...store.list()].map(
    ({ identity }) => `${identityText(identity)}=${toHex(store.find(identity)!.reveal())}`,
  );
  store.close();
  return held;
}

/** Fails unless the import is refused with a line's number and these words, leaves nothing, and shows no key. */
async function refused(content: string | Uint8Array, line: number, ...words: readonly string[]): Promise<void> {
  const { store, result } = importing(content);
  const error = await result.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.not.ok(inspect(error, { depth: 9, showHidden: true }).includes(LEAK), "a key is shown");
  await rejectsStoreError(result, "csvLine", `keys.csv line ${line}: `, "nothing was imported", ...words);
  assert.is(store.count(), 0);
  store.close();
}

const ACCEPTED: readonly (readonly [string, string, readonly string[]])[] = [
  ["lines", "a,01\nb,0203\n", ["a=01", "b=0203"]],
  ["a header", "identity,key\na,01\n", ["a=01"]],
  ["a byte order mark before the header", "\ufeffidentity,key\na,01\n", ["a=01"]],
  ["no line end at the end", "a,01\nb,02", ["a=01", "b=02"]],
  ["lines that end as in Windows", "identity,key\r\na,01\r\nb,02\r\n", ["a=01", "b=02"]],
  ["comments and blank lines", "# by hand\n\na,01\n\n# end\n", ["a=01"]],
  ["a number sign inside an identity", "a#1,01\n", ["a#1=01"]],
  ["a quoted identity with a comma", '"a, ""b""",01\n', ['a, "b"=01']],
  ["an identity in hex digits", "hex:00ff,01\n", ["hex:00ff=01"]],
  ["an identity named identity", "identity,key\nidentity,01\n", ["identity=01"]],
  ["the same line twice", "a,01\na,01\n", ["a=01"]],
  ["nothing", "", []],
];
for (const [what, content, held] of ACCEPTED) {
  test(`a file of ${what} is imported`, async () => {
    assert.equal(await imported(content), held);
  });
}

const REFUSED: readonly (readonly [string, string | Uint8Array, number, string])[] = [
  ["a key that is not hex digits", `a,01\nb,${LEAK}x\n`, 2, "the key is not pairs of hex digits"],
  ["a key of 65 bytes", `a,${LEAK}${"00".repeat(56)}\n`, 1, "65 bytes"],
  ["no key", "a,01\nb,\n", 2, "0 bytes"],
  ["no identity", `,${LEAK}\n`, 1, "0 bytes"],
  ["an identity of 129 bytes", `# long\n${"i".repeat(129)},${LEAK}\n`, 2, "129 bytes"],
  [
    "an identity that is not UTF-8",
    Buffer.concat([Buffer.from("a,01\n"), Buffer.of(0xff), Buffer.from(",02")]),
    2,
    "UTF-8",
  ],
  ["one field", `a,01\n\n${LEAK}\n`, 3, "1 fields"],
  ["three fields", `a,${LEAK},x\n`, 1, "3 fields"],
  ["columns the wrong way round", `${LEAK},meter\n`, 1, "hex digits"],
  ["a quote that is not closed", `a,01\n"b,${LEAK}\n`, 2, "quotes"],
  ["a quote inside a field", `a,01\nb,${LEAK}"\n`, 2, "quotes"],
  ["an endless field", `a,01\nb,${LEAK.repeat(1000)}\n`, 2, "too long"],
  ["two keys for one identity", `a,01\na,${LEAK}\n`, 2, "a has another key"],
];
for (const [what, content, line, words] of REFUSED) {
  test(`a file with ${what} is refused by its line, whole`, async () => {
    await refused(content, line, words);
  });
}

test("an identity that is there with the same key is counted as known", async () => {
  const { store, result } = importing("a,01\nb,02\n");
  const shorts = { shortCount: 2, firstShort: parseIdentity("a") };
  assert.equal(await result, { addedCount: 2, knownCount: 0, ...shorts });
  const file = join(scratch(), "more.csv");
  writeFileSync(file, "b,02\nc,03\n");
  assert.equal(await store.importCsv(file, 8), {
    addedCount: 1,
    knownCount: 1,
    shortCount: 2,
    firstShort: parseIdentity("b"),
  });
  store.close();
});

test("an identity that is there with another key stops the import, and the store stays as it was", async () => {
  const { store, result } = importing("a,01\n");
  await result;
  const file = join(scratch(), "more.csv");
  writeFileSync(file, "b,02\na,03\n");
  await rejectsStoreError(store.importCsv(file, 8), "csvLine", "line 2", "a has another key");
  assert.is(store.count(), 1);
  assert.is(toHex(store.find(parseIdentity("a"))!.reveal()), "01");
  store.close();
});

test("a missing file and a directory are named", async () => {
  const directory = scratch();
  const store = PskStore.open(directory, CRYPTO);
  await rejectsStoreError(store.importCsv(join(directory, "none.csv"), 0), "unreadable", "none.csv", "ENOENT");
  await rejectsStoreError(store.importCsv(directory, 0), "unreadable", directory, "EISDIR");
  store.close();
});

test("progress of 25,000 lines ends at the file's length", async () => {
  const content = Array.from({ length: 25_000 }, (_, i) => `meter-${i},00ff\n`).join("");
  const calls: (readonly [number, number])[] = [];
  const { store, result } = importing(content, (done, total) => calls.push([done, total]));
  assert.is((await result).addedCount, 25_000);
  assert.is(calls.length, 3);
  assert.equal(calls.at(-1), [content.length, content.length]);
  for (const [done, total] of calls) assert.ok(done > 0 && done <= total);
  store.close();
});

test.run();
