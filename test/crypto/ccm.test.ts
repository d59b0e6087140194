import { createCipheriv } from "node:crypto";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AeadArrays, NONCE_LENGTH } from "../../src/crypto/aead.ts";
import { ccmMaker } from "../../src/crypto/ccm.ts";
import { nobleAead } from "../../src/crypto/noble-aead.ts";
import { hex } from "../vectors/dtls.ts";

const ccm = suite("ccm");

const NODE_ARRAYS = new AeadArrays();
const NOBLE = nobleAead();
const MAKERS = [
  ["node", NODE_ARRAYS, ccmMaker(NODE_ARRAYS)],
  ["noble", NOBLE.arrays, NOBLE.ccm],
] as const;

/** Node's own CCM over what the header holds: the ciphertext with its tag. */
function byNode(
  header: Uint8Array,
  key: Uint8Array,
  tagLength: number,
  content: Uint8Array,
  additionalLength: number,
): Uint8Array {
  const options = { authTagLength: tagLength };
  const sealing = createCipheriv("aes-128-ccm", key, header.subarray(0, NONCE_LENGTH), options);
  const additional = header.subarray(NONCE_LENGTH, NONCE_LENGTH + additionalLength);
  sealing.setAAD(additional, { plaintextLength: content.length });
  // To Node's CCM no memory means something else than no bytes.
  const ciphertext = sealing.update(content.length === 0 ? new Uint8Array(1).subarray(0, 0) : content);
  sealing.final();
  return Buffer.concat([ciphertext, sealing.getAuthTag()]);
}

for (const [name, { header, content: opened }, contextFor] of MAKERS) {
  ccm(
    `RFC 3610 2, ${name}: one context seals record after record just as Node's own CCM does, and opens them again`,
    () => {
      fc.assert(
        fc.property(
          fc.uint8Array({ minLength: 16, maxLength: 16 }),
          fc.constantFrom<8 | 16>(8, 16),
          fc.array(
            fc.record({
              drawn: fc.uint8Array({ minLength: header.length, maxLength: header.length }),
              additionalLength: fc.integer({ min: 1, max: header.length - NONCE_LENGTH }),
              content: fc.uint8Array({ maxLength: 100 }),
            }),
            { minLength: 1, maxLength: 5 },
          ),
          (key, tagLength, records) => {
            const sealing = contextFor(key, tagLength, "seal");
            const opening = contextFor(key, tagLength, "open");
            for (const { drawn, additionalLength, content } of records) {
              header.set(drawn);
              const expected = byNode(header, key, tagLength, content, additionalLength);
              const sealed = new Uint8Array(expected.length);
              sealed.set(content);
              sealing.seal(sealed, 0, content.length, additionalLength);
              assert.equal(Buffer.from(sealed), Buffer.from(expected));
              assert.ok(opening.open(sealed, 0, content.length, additionalLength));
              assert.equal(opened.slice(0, content.length), content);
            }
          },
        ),
        { seed: 3610, numRuns: 300 },
      );
    },
  );

  for (const length of [1024, 4096, 4097, 2 ** 14]) {
    ccm(
      `RFC 3610 2.3, ${name}: ${length} bytes take a second byte of the block counter, and still agree with Node's CCM`,
      () => {
        const key = hex("000102030405060708090a0b0c0d0e0f");
        const content = Uint8Array.from({ length }, (_, i) => i * 7);
        const sealed = new Uint8Array(length + 8);
        sealed.set(content);
        header.fill(0x5a);
        contextFor(key, 8, "seal").seal(sealed, 0, length, 13);
        assert.is(Buffer.compare(sealed, byNode(header, key, 8, content, 13)), 0);
      },
    );
  }

  ccm(`RFC 5116 2.2, ${name}: nothing of a record that does not authenticate is readable`, () => {
    const context = contextFor(hex("000102030405060708090a0b0c0d0e0f"), 8, "open");
    const sealed = new Uint8Array(40 + 8).fill(7);
    context.seal(sealed, 0, 40, 13);
    sealed[47] = sealed[47]! ^ 1;
    opened.fill(0);
    assert.not.ok(context.open(sealed, 0, 40, 13));
    assert.equal(opened.slice(0, 40), new Uint8Array(40));
  });
}

ccm.run();
