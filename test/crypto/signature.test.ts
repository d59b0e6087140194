// Keys and signatures, alike from every provider.

import { createHash, generateKeyPairSync } from "node:crypto";
import { inspect } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat, EMPTY, toHex } from "../../src/base/bytes.ts";
import type { CryptoProvider } from "../../src/crypto/crypto-provider.ts";
import { nativeCrypto } from "../../src/crypto/native-crypto.ts";
import { nobleCrypto } from "../../src/crypto/noble-crypto.ts";
import { nodeCrypto } from "../../src/crypto/node-crypto.ts";
import { builtNativeParts } from "../support/native.ts";
import { hex } from "../vectors/dtls.ts";
import { pkcs8Of, SIGNATURE_VECTORS, spkiOf } from "../vectors/signature.ts";

const test = suite("signature");

const aead = builtNativeParts()?.aead;
const PROVIDERS: readonly (readonly [name: string, provider: CryptoProvider])[] = [
  ["node", nodeCrypto()],
  ["noble", nobleCrypto()],
  ...(aead === undefined ? [] : ([["native", nativeCrypto(aead)]] as const)),
];
const ED25519 = SIGNATURE_VECTORS[0]!;
const ES256 = SIGNATURE_VECTORS[2]!;
/** The order of P-256's group, and of Ed25519's. */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

