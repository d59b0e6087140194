import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../src/base/bytes.ts";
import { ImageBody } from "../../src/server/image-body.ts";
import { countingBytes } from "../support/coap-line.ts";
import { CRYPTO } from "../support/crypto.ts";
import { MemoryImage } from "../support/memory-catalogue.ts";

const body = suite("image-body");

const BYTES = countingBytes(150);
const IMAGE = new MemoryImage("hub", "1.0", BYTES);

body("RFC 7252 5.10.6: the whole image's ETag is the first 8 bytes of its SHA-256", () => {
  const digest = createHash("sha256").update(BYTES).digest("hex");
  assert.is(toHex(new ImageBody(CRYPTO, IMAGE, 0, 150).etag), digest.slice(0, 16));
});

body("a slice has an ETag of 8 bytes that no other slice has", () => {
  const slices = [
    [0, 150],
    [0, 149],
    [1, 149],
    [1, 148],
    [0, 1],
    [1, 1],
  ] as const;
  const etags = slices.map(([start, length]) => toHex(new ImageBody(CRYPTO, IMAGE, start, length).etag));
  assert.is(new Set(etags).size, slices.length);
  assert.ok(etags.every((etag) => etag.length === 16));
});

body("the same slice has the same ETag each time, and another one in another image", () => {
  const other = new MemoryImage("hub", "1.1", countingBytes(150, 1));
  assert.equal(new ImageBody(CRYPTO, IMAGE, 3, 20).etag, new ImageBody(CRYPTO, IMAGE, 3, 20).etag);
  assert.not.equal(new ImageBody(CRYPTO, IMAGE, 3, 20).etag, new ImageBody(CRYPTO, other, 3, 20).etag);
});

body("a slice reads from its own beginning", () => {
  assert.equal(new ImageBody(CRYPTO, IMAGE, 100, 50).read(10, 3), Uint8Array.of(110, 111, 112));
});

body("RFC 7252 12.3: an image is application/octet-stream", () => {
  assert.is(new ImageBody(CRYPTO, IMAGE, 0, 150).contentFormat, 42);
});

body.run();
