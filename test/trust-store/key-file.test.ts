// Key files, also those that other tools write.

import { generateKeyPairSync, type KeyObject } from "node:crypto";
import fs, { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import type { CryptoProvider } from "../../src/crypto/crypto-provider.ts";
import { makeKeyFile, readPassphrase, readSigningKey, readVerificationKey } from "../../src/trust-store/key-file.ts";
import { ownKey } from "../../src/trust-store/own-key.ts";
import { spoken } from "../cli/spoken-command.ts";
import { scratchDirectories, throwsStoreError } from "../store/scratch-directory.ts";
import { CRYPTO } from "../support/crypto.ts";
import { watchBuiltin } from "../support/watched-builtin.ts";

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

/** The bytes of secrets that went by while `work` ran: what was read, written, and given to the provider. */
function secretsOf(work: (crypto: CryptoProvider) => void): Uint8Array[] {
  const secrets: Uint8Array[] = [];
  const note = (bytes: unknown) => {
    if (bytes instanceof Uint8Array && !Buffer.from(bytes).includes("PUBLIC KEY")) secrets.push(bytes);
  };
  const ends = [
    watchBuiltin(fs, "readFileSync", (_args, bytes) => note(bytes)),
    watchBuiltin(fs, "writeSync", (args) => note(args[1])),
  ];
  const signingKey = (pkcs8: Uint8Array) => {
    note(pkcs8);
    return CRYPTO.signingKey(pkcs8);
  };
  try {
    work({ ...CRYPTO, signingKey });
  } finally {
    for (const end of ends) end();
  }
  return secrets;
}

const isWiped = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

test("of a private key that is made, opened or refused, and of its passphrase, nothing is left in memory", () => {
  const directory = scratch();
  const [file, sealed] = ["maker.pem", "sealed.pem"].map((name) => join(directory, name)) as [string, string];
  const words = secretFile(directory, "words", "a passphrase");
  const shown = secretFile(directory, "shown", "read by others");
  chmodSync(shown, 0o644);
  const secrets = secretsOf((crypto) => {
    makeKeyFile(file, "ed25519", crypto);
    readSigningKey(file, crypto);
    makeKeyFile(sealed, "es256", crypto, toUtf8("a passphrase"));
    readSigningKey(sealed, crypto, words);
    throwsStoreError(() => readVerificationKey(file, crypto), "keyFile", "holds a private key");
    throwsStoreError(() => readPassphrase(shown), "permissions", "others may read");
  });
  assert.is(secrets.length, 11);
  assert.equal(
    secrets.map(isWiped),
    secrets.map(() => true),
  );
});

test("keygen leaves nothing of the passphrase in memory", async () => {
  const directory = scratch();
  const words = secretFile(directory, "words", "a passphrase");
  const read: Uint8Array[] = [];
  const end = watchBuiltin(fs, "readFileSync", (args, bytes) => {
    if (args[0] === words) read.push(bytes as Uint8Array);
  });
  const { code } = await spoken("keygen", join(directory, "maker.pem"), "--passphrase-file", words);
  end();
  assert.equal([code, read.map(isWiped)], [0, [true]]);
});

test.run();