for (const [name, crypto] of PROVIDERS) {
  for (const vector of SIGNATURE_VECTORS) {
    const { algorithm, privateKey, publicKey, message, signature } = vector;
    const spki = spkiOf(algorithm, publicKey);

    test(`${name}: ${vector.name} verifies, and with one byte of it changed does not`, () => {
      const key = crypto.verificationKey(spki)!;
      assert.equal([key.algorithm, key.verify(message, signature)], [algorithm, true]);
      assert.not(key.verify(concat(message, hex("00")), signature));
      for (let i = 0; i < signature.length; i += 7) {
        const wrong = signature.slice();
        wrong[i]! ^= 1;
        assert.not(key.verify(message, wrong), `byte ${i}`);
      }
    });

    test(`${name}: ${vector.name}, the private key gives the public one and signs`, () => {
      const key = crypto.signingKey(pkcs8Of(algorithm, privateKey, publicKey))!;
      assert.equal([key.algorithm, key.spki], [algorithm, spki]);
      assert.equal(key.keyId, new Uint8Array(createHash("sha256").update(spki).digest()));
      const made = key.sign(message);
      assert.is(made.length, 64);
      for (const [, other] of PROVIDERS) assert.ok(other.verificationKey(spki)!.verify(message, made));
      // OpenSSL draws the nonce of ECDSA.
      if (algorithm === "ed25519" || name === "noble") assert.equal(made, signature);
    });
  }

  test(`${name}: a signature of another length, or of zeros, is none`, () => {
    for (const { algorithm, publicKey, message, signature } of [ED25519, ES256]) {
      const key = crypto.verificationKey(spkiOf(algorithm, publicKey))!;
      for (const wrong of [EMPTY, signature.subarray(1), concat(signature, hex("00")), new Uint8Array(64)]) {
        assert.not(key.verify(message, wrong));
      }
    }
  });

  test(`${name}: RFC 8032 5.1.7: an s that is the group's order too large does not verify`, () => {
    const { publicKey, message, signature } = ED25519;
    const s = numberOf(signature.slice(32).reverse()) + ED25519_ORDER;
    const wrong = concat(signature.subarray(0, 32), bytesOf(s).reverse());
    assert.not(crypto.verificationKey(spkiOf("ed25519", publicKey))!.verify(message, wrong));
  });

  test(`${name}: FIPS 186-5 6.4.2: s and the order less s both verify, r + order does not`, () => {
    const { publicKey, message, signature } = ES256;
    const key = crypto.verificationKey(spkiOf("es256", publicKey))!;
    const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
    assert.ok(key.verify(message, concat(r, bytesOf(P256_ORDER - numberOf(s)))));
    for (const wrong of [
      concat(new Uint8Array(32), s),
      concat(r, bytesOf(P256_ORDER)),
      concat(bytesOf(P256_ORDER), s),
    ]) {
      assert.not(key.verify(message, wrong));
    }
  });

  test(`${name}: every key that OpenSSL writes is read`, () => {
    for (const pair of [generateKeyPairSync("ed25519"), generateKeyPairSync("ec", { namedCurve: "P-256" })]) {
      const spki = new Uint8Array(pair.publicKey.export({ type: "spki", format: "der" }));
      const key = crypto.signingKey(new Uint8Array(pair.privateKey.export({ type: "pkcs8", format: "der" })))!;
      assert.equal(key.spki, spki);
      assert.ok(crypto.verificationKey(spki)!.verify(hex("0102"), key.sign(hex("0102"))));
    }
  });

  test(`${name}: RFC 5958 2: a private key with its public key behind, and ES256's without`, () => {
    const { privateKey, publicKey } = ED25519;
    const withPublic = concat(hex("3051020101300506032b657004220420"), privateKey, hex("812100"), publicKey);
    assert.equal(crypto.signingKey(withPublic)!.spki, spkiOf("ed25519", publicKey));
    const head = hex("3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420");
    assert.equal(crypto.signingKey(concat(head, ES256.privateKey))!.spki, spkiOf("es256", ES256.publicKey));
  });

  test(`${name}: a public key that is not the private key's is refused with it`, () => {
    const other = spkiOf("es256", ES256.publicKey).slice(-65);
    other[64]! ^= 1;
    assert.is(crypto.signingKey(pkcs8Of("es256", ES256.privateKey, other)), undefined);
  });

  test(`${name}: no prefix of a key, nor a key with a byte behind it, is a key`, () => {
    for (const { algorithm, privateKey, publicKey } of [ED25519, ES256]) {
      const spki = spkiOf(algorithm, publicKey);
      const pkcs8 = pkcs8Of(algorithm, privateKey, publicKey);
      for (let length = 0; length < spki.length; length++) {
        assert.is(crypto.verificationKey(spki.subarray(0, length)), undefined);
      }
      for (let length = 0; length < pkcs8.length; length++) {
        assert.is(crypto.signingKey(pkcs8.subarray(0, length)), undefined);
      }
      assert.is(crypto.verificationKey(concat(spki, hex("00"))), undefined);
      assert.is(crypto.signingKey(concat(pkcs8, hex("00"))), undefined);
    }
  });

  test(`${name}: what is no point of P-256, compressed, or of small order, is no key`, () => {
    const offCurve = ES256.publicKey.slice();
    offCurve[64]! ^= 1;
    const compressed = concat(
      hex("3039301306072a8648ce3d020106082a8648ce3d030107032200 03"),
      ES256.publicKey.subarray(1, 33),
    );
    const identity = spkiOf("ed25519", hex(`01${"00".repeat(31)}`));
    const beyond = spkiOf("ed25519", hex(`f0${"ff".repeat(30)}7f`));
    const orderEight = hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85");
    const wrong = [spkiOf("es256", offCurve), compressed, identity, beyond, spkiOf("ed25519", orderEight)];
    for (const spki of wrong) assert.is(crypto.verificationKey(spki), undefined, toHex(spki));
  });

  test(`${name}: a scalar of zero, or of the group's order, is no private key`, () => {
    const head = hex("3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420");
    for (const scalar of [new Uint8Array(32), bytesOf(P256_ORDER)]) {
      assert.is(crypto.signingKey(concat(head, scalar)), undefined);
    }
  });

  test(`${name}: no printout of a signing key shows it`, () => {
    for (const { algorithm, privateKey, publicKey } of [ED25519, ES256]) {
      const key = crypto.signingKey(pkcs8Of(algorithm, privateKey, publicKey))!;
      const printed = inspect(key, { depth: 9, showHidden: true }) + JSON.stringify(key) + String(key);
      assert.not.match(printed, new RegExp(toHex(privateKey).slice(0, 8)));
      assert.not.match(printed, new RegExp([...privateKey.slice(0, 4)].join(", ?")));
    }
  });
}

test("a key of RSA, of P-384 and of X25519 is no key that is known here", () => {
  const pairs = [
    generateKeyPairSync("rsa", { modulusLength: 1024 }),
    generateKeyPairSync("ec", { namedCurve: "P-384" }),
    generateKeyPairSync("x25519"),
  ];
  const crypto = nodeCrypto();
  for (const { publicKey, privateKey } of pairs) {
    assert.is(crypto.verificationKey(new Uint8Array(publicKey.export({ type: "spki", format: "der" }))), undefined);
    assert.is(crypto.signingKey(new Uint8Array(privateKey.export({ type: "pkcs8", format: "der" }))), undefined);
  }
});

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes)}`);
}

function bytesOf(number: bigint): Uint8Array {
  return hex(number.toString(16).padStart(64, "0"));
}

test.run();
