import { createHmac } from "node:crypto";
import { inspect } from "node:util";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bytesOfLatin1, EMPTY, toHex, toUtf8 } from "../../src/base/bytes.ts";
import { HmacPool, type HmacSha256 } from "../../src/crypto/hmac.ts";
import { CRYPTO } from "../support/crypto.ts";
import { hex } from "../vectors/dtls.ts";

const hmac = suite("hmac");

const pool = new HmacPool(CRYPTO.sha256);

function macOf(hmac: HmacSha256, ...parts: readonly Uint8Array[]): string {
  for (const part of parts) hmac.put(part);
  return toHex(bytesOfLatin1(hmac.digest()));
}

hmac("RFC 4231 4.2: test case 1", () => {
  const mac = macOf(pool.take(new Uint8Array(20).fill(0x0b)), toUtf8("Hi There"));
  assert.is(mac, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
});

hmac("RFC 4231 4.7: test case 6, a key longer than a block", () => {
  const key = new Uint8Array(131).fill(0xaa);
  const mac = macOf(pool.take(key), toUtf8("Test Using Larger Than Block-Size Key - Hash Key First"));
  assert.is(mac, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
});

hmac("RFC 2104 2: any key and any parts of a message, one after the other, give what Node's createHmac gives", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 }), { minLength: 1, maxLength: 4 }),
      (key, messages) => {
        // What a key before this one leaves must not matter.
        const own = pool.take(messages[0]?.[0] ?? EMPTY).begin(key);
        for (const parts of messages) {
          const expected = createHmac("sha256", key).update(Buffer.concat(parts)).digest("hex");
          assert.is(macOf(own, ...parts), expected);
        }
      },
    ),
    { seed: 2104, numRuns: 300 },
  );
});

hmac("bytes one by one and a digest are parts of a message like any other", () => {
  const own = pool.take(hex("0b0b"));
  const digest = own.put(hex("01")).digest();
  const expected = createHmac("sha256", hex("0b0b")).update(bytesOfLatin1(digest)).update(hex("0203")).digest("hex");
  assert.is(macOf(own.putDigest(digest).uint8(2).uint8(0x103)), expected);
});

hmac("it never prints the key", () => {
  assert.not.match(inspect(pool.take(hex("c0ffee")), { showHidden: true, depth: null }), /c0|192/);
});

hmac(
  "RFC 2104 2: released, it has overwritten the key in every array that it had, those that became too short too",
  () => {
    const hashed = new Set<ArrayBufferLike>();
    const own = new HmacPool((bytes) => {
      hashed.add(bytes.buffer);
      return CRYPTO.sha256(bytes);
    }).take(hex("c0ffee"));
    own.put(hex("01")).digest();
    own.put(new Uint8Array(10_000)).digest();
    own.release();
    assert.is(hashed.size, 3);
    for (const buffer of hashed) assert.ok(new Uint8Array(buffer).every((byte) => byte === 0));
  },
);

hmac("what was released is used again, and knows the key before no more", () => {
  const first = pool.take(hex("c0ffee"));
  first.put(hex("01"));
  first.release();
  const second = pool.take(hex("0b0b"));
  assert.is(second, first);
  assert.is(macOf(second, hex("02")), createHmac("sha256", hex("0b0b")).update(hex("02")).digest("hex"));
});

hmac("few of those that were released are kept", () => {
  const made = Array.from({ length: 9 }, () => pool.take(EMPTY));
  for (const mac of made) mac.release();
  const again = Array.from({ length: 9 }, () => pool.take(EMPTY));
  assert.is(again.filter((mac) => made.includes(mac)).length, 2);
});

hmac.run();
