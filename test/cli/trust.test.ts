// Keys, from the maker's hand into the server's trust.

import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { startServe } from "./narrowboat.ts";
import { type Spoken, spoken } from "./spoken-command.ts";

const test = suite("trust");
const scratch = scratchDirectories(test);

/** In a directory, with its files by their names. */
function inside(directory: string): (...words: readonly string[]) => Promise<Spoken> {
  const isFile = (word: string) => /^(?:maker\.pem|pass|none)/.test(word);
  return (...words) =>
    spoken(...words.map((word) => (isFile(word) ? join(directory, word) : word)), "--data", join(directory, "data"));
}

test("keygen, trust add, list, revoke: one key id all along, and no private key in any output", async () => {
  const directory = scratch();
  const say = inside(directory);
  const made = await say("keygen", "maker.pem", "--json");
  const { keyId } = JSON.parse(made.stdout) as { keyId: string };
  const added = await say("trust", "add", "maker.pem.pub", "--product", "pump");
  assert.match(added.stdout, new RegExp(`^role +maker\nproduct +pump\nalgorithm +ed25519\nkey id +${keyId}\n$`));
  const again = await say("trust", "add", "maker.pem.pub", "--product", "pump");
  assert.match(again.stdout, /nothing changed\n$/);
  const listed = await say("trust", "list");
  assert.match(listed.stdout, new RegExp(`^maker +pump +ed25519 +${keyId} +\\d{4}-`, "m"));
  assert.match(listed.stdout, /^server +all +ed25519 +[0-9a-f]{64} +.*server-key\.pem\.pub$/m);
  const revoked = await say("trust", "revoke", keyId.slice(0, 8));
  assert.is(revoked.stdout, `${keyId} revoked\n`);
  const refused = await say("trust", "add", "maker.pem.pub");
  assert.equal(
    [refused.code, refused.stderr],
    [1, `narrowboat: the key ${keyId} was revoked, and that is for good: make another one\n`],
  );
  const said = [made, added, listed, revoked, refused].map(({ stdout, stderr }) => stdout + stderr).join("");
  const [, secret = ""] = readFileSync(join(directory, "maker.pem"), "latin1").split("\n");
  assert.is(secret.length, 64);
  assert.not.ok(said.includes(secret.slice(-40)));
});

test("a maker's key is revoked while a server serves: what it released is there no longer, and transfers of it end with 4.04", async () => {
  const directory = scratch();
  const say = inside(directory);
  const { keyId } = JSON.parse((await say("keygen", "maker.pem", "--json")).stdout) as { keyId: string };
  await say("trust", "add", "maker.pem.pub", "--product", "pump");
  writeFileSync(join(directory, "none.bin"), "an image");
  const named = ["--product", "pump", "--version", "1.2.0", "--key", "maker.pem", "--no-wait"];
  assert.is((await say("release", "none.bin", ...named)).code, 0);
  const serve = () => startServe(directory, "--coap", "--host", "127.0.0.1", "--data", join(directory, "data"));
  const server = await serve();
  const pulled = async (path: string, { coapPort } = server) => {
    const { code, stderr } = await say("pull", `coap://127.0.0.1:${coapPort}${path}`, "-o", "none.out");
    return code === 0 ? "there" : /\b[45]\.\d\d\b/.exec(stderr)?.[0];
  };
  assert.equal([await pulled("/fw/pump/1.2.0"), await pulled("/m/pump")], ["there", "there"]);
  const revoked = await say("trust", "revoke", keyId.slice(0, 8));
  assert.is(revoked.stdout, `${keyId} revoked; 1 release that it signed is offered no longer\n`);
  while ((await pulled("/fw/pump/1.2.0")) === "there") await wait(100);
  assert.equal([await pulled("/fw/pump/1.2.0"), await pulled("/m/pump")], ["4.04", "4.04"]);
  assert.is((await say("trust", "revoke", keyId)).stdout, "it was revoked before: nothing changed\n");
  await server.program.kill("SIGTERM");
  const again = await serve();
  assert.is(await pulled("/fw/pump/1.2.0", again), "4.04");
  await again.program.kill("SIGTERM");
});

test("keygen overwrites nothing, exit code 1, and makes ES256 and sealed keys", async () => {
  const directory = scratch();
  const say = inside(directory);
  writeFileSync(join(directory, "pass"), "correct horse\n", { mode: 0o600 });
  const words = ["keygen", "maker.pem", "--algorithm", "es256", "--passphrase-file", "pass"];
  assert.is((await say(...words)).code, 0);
  const file = join(directory, "maker.pem");
  const before = statSync(join(directory, "maker.pem")).mtimeMs;
  const { code, stderr } = await say(...words);
  assert.equal([code, stderr], [1, `narrowboat: ${file} or ${file}.pub exists, and no key is overwritten\n`]);
  assert.is(statSync(join(directory, "maker.pem")).mtimeMs, before);
});

test("a product that is no name, a private key, and a role that is none: exit code 2 and one line", async () => {
  const directory = scratch();
  const say = inside(directory);
  await say("keygen", "maker.pem");
  for (const words of [
    ["maker.pem.pub", "--product", "a/b"],
    ["maker.pem"],
    ["maker.pem.pub", "--role", "king"],
    ["none"],
  ]) {
    const { code, stderr } = await say("trust", "add", ...words);
    assert.is(code, 2);
    assert.match(stderr, /^narrowboat: [^\n]+\n$/);
  }
});

test.run();
