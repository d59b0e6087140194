import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Instant, instant } from "../../src/base/instant.ts";
import { ImageBody } from "../../src/server/image-body.ts";
import {
  TRANSFER_IDLE_MS,
  TRANSFER_RANGES_MAX,
  TRANSFERS_LENGTH_MAX,
  TRANSFERS_MAX,
  Transfers,
} from "../../src/server/transfers.ts";
import { countingBytes } from "../support/coap-line.ts";
import { CRYPTO } from "../support/crypto.ts";
import { MemoryImage } from "../support/memory-catalogue.ts";

const transfers = suite("transfers");

const IMAGE = new MemoryImage("hub", "1.0", countingBytes(1_000));
const OTHER = new MemoryImage("hub", "1.1", countingBytes(1_000));

/** Follows one device, and writes each piece of news as "kind percent". */
class Follower {
  readonly transfers = new Transfers<string>();
  now: Instant = instant(5_000);

  serves(offset: number, length: number, image = IMAGE): string[] {
    return this.news(offset, length, image).map(({ kind, percent }) => `${kind} ${percent}`);
  }

  news(offset: number, length: number, image = IMAGE) {
    const body = new ImageBody(CRYPTO, image, 0, image.length);
    return this.transfers.blockServed(this.now, "device", body, offset, length);
  }
}

transfers("an image block by block is begun, then told at 25, 50 and 75 percent, then done", () => {
  const follower = new Follower();
  const told: string[] = [];
  for (let offset = 0; offset < 1_000; offset += 50) told.push(...follower.serves(offset, 50));
  assert.equal(told, ["begun 0", "progress 25", "progress 50", "progress 75", "done 100"]);
});

transfers("a block that passes two steps at once tells the higher one", () => {
  assert.equal(new Follower().serves(0, 600), ["begun 0", "progress 50"]);
});

transfers("an image of one block is begun and done", () => {
  assert.equal(new Follower().serves(0, 1_000), ["begun 0", "done 100"]);
});

transfers("blocks in any order are done when every byte went out, and not before", () => {
  const follower = new Follower();
  assert.equal(follower.serves(900, 100), ["begun 0"]);
  assert.equal(follower.serves(100, 800), ["progress 75"]);
  assert.equal(follower.serves(1, 99), []);
  assert.equal(follower.serves(0, 1), ["done 100"]);
});

transfers("a block that went out before is a resend, and its bytes count again", () => {
  const follower = new Follower();
  follower.serves(0, 100);
  follower.serves(0, 100);
  const [done] = follower.news(100, 900);
  assert.equal([done!.blocks, done!.resends, done!.bytes], [3, 1, 1_100]);
});

transfers("an answer out of the resend cache is a block and a resend", () => {
  const follower = new Follower();
  follower.serves(0, 100);
  follower.transfers.answerResent(follower.now, "device");
  const [done] = follower.news(100, 900);
  assert.equal([done!.blocks, done!.resends], [3, 1]);
});

transfers("an answer resent to somebody without a transfer is nothing", () => {
  const follower = new Follower();
  follower.transfers.answerResent(follower.now, "device");
  assert.is(follower.transfers.size, 0);
});

transfers("seconds count from the first block", () => {
  const follower = new Follower();
  assert.is(follower.news(0, 100)[0]!.seconds, 0);
  follower.now = instant(6_500);
  assert.is(follower.news(100, 900)[0]!.seconds, 1.5);
});

transfers("after the end, offset 0 begins a new transfer, and another block does not", () => {
  const follower = new Follower();
  follower.serves(0, 1_000);
  assert.equal(follower.serves(900, 100), []);
  assert.equal(follower.serves(0, 100), ["begun 0"]);
});

transfers("before the end, offset 0 is a resend", () => {
  const follower = new Follower();
  follower.serves(0, 900);
  assert.equal(follower.serves(0, 100), []);
});

transfers("another image takes the place of the one before", () => {
  const follower = new Follower();
  follower.serves(0, 900);
  assert.equal(follower.serves(900, 100, OTHER), ["begun 0"]);
  assert.is(follower.transfers.size, 1);
});

