// What every provider must do alike, by vectors of the RFCs or against Node's crypto.

import { createCipheriv, createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bytesOfLatin1, concat, EMPTY } from "../../src/base/bytes.ts";
import { AeadArrays, type AeadContext } from "../../src/crypto/aead.ts";
import { CcmArrays, ComposedCcm } from "../../src/crypto/ccm.ts";
import { CcmKeyStream } from "../../src/crypto/ccm-key-stream.ts";
import type { CryptoProvider } from "../../src/crypto/crypto-provider.ts";
import { nativeCrypto } from "../../src/crypto/native-crypto.ts";
import { nobleAead } from "../../src/crypto/noble-aead.ts";
import { nobleCrypto } from "../../src/crypto/noble-crypto.ts";
import { nodeCrypto } from "../../src/crypto/node-crypto.ts";
import { packageDirectory } from "../../src/native/native-parts.ts";
import { builtNativeParts } from "../support/native.ts";
import { hex } from "../vectors/dtls.ts";

const providers = suite("providers");

const aead = builtNativeParts()?.aead;
const PROVIDERS: readonly (readonly [name: string, provider: CryptoProvider])[] = [
  ["node", nodeCrypto()],
  ["noble", nobleCrypto()],
  ...(aead === undefined
    ? []
    : ([
        ["native", nativeCrypto(aead)],
        ["another native", nativeCrypto(aead)],
      ] as const)),
];

const KEY = hex("000102030405060708090a0b0c0d0e0f");
const IV = hex("101112131415161718191a1b1c1d1e1f");

for (const [name, crypto] of PROVIDERS) {
  providers(`${name}: AES-CBC without padding, there and back`, () => {
    const plaintext = Uint8Array.from({ length: 64 }, (_, i) => i);
    const byNode = createCipheriv("aes-128-cbc", KEY, IV).setAutoPadding(false);
    const ciphertext = crypto.encryptCbc(KEY, IV, plaintext);
    assert.is(Buffer.compare(ciphertext, byNode.update(plaintext)), 0);
    assert.is(Buffer.compare(crypto.decryptCbc(KEY, IV, ciphertext), plaintext), 0);
  });

  providers(`${name}: SHA-256 at once, in pieces, and of a clone that goes its own way`, () => {
    const [one, two] = [hex("0102"), hex("0304")];
    const digestOf = (bytes: Uint8Array) => new Uint8Array(createHash("sha256").update(bytes).digest());
    assert.equal(bytesOfLatin1(crypto.sha256(one)), digestOf(one));
    const stream = crypto.sha256Stream().update(one);
    const clone = stream.clone();
    assert.equal(stream.update(two).digest(), digestOf(concat(one, two)));
    assert.equal(clone.digest(), digestOf(one));
  });

  providers(
    `${name}: SHA-256 of many goes one after the other into an array, over inputs that were hashed already`,
    () => {
      const inputs = Array.from({ length: 130 }, (_, i) => Uint8Array.from({ length: 65 }, (_, k) => i + k));
      const target = concat(EMPTY, ...inputs);
      crypto.sha256Each(130, (i) => target.subarray(i * 65, (i + 1) * 65), target, 1);
      const digests = inputs.map((input) => createHash("sha256").update(input).digest());
      assert.is(Buffer.compare(target.subarray(1, 1 + 130 * 32), Buffer.concat(digests)), 0);
      assert.is(target[0], inputs[0]![0]);
    },
  );

  providers(`${name}: SHA-256 that was saved goes on at any length, whichever provider saved it`, () => {
    const whole = Uint8Array.from({ length: 300 }, (_, i) => i);
    const digest = new Uint8Array(createHash("sha256").update(whole).digest());
    for (const [, other] of PROVIDERS) {
      for (let length = 0; length <= whole.length; length++) {
        const stream = other.sha256Stream().update(whole.subarray(0, length));
        const state = stream.save();
        const resumed = crypto.resumeSha256(state)!;
        assert.equal([resumed.length, state.length], [length, 39 + (length % 64)]);
        assert.equal(resumed.update(whole.subarray(length)).digest(), digest);
      }
    }
  });

  providers(`${name}: what is no state of SHA-256, or one of another version, is none`, () => {
    const state = crypto.sha256Stream().update(KEY).save();
    for (const wrong of [EMPTY, state.subarray(1), state.subarray(0, -1), concat(state, EMPTY, KEY)]) {
      assert.is(crypto.resumeSha256(wrong), undefined);
    }
    assert.is(crypto.resumeSha256(concat(Uint8Array.of(2), state.subarray(1))), undefined);
  });

  providers(`${name}: equality`, () => {
    assert.equal([crypto.equalInConstantTime(KEY, KEY.slice()), crypto.equalInConstantTime(KEY, IV)], [true, false]);
  });

  providers(`${name}: AES-256-GCM, there and back, between other bytes; what was changed opens nothing`, () => {
    const { arrays, gcm256 } = crypto.aead;
    const key = concat(KEY, IV);
    arrays.header.fill(0xa5);
    const [seals, opens] = [gcm256(key, 16, "seal"), gcm256(key, 16, "open")];
    for (const length of [1, 16, 64, 1024]) {
      const content = Uint8Array.from({ length }, (_, i) => i * 3);
      const sealed = concat(IV, content, new Uint8Array(16));
      seals.seal(sealed, 16, length, 20);
      const byNode = createCipheriv("aes-256-gcm", key, arrays.header.subarray(0, 12)).setAAD(
        new Uint8Array(20).fill(0xa5),
      );
      const expected = Buffer.concat([IV, byNode.update(content), byNode.final(), byNode.getAuthTag()]);
      assert.is(Buffer.compare(sealed, expected), 0);
      assert.ok(opens.open(sealed, 16, length, 20));
      assert.equal(arrays.content.slice(0, length), content);
      assert.not.ok(opens.open(sealed, 16, length, 19));
      sealed[16]! ^= 1;
      assert.not.ok(opens.open(sealed, 16, length, 20));
    }
    seals.release();
    opens.release();
  });

  providers(`${name}: a key is made ready in an array that is overwritten then, and the caller's is left alone`, () => {
    for (const make of [crypto.aead.ccm, crypto.aead.gcm, crypto.aead.gcm256]) {
      const keys = concat(KEY, IV, hex("f0f1f2f3"));
      make(keys, 16, "seal").release();
      assert.equal(keys, concat(KEY, IV, hex("f0f1f2f3")));
    }
    let lent: Uint8Array = EMPTY;
    crypto.aead.arrays.withKey(KEY, (key) => {
      lent = key;
      assert.equal(key, KEY);
    });
    assert.equal(lent, new Uint8Array(16));
  });
}

