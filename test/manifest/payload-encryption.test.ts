// The four examples of the draft, read, decrypted and written again; and what we encrypt ourselves.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat, EMPTY, equal, toHex, toUtf8 } from "../../src/base/bytes.ts";
import type { Result } from "../../src/base/result.ts";
import { type CborValue, Tagged } from "../../src/cbor/cbor-value.ts";
import { encodeCbor } from "../../src/cbor/encode-cbor.ts";
import { hkdfSha256 } from "../../src/crypto/hkdf.ts";
import { nobleCrypto } from "../../src/crypto/noble-crypto.ts";
import {
  decodeEncryptionInfo,
  type EncryptionInfo,
  encodeEncryptionInfo,
  RECIPIENTS_MAX,
} from "../../src/manifest/cose-encrypt.ts";
import { isMac0 } from "../../src/manifest/cose-mac0.ts";
import { decryptPayload, encryptPayload, type OwnKey } from "../../src/manifest/payload-encryption.ts";
import { pseudonymOf } from "../../src/registry/pseudonym.ts";
import { CRYPTO } from "../support/crypto.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { WatchingCrypto } from "../support/watching-crypto.ts";
import {
  ENCRYPTION_EXAMPLES,
  KEY_ENCRYPTION_KEY,
  PLAINTEXT,
  RECIPIENT_PRIVATE_KEY,
  RECIPIENT_PUBLIC_KEY,
} from "../vectors/suit-encryption.ts";

const test = suite("payload-encryption");

const SECRET: OwnKey = { kind: "a128kw", kid: toUtf8("kid-1"), secret: KEY_ENCRYPTION_KEY };
const PRIVATE_KEY: OwnKey = { kind: "ecdhEs", privateKey: RECIPIENT_PRIVATE_KEY };

function read(result: Result<EncryptionInfo, unknown>): EncryptionInfo {
  assert.ok(result.ok, result.ok ? "" : JSON.stringify(result.error));
  return result.value;
}

for (const { name, info: bytes, ciphertext } of ENCRYPTION_EXAMPLES) {
  const own = name.startsWith("aes-kw") ? SECRET : PRIVATE_KEY;
  const isAuthenticated = name.endsWith("gcm");

  test(`${name}: is read, and written again byte for byte`, () => {
    assert.is(toHex(encodeEncryptionInfo(read(decodeEncryptionInfo(bytes)))), toHex(bytes));
  });

  test(`${name}: is decrypted by its recipient, with each provider`, () => {
    for (const crypto of [CRYPTO, nobleCrypto()]) {
      const info = read(decodeEncryptionInfo(bytes));
      assert.equal(decryptPayload(crypto, { info, ciphertext }, own), { ok: true, value: PLAINTEXT });
    }
  });

  test(`${name}: with any byte changed it is refused, or gives another image`, () => {
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at]! ^= 0x04;
      const decoded = decodeEncryptionInfo(changed);
      const opened = decoded.ok ? decryptPayload(CRYPTO, { info: decoded.value, ciphertext }, own) : undefined;
      assert.not(opened?.ok === true && equal(opened.value, PLAINTEXT), `byte ${at}`);
    }
  });

  test(`${name}: a changed ciphertext is ${isAuthenticated ? "refused" : "not noticed here, but by its digest"}`, () => {
    const info = read(decodeEncryptionInfo(bytes));
    const changed = ciphertext.slice();
    changed[3]! ^= 1;
    const opened = decryptPayload(CRYPTO, { info, ciphertext: changed }, own);
    if (isAuthenticated) assert.equal(opened, { ok: false, error: "ciphertextWrong" });
    else assert.ok(opened.ok && !equal(opened.value, PLAINTEXT));
  });
}

const IMAGE = Uint8Array.from({ length: 3000 }, (_, i) => (i * 31) >> 3);
const FOR_BOTH = [
  { kind: "a128kw", kid: toUtf8("kid-1"), secret: KEY_ENCRYPTION_KEY },
  { kind: "ecdhEs", publicKey: RECIPIENT_PUBLIC_KEY },
] as const;

for (const algorithm of ["a128gcm", "a128ctr"] as const) {
  test(`${algorithm}: encrypted once, opened by a class with its secret and by a device with its private key`, () => {
    const { info, ciphertext } = encryptPayload(CRYPTO, new SeededRandom(1), IMAGE, FOR_BOTH, algorithm);
    assert.is(ciphertext.length, IMAGE.length + (algorithm === "a128gcm" ? 16 : 0));
    const again = read(decodeEncryptionInfo(encodeEncryptionInfo(info)));
    for (const own of [SECRET, PRIVATE_KEY]) {
      assert.equal(decryptPayload(CRYPTO, { info: again, ciphertext }, own), { ok: true, value: IMAGE });
    }
  });

  test(`${algorithm}: nobody else opens it`, () => {
    const encrypted = encryptPayload(CRYPTO, new SeededRandom(1), IMAGE, FOR_BOTH, algorithm);
    const otherSecret: OwnKey = { kind: "a128kw", secret: toUtf8("b".repeat(16)) };
    const otherKid: OwnKey = { ...SECRET, kid: toUtf8("kid-2") };
    const otherKey: OwnKey = { kind: "ecdhEs", privateKey: KEY_ENCRYPTION_KEY_TWICE };
    assert.equal(decryptPayload(CRYPTO, encrypted, otherSecret), { ok: false, error: "keyWrong" });
    assert.equal(decryptPayload(CRYPTO, encrypted, otherKid), { ok: false, error: "noKeyForThisDevice" });
    assert.equal(decryptPayload(CRYPTO, encrypted, otherKey), { ok: false, error: "keyWrong" });
  });
}

