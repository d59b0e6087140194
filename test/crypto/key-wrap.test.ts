import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat, EMPTY, toHex, toUtf8 } from "../../src/base/bytes.ts";
import { unwrapKey, wrapKey } from "../../src/crypto/aes-key-wrap.ts";
import { hkdfSha256 } from "../../src/crypto/hkdf.ts";
import { nobleCrypto } from "../../src/crypto/noble-crypto.ts";
import { nodeCrypto } from "../../src/crypto/node-crypto.ts";
import { hex } from "../vectors/dtls.ts";

const test = suite("key-wrap");

const KEY = hex("000102030405060708090a0b0c0d0e0f");
const CONTENT_KEY = hex("00112233445566778899aabbccddeeff");
const WRAPPED = hex("1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5");
const NONCE = hex("f14aab9d81d51f7ad943fe87");
const COUNTER_BLOCK = hex("dae613b2e0dc55f4322be38bdba9dcff");
const IMAGE = Uint8Array.from({ length: 1000 }, (_, i) => i * 7);

for (const [name, crypto] of [
  ["node", nodeCrypto()],
  ["noble", nobleCrypto()],
] as const) {
  test(`RFC 3394 4.1, ${name}: 128 bits of key under 128 bits`, () => {
    assert.is(toHex(wrapKey(crypto, KEY, CONTENT_KEY)), toHex(WRAPPED));
    assert.is(toHex(unwrapKey(crypto, KEY, WRAPPED)!), toHex(CONTENT_KEY));
  });

  test(`RFC 3394 2.2.2, ${name}: another key, a changed bit or another length unwraps nothing`, () => {
    assert.is(unwrapKey(crypto, CONTENT_KEY, WRAPPED), undefined);
    for (let bit = 0; bit < 8 * WRAPPED.length; bit += 5) {
      const changed = WRAPPED.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      assert.is(unwrapKey(crypto, KEY, changed), undefined);
    }
    for (const length of [0, 8, 16, 23]) assert.is(unwrapKey(crypto, KEY, WRAPPED.subarray(0, length)), undefined);
  });

  test(`RFC 5869, ${name}: keys as Node's own HKDF derives them`, () => {
    for (const length of [1, 16, 32]) {
      const byNode = new Uint8Array(hkdfSync("sha256", KEY, EMPTY, "some info", length));
      assert.equal(hkdfSha256(crypto, KEY, toUtf8("some info"), length), byNode);
    }
  });

  test(`${name}: an image sealed with AES-128-GCM is what OpenSSL seals, and opens again`, () => {
    const additional = toUtf8("additional");
    const sealed = crypto.payload.sealGcm(KEY, NONCE, additional, IMAGE);
    const opening = createDecipheriv("aes-128-gcm", KEY, NONCE).setAAD(additional).setAuthTag(sealed.subarray(-16));
    assert.is(Buffer.compare(opening.update(sealed.subarray(0, -16)), IMAGE), 0);
    opening.final();
    assert.equal(crypto.payload.openGcm(KEY, NONCE, additional, sealed), IMAGE);
  });

  test(`NIST SP 800-38D 7.1, ${name}: sealed in pieces of any length it is what is sealed at once`, () => {
    for (const additional of [EMPTY, toUtf8("additional"), new Uint8Array(16)]) {
      const atOnce = crypto.payload.sealGcm(KEY, NONCE, additional, IMAGE);
      for (const length of [1, 15, 16, 17, 100, 512, 1000]) {
        const sealing = crypto.payload.gcmSealing(KEY, NONCE, additional);
        const pieces: Uint8Array[] = [];
        for (let at = 0; at < IMAGE.length; at += length) pieces.push(sealing.seal(IMAGE.subarray(at, at + length)));
        assert.is(toHex(concat(...pieces, sealing.finish())), toHex(atOnce), `pieces of ${length}`);
      }
    }
  });

  test(`${name}: an image that does not authenticate gives nothing`, () => {
    const sealed = crypto.payload.sealGcm(KEY, NONCE, EMPTY, IMAGE);
    for (const at of [0, 500, 999, 1000, 1015]) {
      const changed = sealed.slice();
      changed[at]! ^= 0x80;
      assert.is(crypto.payload.openGcm(KEY, NONCE, EMPTY, changed), undefined);
    }
    assert.is(crypto.payload.openGcm(KEY, NONCE, toUtf8("x"), sealed), undefined);
    assert.is(crypto.payload.openGcm(KEY, NONCE, EMPTY, sealed.subarray(0, 15)), undefined);
  });

  test(`${name}: AES-128-CTR is OpenSSL's, and carries beyond a byte`, () => {
    const ciphertext = crypto.payload.ctr(KEY, COUNTER_BLOCK, IMAGE);
    assert.is(Buffer.compare(ciphertext, createCipheriv("aes-128-ctr", KEY, COUNTER_BLOCK).update(IMAGE)), 0);
    assert.equal(crypto.payload.ctr(KEY, COUNTER_BLOCK, ciphertext), IMAGE);
  });
}

test.run();
