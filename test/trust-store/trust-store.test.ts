import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat, toHex } from "../../src/base/bytes.ts";
import { STORED_KEYS_MAX, TrustStore } from "../../src/trust-store/trust-store.ts";
import { type PublicKey, readTrustedKey } from "../../src/trust-store/trusted-key.ts";
import { scratchDirectories, throwsStoreError } from "../store/scratch-directory.ts";
import { CRYPTO } from "../support/crypto.ts";

const test = suite("trust-store");
const scratch = scratchDirectories(test);

/** Its id begins with these bytes; the store does not look at the key. */
function keyNamed(...begin: readonly number[]): PublicKey {
  const keyId = new Uint8Array(32);
  keyId.set(begin);
  return { algorithm: "ed25519", keyId, spki: concat(Uint8Array.of(0x30), keyId) };
}

test("a key for one product is believed for that, and a key for all for each", () => {
  const store = TrustStore.open(scratch());
  const [one, all, log] = [keyNamed(1), keyNamed(2), keyNamed(3)];
  assert.equal([store.add(one, "maker", "pump", 10), store.add(all, "maker", undefined, 20)], [true, true]);
  store.add(log, "log", undefined, 30);
  assert.not(store.add(one, "maker", "pump", 40));
  const idsFor = (product: string) => store.keysFor("maker", product).map(({ keyId }) => keyId[0]);
  assert.equal(
    [idsFor("pump"), idsFor("valve")],
    [[1], [2]].map((ids, i) => (i === 0 ? [1, 2] : ids)),
  );
  assert.equal(store.list()[0], { ...one, role: "maker", product: "pump", addedAt: 10 });
  store.close();
});

test("a revoked key stays and says so, in all of its roles, and is not taken back", () => {
  const directory = scratch();
  const store = TrustStore.open(directory);
  const key = keyNamed(0xab, 0xcd, 0xef, 0x01);
  store.add(key, "maker", "pump", 10);
  store.add(key, "maker", "valve", 10);
  assert.equal(store.revoke("ABCDEF01", 50), key.keyId);
  assert.is(store.revoke(toHex(key.keyId), 60), undefined);
  store.close();
  const again = TrustStore.open(directory);
  assert.equal(
    again.list().map(({ revokedAt }) => revokedAt),
    [50, 50],
  );
  throwsStoreError(() => again.add(key, "server", undefined, 70), "keyRevoked", "for good");
  again.close();
});

test("a key is named by 8 digits of its id at least, and by so many that no other begins alike", () => {
  const store = TrustStore.open(scratch());
  store.add(keyNamed(1, 2, 3, 4, 5), "maker", undefined, 10);
  store.add(keyNamed(1, 2, 3, 4, 6), "maker", undefined, 10);
  throwsStoreError(() => store.revoke("0102030", 20), "keyUnknown", "no trusted key");
  throwsStoreError(() => store.revoke("01020304", 20), "keyUnknown", "2 keys");
  throwsStoreError(() => store.revoke("%", 20), "keyUnknown");
  assert.ok(store.revoke("0102030405", 20));
  store.close();
});

test("the keys have a maximum", () => {
  const store = TrustStore.open(scratch());
  for (let i = 0; i < STORED_KEYS_MAX; i++) store.add(keyNamed(1 + (i >> 8), i & 0xff), "maker", undefined, i);
  throwsStoreError(() => store.add(keyNamed(99), "maker", undefined, 1), "tooManyKeys", String(STORED_KEYS_MAX));
  store.close();
});

test("a maker may have a bootloader's key, RSA or P-384; a server, a log and a witness may not", () => {
  const file = join(scratch(), "key.pub");
  const write = (key: KeyObject) => writeFileSync(file, key.export({ type: "spki", format: "pem" }));
  for (const [algorithm, key] of [
    ["rsa2048", generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey],
    ["es384", generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey],
  ] as const) {
    write(key);
    assert.is(readTrustedKey(file, "maker", CRYPTO).algorithm, algorithm);
    throwsStoreError(() => readTrustedKey(file, "server", CRYPTO), "keyFile", algorithm);
  }
  write(generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey);
  throwsStoreError(() => readTrustedKey(file, "maker", CRYPTO), "keyFile", "nobody uses");
});

test.run();