providers("node: a released context of CCM has overwritten its key stream", () => {
  const arrays = new CcmArrays(new AeadArrays());
  const stream = new CcmKeyStream(arrays.keyStream, KEY);
  const context = new ComposedCcm(arrays, KEY, 8, stream);
  context.seal(new Uint8Array(100), 0, 64, 13);
  assert.ok(stream.bytes.some((byte) => byte !== 0));
  context.release();
  assert.ok(stream.bytes.every((byte) => byte === 0));
});

if (aead !== undefined) {
  providers("native: a released context serves no more, and a second release does no harm", () => {
    const context = nativeCrypto(aead).aead.ccm(KEY, 8, "seal");
    context.release();
    context.release();
    assert.throws(() => context.seal(new Uint8Array(100), 0, 64, 13), /released/);
  });
}

providers("outside of a package the search for one ends", () => {
  assert.is(packageDirectory("/"), undefined);
});

for (const [mode, keyLength] of [
  ["ccm", 16],
  ["gcm", 16],
  ["gcm256", 32],
] as const) {
  providers(`noble: a released ${mode} context has the key no longer`, () => {
    const { arrays, [mode]: contextOf } = nobleAead();
    arrays.header.fill(1);
    const sealedBy = (context: AeadContext) => {
      const bytes = new Uint8Array(40);
      context.seal(bytes, 0, 24, 13);
      return bytes;
    };
    const context = contextOf(concat(KEY, IV), 16, "seal");
    const sealed = sealedBy(context);
    context.release();
    assert.not.equal(sealedBy(context), sealed);
    assert.equal(sealedBy(context), sealedBy(contextOf(new Uint8Array(keyLength), 16, "seal")));
  });
}

providers.run();
