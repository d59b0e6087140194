import { createCipheriv } from "node:crypto";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ByteWriter } from "../../src/base/byte-writer.ts";
import { AeadArrays } from "../../src/crypto/aead.ts";
import { CcmKeyStream, KeyStreamArrays } from "../../src/crypto/ccm-key-stream.ts";
import { hex } from "../vectors/dtls.ts";

const KEY = hex("000102030405060708090a0b0c0d0e0f");
const LOW_MAX = 2 ** 32 - 1;
const { header } = new AeadArrays();
const ARRAYS = new KeyStreamArrays(header);

const keyStream = suite("ccm-key-stream");

/** Salt, epoch, and the high and low part of a sequence number. */
function setNonce(low: number, high = 7): void {
  header.set(new ByteWriter().uint32(0xcafe0001).uint16(1).uint16(high).uint32(low).finish());
}

/** RFC 3610 2.3 by the letter: AES of one counter block after the other. */
function byTheLetter(length: number): Buffer {
  const blocks: Uint8Array[] = [];
  for (let counter = 0; counter <= Math.ceil(length / 16); counter++) {
    const block = new ByteWriter().uint8(2).put(header.subarray(0, 12)).uint8(0).uint16(counter).finish();
    blocks.push(createCipheriv("aes-128-ecb", KEY, null).update(block));
  }
  return Buffer.concat(blocks);
}

function found(stream: CcmKeyStream, length: number): Buffer {
  const at = stream.find(length);
  return Buffer.from(stream.bytes.subarray(at, at + 16 + Math.ceil(length / 16) * 16));
}

keyStream("RFC 3610 2.3: whatever order the nonces come in, each has the stream of its own counter blocks", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0, 5, LOW_MAX - 3, LOW_MAX),
      fc.array(
        fc.record({
          step: fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, fc.constantFrom(-1, 0, 2, 3, 17, 2 ** 31)),
          high: fc.oneof({ weight: 9, arbitrary: fc.constant(7) }, fc.constant(8)),
          length: fc.oneof(fc.constantFrom(0, 40, 1_055, 17_000), fc.integer({ min: 0, max: 1_200 })),
        }),
        { minLength: 1, maxLength: 40 },
      ),
      (start, records) => {
        const stream = new CcmKeyStream(ARRAYS, KEY);
        let low = start;
        for (const { step, high, length } of records) {
          setNonce(low, high);
          assert.ok(found(stream, length).equals(byTheLetter(length)), `${low}, ${length} bytes`);
          low = (low + step) >>> 0;
        }
      },
    ),
    { seed: 3610, numRuns: 200 },
  );
});

keyStream("a stream says itself which memory its words are of", () => {
  const stream = new CcmKeyStream(ARRAYS, KEY);
  for (const [low, length] of [
    [1, 40],
    [2, 40],
    [3, 17_000],
    [4, 1_000],
  ] as const) {
    setNonce(low);
    stream.find(length);
    assert.equal(
      [stream.words.buffer === stream.bytes.buffer, stream.view.buffer === stream.bytes.buffer],
      [true, true],
    );
  }
});

keyStream("a session keeps at most four blocks' worth of it, whatever comes in its name", () => {
  const stream = new CcmKeyStream(ARRAYS, KEY);
  for (let low = 0; low < 100; low++) {
    setNonce(low);
    stream.find(low % 3 === 0 ? 17_000 : 1_100);
    setNonce(low + 1);
    stream.find(16);
    assert.ok(stream.bytes.length <= 4 * 1_120, `${stream.bytes.length} bytes`);
  }
});

keyStream("after a wipe nothing of it is left", () => {
  const stream = new CcmKeyStream(ARRAYS, KEY);
  for (const low of [1, 2, 3]) {
    setNonce(low);
    stream.find(1_000);
  }
  stream.wipe();
  assert.ok(stream.bytes.every((byte) => byte === 0));
  setNonce(3);
  assert.ok(found(stream, 1_000).equals(byTheLetter(1_000)));
});

keyStream.run();