transfers("the same image found anew in the catalogue goes on", () => {
  const follower = new Follower();
  follower.serves(0, 500);
  const again = new MemoryImage("hub", "1.0", countingBytes(1_000));
  assert.equal(follower.serves(500, 500, again), ["done 100"]);
});

transfers("a slice counts where it lies in the image", () => {
  const follower = new Follower();
  const slice = new ImageBody(CRYPTO, IMAGE, 600, 400);
  follower.transfers.blockServed(follower.now, "device", slice, 0, 400);
  assert.equal(follower.serves(0, 600), ["done 100"]);
});

transfers("a forgotten device begins anew", () => {
  const follower = new Follower();
  follower.serves(0, 500);
  follower.transfers.forget("device");
  assert.equal(follower.serves(500, 500), ["begun 0", "progress 50"]);
});

transfers("of TRANSFERS_MAX and one more, the one without a block for longest is forgotten", () => {
  const many = new Transfers<string>();
  const body = new ImageBody(CRYPTO, IMAGE, 0, 1_000);
  const block = (device: number) => many.blockServed(instant(0), `device ${device}`, body, 0, 10).length;
  for (let device = 0; device < TRANSFERS_MAX; device++) block(device);
  assert.is(block(0), 0);
  block(TRANSFERS_MAX);
  assert.is(many.size, TRANSFERS_MAX);
  assert.is(block(0), 0);
  assert.is(block(1), 1);
});

transfers("with TRANSFER_RANGES_MAX gaps blocks are still counted, and progress is no longer followed", () => {
  const follower = new Follower();
  const image = new MemoryImage("hub", "2.0", countingBytes(1_000));
  for (let range = 0; range < TRANSFER_RANGES_MAX; range++) follower.serves(2 * range, 1, image);
  assert.equal(follower.serves(0, 1_000, image), []);
  follower.transfers.forget("device");
  for (let range = 0; range < TRANSFER_RANGES_MAX - 1; range++) follower.serves(2 * range, 1, image);
  assert.equal(follower.serves(0, 1_000, image), ["done 100"]);
});

transfers(
  "TRANSFERS_LENGTH_MAX bytes are followed at the most: whoever has been silent for longest is forgotten",
  () => {
    const many = new Transfers<string>();
    const body = new ImageBody(CRYPTO, new MemoryImage("hub", "2.0", countingBytes(1_000)), 0, 1_000);
    for (let device = 0; device < 8_192; device++) {
      for (let range = 0; range < TRANSFER_RANGES_MAX; range++) {
        many.blockServed(instant(0), `device ${device}`, body, 4 * range, 1);
        assert.ok(many.length <= TRANSFERS_LENGTH_MAX);
      }
    }
    assert.ok(many.length > 0.99 * TRANSFERS_LENGTH_MAX && many.size < TRANSFERS_MAX / 2);
    assert.equal(many.blockServed(instant(0), "device 8191", body, 0, 1), []);
    for (let device = 0; device < 8_192; device++) many.forget(`device ${device}`);
    assert.equal([many.size, many.length], [0, 0]);
  },
);

transfers("what no block was asked of for TRANSFER_IDLE_MS is forgotten; a resend counts as asking", () => {
  const many = new Transfers<string>();
  const body = new ImageBody(CRYPTO, IMAGE, 0, 1_000);
  assert.is(many.pollTimeout(), undefined);
  for (const device of ["a", "b", "c"]) many.blockServed(instant(0), device, body, 0, 10);
  many.answerResent(instant(5), "b");
  many.blockServed(instant(7), "a", body, 10, 10);
  many.handleTimeout(instant(TRANSFER_IDLE_MS - 1));
  assert.is(many.size, 3);
  const sizes = [TRANSFER_IDLE_MS, TRANSFER_IDLE_MS + 5, TRANSFER_IDLE_MS + 7].map((at) => {
    assert.is(many.pollTimeout(), at);
    many.handleTimeout(instant(at));
    return many.size;
  });
  assert.equal([sizes, many.length, many.pollTimeout()], [[2, 1, 0], 0, undefined]);
});

transfers.run();