const KEY_ENCRYPTION_KEY_TWICE = concat(KEY_ENCRYPTION_KEY, KEY_ENCRYPTION_KEY);

test("two releases of one image share neither key nor ciphertext", () => {
  const random = new SeededRandom(1);
  const [one, two] = [0, 1].map(() => encryptPayload(CRYPTO, random, IMAGE, FOR_BOTH, "a128gcm"));
  assert.not.equal(one!.info.iv, two!.info.iv);
  assert.not.equal(one!.ciphertext, two!.ciphertext);
});

test("a recipient's key that is no point is our own caller's mistake", () => {
  const publicKey = new Uint8Array(65).fill(4);
  const encrypt = () => encryptPayload(CRYPTO, new SeededRandom(1), IMAGE, [{ kind: "ecdhEs", publicKey }], "a128gcm");
  assert.throws(encrypt, /no point of P-256/);
});

const GCM = read(decodeEncryptionInfo(ENCRYPTION_EXAMPLES[0]!.info));
const [PROTECTED, WRAPPED] = [Uint8Array.of(0xa1, 1, 1), GCM.recipients[0]!.wrappedKey];
const UNPROTECTED = new Map<CborValue, CborValue>([[5, GCM.iv]]);
const RECIPIENT = [Uint8Array.of(), new Map([[1, -3]]), WRAPPED];

for (const [what, value, reason] of [
  ["without its tag", [PROTECTED, UNPROTECTED, null, [RECIPIENT]], /no tag 96/],
  ["with a ciphertext", of(PROTECTED, UNPROTECTED, PROTECTED, [RECIPIENT]), /ciphertext/],
  ["without recipients", of(PROTECTED, UNPROTECTED, null, []), /length 1 to 8/],
  ["with an unknown algorithm", of(Uint8Array.of(0xa1, 1, 3), UNPROTECTED, null, [RECIPIENT]), /algorithm 3/],
  ["with a short nonce", of(PROTECTED, new Map([[5, Uint8Array.of(1)]]), null, [RECIPIENT]), /length 12/],
  [
    "with an unprotected GCM",
    of(Uint8Array.of(), new Map([...UNPROTECTED, [1, 1]]), null, [RECIPIENT]),
    /wrong header/,
  ],
  ["with a header more", of(PROTECTED, new Map([...UNPROTECTED, [6, 1]]), null, [RECIPIENT]), /unknown header/],
  ["with a key of 24 bytes", of(PROTECTED, UNPROTECTED, null, [[...RECIPIENT.slice(0, 2), new Uint8Array(32)]]), /24/],
  ["with A256KW", of(PROTECTED, UNPROTECTED, null, [[Uint8Array.of(), new Map([[1, -5]]), WRAPPED]]), /algorithm -5/],
] as const) {
  test(`a COSE_Encrypt ${what} is refused`, () => {
    const decoded = decodeEncryptionInfo(encodeCbor(value));
    assert.match(decoded.ok ? "read" : decoded.error.reason, reason);
  });
}

function of(...parts: readonly CborValue[]): Tagged {
  return new Tagged(96, parts);
}

test(`${RECIPIENTS_MAX} recipients are read, and not one more`, () => {
  const info = (count: number) => ({ ...GCM, recipients: Array.from({ length: count }, () => GCM.recipients[0]!) });
  assert.ok(decodeEncryptionInfo(encodeEncryptionInfo(info(RECIPIENTS_MAX))).ok);
  assert.not(decodeEncryptionInfo(encodeEncryptionInfo(info(RECIPIENTS_MAX + 1))).ok);
});

for (const algorithm of ["a128gcm", "a128ctr"] as const) {
  test(`${algorithm}: of what a payload was encrypted and decrypted under nothing is left in memory`, () => {
    const crypto = new WatchingCrypto();
    // What a device was made with stays, so that each has copies of its own to be overwritten in the end.
    const own = { secret: KEY_ENCRYPTION_KEY.slice(), privateKey: RECIPIENT_PRIVATE_KEY.slice() };
    const encrypted = encryptPayload(
      crypto,
      new SeededRandom(1),
      PLAINTEXT,
      [
        { kind: "a128kw", secret: own.secret },
        { kind: "ecdhEs", publicKey: RECIPIENT_PUBLIC_KEY },
      ],
      algorithm,
    );
    for (const key of [
      { kind: "a128kw", secret: own.secret },
      { kind: "ecdhEs", privateKey: own.privateKey },
    ] as const) {
      assert.equal(decryptPayload(crypto, encrypted, key), { ok: true, value: PLAINTEXT });
    }
    for (const key of Object.values(own)) key.fill(0);
    assert.equal([crypto.secretsLeft, crypto.openCount], [[], 0]);
    assert.ok(crypto.calls.length > 20);
  });
}

test("of the keys of a manifest's MAC and of a pseudonym no context is left open", () => {
  const crypto = new WatchingCrypto();
  const key = KEY_ENCRYPTION_KEY.slice();
  assert.not(isMac0(crypto, key, EMPTY, PLAINTEXT, new Uint8Array(32)));
  assert.is(pseudonymOf(crypto, key, PLAINTEXT).length, 16);
  assert.is(crypto.openCount, 0);
});

test("RFC 5869 2.2: what a key is expanded from is overwritten", () => {
  const crypto = new WatchingCrypto();
  assert.is(hkdfSha256(crypto, KEY_ENCRYPTION_KEY, PLAINTEXT, 16).length, 16);
  assert.equal([crypto.secretsLeft, crypto.openCount], [[], 0]);
});

test.run();
