// What the server sees of a device's link, block by block.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { instant } from "../../src/base/instant.ts";
import { EXCHANGING_MAX, Exchanges, type ServedExchange } from "../../src/server/exchanges.ts";

const test = suite("exchanges");

class Scene {
  readonly told: ServedExchange[] = [];
  readonly exchanges = new Exchanges<string>((_device, exchange) => this.told.push(exchange));

  /** A request of 90 bytes for the block at `offset`, answered with `length` bytes. */
  ask(ms: number, offset: number, recordNumber: number | undefined, length = 300): void {
    this.exchanges.handleDatagram(90);
    this.exchanges.blockServed(instant(ms), "device", offset, recordNumber);
    this.exchanges.transmitted("device", length);
  }
}

const LOST = { bytesUp: 90, bytesDown: 300, roundTripMs: undefined, lost: true };

test("the next block's request ends a round trip that began with the answer", () => {
  const scene = new Scene();
  scene.ask(0, 0, 1, 300);
  scene.ask(518, 256, 2);
  assert.equal(scene.told, [{ bytesUp: 90, bytesDown: 300, roundTripMs: 518, lost: false }]);
});

test("the same block again: its answer got lost", () => {
  const scene = new Scene();
  scene.ask(0, 0, 1);
  scene.ask(2_500, 0, 2);
  assert.equal(scene.told, [LOST]);
});

test("an answer out of the cache is a lost one too", () => {
  const scene = new Scene();
  scene.ask(0, 0, 1);
  scene.exchanges.handleDatagram(90);
  scene.exchanges.answerResent(instant(2_500), "device", 2);
  assert.equal(scene.told, [LOST]);
});

test("record numbers that are missing: requests got lost, and the round trip is not known", () => {
  const scene = new Scene();
  scene.ask(0, 0, 1);
  scene.ask(7_518, 256, 4);
  assert.equal(scene.told, [{ bytesUp: 90, bytesDown: 300, roundTripMs: undefined, lost: false }, LOST, LOST]);
});

test("without DTLS there are no numbers, and nothing is said of requests that did not come", () => {
  const scene = new Scene();
  scene.ask(0, 0, undefined);
  scene.ask(518, 256, undefined);
  assert.is(scene.told.length, 1);
});

test("a pause of the device is no round trip", () => {
  const scene = new Scene();
  scene.ask(0, 0, 1);
  scene.ask(3_600_000, 256, 2);
  assert.equal(scene.told, []);
});

test("so many devices are followed and no more: the one that was silent for longest gives way", () => {
  const { exchanges } = new Scene();
  for (let i = 0; i <= EXCHANGING_MAX; i++) exchanges.blockServed(instant(i), `device ${i}`, 0, undefined);
  assert.is(exchanges.size, EXCHANGING_MAX);
});

test("a session that ends is forgotten", () => {
  const scene = new Scene();
  scene.ask(0, 0, 1);
  scene.exchanges.forget("device");
  assert.is(scene.exchanges.size, 0);
});

test.run();
