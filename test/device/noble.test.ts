// A device without Node.js's cryptography: the tests of its core, and of what it takes from dtls, once more on @noble/*.

import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const noble = suite("noble");

const LIMIT_MS = 550_000;
const TESTS = join(dirname(fileURLToPath(import.meta.url)), "..");
const CORE = readdirSync(join(TESTS, "device")).filter(
  (name) => name.endsWith(".test.js") && !/^(?:noble|browser)\./.test(name),
);
const FILES = [
  ...CORE.map((name) => join("device", name)),
  ...["key-schedule", "key-share"].map((name) => `dtls/handshake/${name}.test.js`),
  ...["aead", "cbc"].map((name) => `dtls/record/${name}.test.js`),
  "pair/dtls-handshake.test.js",
];

/** Runs these files in one process over the provider of that name; gives what it printed. */
function run(provider: string, files: readonly string[]): Promise<{ readonly failed: boolean; readonly text: string }> {
  const imports = files.map((file) => `import ${JSON.stringify(join(TESTS, file))};`).join("\n");
  const env = { ...process.env, NARROWBOAT_TEST_CRYPTO: provider };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--input-type=module", "--eval", imports],
      { env, timeout: LIMIT_MS, maxBuffer: 2 ** 24 },
      (error, stdout, stderr) => resolve({ failed: error !== null, text: stdout + stderr }),
    );
  });
}

noble("the device's core passes all its tests on the provider that needs no node:crypto", async () => {
  const { failed, text } = await run("noble", FILES);
  assert.not.ok(failed, text);
  const totals = /Total: +(\d+)\s+Passed: +(\d+)/.exec(text);
  assert.ok(totals !== null && Number(totals[1]) > 180 && totals[1] === totals[2], text);
});

noble("a provider that there is not is told of: the tests above do run on the one that they name", async () => {
  const { failed, text } = await run("none", FILES.slice(0, 1).concat("device/prefix-hash.test.js"));
  assert.ok(failed);
  assert.match(text, /there is no provider "none"/);
});

noble.run();
