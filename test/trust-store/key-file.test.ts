// Key files, also those that other tools write.

import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import { makeKeyFile, readPassphrase, readSigningKey, readVerificationKey } from "../../src/trust-store/key-file.ts";
import { ownKey } from "../../src/trust-store/own-key.ts";
import { scratchDirectories, throwsStoreError } from "../store/scratch-directory.ts";
import { CRYPTO } from "../support/crypto.ts";

const test = suite("key-file");
const scratch = scratchDirectories(test);

const MESSAGE = toUtf8("what a maker says");

function secretFile(directory: string, name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

for (const algorithm of ["ed25519", "es256"] as const) {
  test(`${algorithm}: a key is made, of mode 0600, with its public part beside it, and nothing else is left`, () => {
    const directory = scratch();
    const file = join(directory, "maker.pem");
    const made = makeKeyFile(file, algorithm, CRYPTO)!;
    assert.equal(readdirSync(directory).sort(), ["maker.pem", "maker.pem.pub"]);
    assert.equal([statSync(file).mode & 0o777, statSync(`${file}.pub`).mode & 0o777], [0o600, 0o644]);
    assert.match(readFileSync(file, "latin1"), /^-----BEGIN PRIVATE KEY-----\n/);
    const publicKey = readVerificationKey(`${file}.pub`, CRYPTO);
    assert.equal([made.algorithm, publicKey.keyId], [algorithm, made.keyId]);
    assert.ok(publicKey.verify(MESSAGE, readSigningKey(file, CRYPTO).sign(MESSAGE)));
  });

  test(`${algorithm}: sealed by a passphrase, it opens with that, and says what is missing or wrong`, () => {
    const directory = scratch();
    const file = join(directory, "maker.pem");
    const right = secretFile(directory, "right", "correct horse\r\nsecond line\n");
    const wrong = secretFile(directory, "wrong", "battery staple\n");
    makeKeyFile(file, algorithm, CRYPTO, readPassphrase(right));
    assert.match(readFileSync(file, "latin1"), /^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    const publicKey = readVerificationKey(`${file}.pub`, CRYPTO);
    assert.ok(publicKey.verify(MESSAGE, readSigningKey(file, CRYPTO, right).sign(MESSAGE)));
    throwsStoreError(() => readSigningKey(file, CRYPTO), "keyFile", "--passphrase-file");
    throwsStoreError(() => readSigningKey(file, CRYPTO, wrong), "keyFile", "does not open", file);
  });
}

test("neither the key nor its public part takes another file's place", () => {
  for (const name of ["maker.pem", "maker.pem.pub"]) {
    const directory = scratch();
    const there = secretFile(directory, name, "mine");
    assert.is(makeKeyFile(join(directory, "maker.pem"), "ed25519", CRYPTO), undefined);
    assert.equal([readFileSync(there, "utf8"), readdirSync(directory)], ["mine", [name]]);
  }
});

test("a private key that others may read is refused, and so is a passphrase", () => {
  const directory = scratch();
  const file = join(directory, "maker.pem");
  makeKeyFile(file, "ed25519", CRYPTO);
  chmodSync(file, 0o640);
  throwsStoreError(() => readSigningKey(file, CRYPTO), "permissions", `chmod 600 ${file}`);
  const passphrase = secretFile(directory, "passphrase", "correct horse");
  chmodSync(passphrase, 0o604);
  throwsStoreError(() => readPassphrase(passphrase), "permissions");
});

test("what is no key gives one line that shows nothing of it", () => {
  const directory = scratch();
  const pem = (key: KeyObject) => String(key.export({ type: "pkcs8", format: "pem" }));
  const { privateKey } = generateKeyPairSync("ed25519");
  const cut = pem(privateKey).replace(/.{20}\n-----END/, "\n-----END");
  for (const text of [
    "",
    "c0ffee11c0ffee11",
    cut,
    pem(generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey),
    pem(generateKeyPairSync("x25519").privateKey),
  ]) {
    const file = secretFile(directory, "some.pem", text);
    throwsStoreError(() => readSigningKey(file, CRYPTO), "keyFile", "narrowboat keygen");
    writeFileSync(`${file}.pub`, text.includes("PRIVATE") ? "-----BEGIN PUBLIC KEY-----\nAAAA" : text);
    throwsStoreError(() => readVerificationKey(`${file}.pub`, CRYPTO), "keyFile", "narrowboat keygen");
  }
  throwsStoreError(() => readSigningKey(join(directory, "none"), CRYPTO), "unreadable", "ENOENT");
  throwsStoreError(() => readPassphrase(secretFile(directory, "empty", "\nx")), "keyFile", "first line");
});

test("a private key where a public one is wanted is not looked at", () => {
  const file = join(scratch(), "maker.pem");
  makeKeyFile(file, "ed25519", CRYPTO);
  throwsStoreError(() => readVerificationKey(file, CRYPTO), "keyFile", `name the public one, ${file}.pub`);
});

test("keys as openssl writes them: EC with its parameters' curve by name, and in the form before PKCS#8", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const file = secretFile(scratch(), "ec.pem", String(privateKey.export({ type: "sec1", format: "pem" })));
  const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  assert.equal(readSigningKey(file, CRYPTO).spki, spki);
});

test("a server's own keys are made once, one for each role", () => {
  const directory = scratch();
  const [server, log] = [ownKey(directory, "server", CRYPTO), ownKey(directory, "log", CRYPTO)];
  assert.not.equal(server.keyId, log.keyId);
  assert.equal(ownKey(directory, "server", CRYPTO).keyId, server.keyId);
  assert.equal(readVerificationKey(join(directory, "server-key.pem.pub"), CRYPTO).keyId, server.keyId);
});

test("a server's own key of which only the public part is left is not made anew in silence", () => {
  const directory = scratch();
  secretFile(directory, "server-key.pem.pub", "x");
  throwsStoreError(() => ownKey(directory, "server", CRYPTO), "keyFile", "put it back");
});

test.run();
