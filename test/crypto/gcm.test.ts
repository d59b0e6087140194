import { createCipheriv } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AeadArrays, type AeadContext, NONCE_LENGTH } from "../../src/crypto/aead.ts";
import { gcmMaker } from "../../src/crypto/gcm.ts";
import { nobleAead } from "../../src/crypto/noble-aead.ts";
import { hex } from "../vectors/dtls.ts";

const galois = suite("gcm");

const KEYS = { 128: hex("000102030405060708090a0b0c0d0e0f"), 256: Uint8Array.from({ length: 32 }, (_, i) => i) };
const NODE_ARRAYS = new AeadArrays();
const NOBLE = nobleAead();
const MAKERS = [
  ["node", 128, NODE_ARRAYS, gcmMaker(NODE_ARRAYS, 16)],
  ["node", 256, NODE_ARRAYS, gcmMaker(NODE_ARRAYS, 32)],
  ["noble", 128, NOBLE.arrays, NOBLE.gcm],
  ["noble", 256, NOBLE.arrays, NOBLE.gcm256],
] as const;

for (const [provider, bits, { header, content: opened }, make] of MAKERS) {
  const name = `${provider}, AES-${bits}`;
  const KEY = KEYS[bits];
  const gcm = (key: Uint8Array): AeadContext => make(key, 16, "seal");
  for (const length of [0, 1, 16, 100, 1024]) {
    galois(`RFC 5288 3, ${name}: ${length} bytes between others of a record, by hand, and back`, () => {
      header.fill(0xa5);
      const content = Uint8Array.from({ length }, (_, i) => i * 3);
      const record = new Uint8Array(7 + length + 16).fill(0xcc);
      record.set(content, 7);
      gcm(KEY).seal(record, 7, length, 13);
      const byHand = createCipheriv(`aes-${bits}-gcm`, KEY, header.subarray(0, NONCE_LENGTH));
      byHand.setAAD(header.subarray(NONCE_LENGTH, NONCE_LENGTH + 13));
      const expected = Buffer.concat([byHand.update(content), byHand.final(), byHand.getAuthTag()]);
      assert.is(Buffer.compare(record.subarray(7), expected), 0);
      assert.equal(record.subarray(0, 7), new Uint8Array(7).fill(0xcc));
      assert.ok(gcm(KEY).open(record, 7, length, 13));
      assert.equal(opened.slice(0, length), content);
    });
  }

  galois(`${name}: RFC 5116 2.2: a wrong tag opens nothing, and the content of the last record stays`, () => {
    const record = new Uint8Array(20 + 16);
    gcm(KEY).seal(record, 0, 20, 13);
    record[35] = record[35]! ^ 1;
    opened.fill(0xee, 0, 20);
    assert.not.ok(gcm(KEY).open(record, 0, 20, 13));
    assert.equal(opened.slice(0, 20), new Uint8Array(20).fill(0xee));
  });

  galois(`${name}: a context has a key of its own: the caller overwrites what it was made of`, () => {
    const lent = KEY.slice();
    const context = gcm(lent);
    lent.fill(0);
    const [sealed, expected] = [new Uint8Array(20 + 16), new Uint8Array(20 + 16)];
    context.seal(sealed, 0, 20, 13);
    gcm(KEY).seal(expected, 0, 20, 13);
    assert.equal(sealed, expected);
  });

  galois(`${name}: released, a context knows its key no more`, () => {
    const context = gcm(KEY);
    context.release();
    const [sealed, expected] = [new Uint8Array(20 + 16), new Uint8Array(20 + 16)];
    context.seal(sealed, 0, 20, 13);
    gcm(new Uint8Array(KEY.length)).seal(expected, 0, 20, 13);
    assert.equal(sealed, expected);
  });
}

galois.run();
