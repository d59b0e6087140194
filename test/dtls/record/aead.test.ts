import { createCipheriv } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat, EMPTY } from "../../../src/base/bytes.ts";
import { aeadProtection } from "../../../src/dtls/record/aead.ts";
import type { RecordContext } from "../../../src/dtls/record/record-protection.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { hex } from "../../vectors/dtls.ts";

const aead = suite("aead");

const KEY = hex("000102030405060708090a0b0c0d0e0f");
const SALT = hex("f0f1f2f3");
const KEYS = concat(KEY, SALT);
const CONTENT = hex("40414243444546");

const PLAIN: RecordContext = { type: 23, epoch: 1, sequenceNumber: 0x010203040506, connectionId: EMPTY };
const WITH_ID: RecordContext = { ...PLAIN, type: 25, connectionId: hex("d1d2d3d4") };

/** What RFC 5246 6.2.3.3 and RFC 9146 5.3 put together, byte by byte. */
const ADDITIONAL = {
  // epoch and sequence number, type, version, length
  plain: hex("0001 010203040506 17 fefd 0007"),
  // eight 0xff, tls12_cid, cid_length, tls12_cid, version, epoch, sequence number, cid, length of the inner plaintext
  withId: hex("ffffffffffffffff 19 04 19 fefd 0001 010203040506 d1d2d3d4 0007"),
};

const CIPHERS = [
  ["aes-128-ccm", "ccm", 8],
  ["aes-128-ccm", "ccm", 16],
  ["aes-128-gcm", "gcm", 16],
] as const;

for (const [cipher, name, tagLength] of CIPHERS) {
  const protection = aeadProtection(CRYPTO.aead[name], CRYPTO.aead.arrays, tagLength);

  function sealed(context: RecordContext, content: Uint8Array): Uint8Array {
    const record = new Uint8Array(protection.fragmentLength(content.length));
    record.set(content, protection.contentOffset);
    protection.sealer(KEYS).seal(context, record, 0, content.length);
    return record;
  }

  const opener = protection.opener(KEYS);

  function opened(context: RecordContext, fragment: Uint8Array): Uint8Array | undefined {
    const content = opener.open(context, fragment, 0, fragment.length);
    return content && Uint8Array.from(content);
  }

  for (const [how, context, additional] of [
    ["without", PLAIN, ADDITIONAL.plain],
    ["with", WITH_ID, ADDITIONAL.withId],
  ] as const) {
    aead(`RFC 6655 3, RFC 9146 5.3: ${cipher}, tag of ${tagLength}, ${how} Connection ID, by hand`, () => {
      const nonce = hex("f0f1f2f3 0001 010203040506");
      const byHand = createCipheriv(cipher as "aes-128-ccm", KEY, nonce, { authTagLength: tagLength });
      byHand.setAAD(additional, { plaintextLength: CONTENT.length });
      const ciphertext = concat(byHand.update(CONTENT), byHand.final());
      const expected = concat(hex("0001 010203040506"), ciphertext, byHand.getAuthTag());
      assert.equal(sealed(context, CONTENT), expected);
      assert.equal(opened(context, expected), CONTENT);
    });
  }

  aead(`RFC 6655 3: ${cipher}, tag of ${tagLength}: every flipped bit of a record is noticed`, () => {
    const record = sealed(PLAIN, CONTENT);
    for (let bit = 0; bit < 8 * record.length; bit++) {
      const forged = Uint8Array.from(record);
      forged[bit >> 3] = forged[bit >> 3]! ^ (1 << (bit & 7));
      assert.is(opened(PLAIN, forged), undefined, `bit ${bit}`);
    }
  });

  aead(`RFC 6655 3: ${cipher}, tag of ${tagLength}: every truncation is noticed`, () => {
    const record = sealed(PLAIN, CONTENT);
    for (let length = 0; length < record.length; length++) {
      assert.is(opened(PLAIN, record.subarray(0, length)), undefined, `${length}`);
    }
  });

  for (const [what, content] of [
    ["fresh memory", new Uint8Array(0)],
    ["a view of other bytes", CONTENT.subarray(3, 3)],
  ] as const) {
    aead(
      `RFC 5246 6.2.1: ${cipher}, tag of ${tagLength}: an empty record out of ${what} opens, its tag verified`,
      () => {
        const record = sealed(PLAIN, content);
        assert.equal(opened(PLAIN, record), EMPTY);
        for (let bit = 0; bit < 8 * record.length; bit++) {
          const forged = Uint8Array.from(record);
          forged[bit >> 3] = forged[bit >> 3]! ^ (1 << (bit & 7));
          assert.is(opened(PLAIN, forged), undefined, `bit ${bit}`);
        }
      },
    );
  }

  for (const [what, changed] of [
    ["type", { type: 22 }],
    ["epoch", { epoch: 2 }],
    ["sequence number", { sequenceNumber: 7 }],
  ] as const) {
    aead(`RFC 5246 6.2.3.3: ${cipher}, tag of ${tagLength}: another ${what} in the header is noticed`, () => {
      assert.is(opened({ ...PLAIN, ...changed }, sealed(PLAIN, CONTENT)), undefined);
    });
  }

  aead(`RFC 9146 5.3: ${cipher}, tag of ${tagLength}: another Connection ID is noticed`, () => {
    const other = { ...WITH_ID, connectionId: hex("d1d2d3d5") };
    assert.is(opened(other, sealed(WITH_ID, CONTENT)), undefined);
  });

  aead(`RFC 9146 5: ${cipher}, tag of ${tagLength}: RFC 6347's additional data does not do for a Connection ID`, () => {
    assert.is(opened(WITH_ID, sealed({ ...WITH_ID, type: 23 }, CONTENT)), undefined);
  });
}

aead.run();
