import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CongestionWindow, WINDOW_MAX } from "../../src/device/congestion-window.ts";
import { RoundTrip } from "../../src/device/round-trip.ts";

const window = suite("congestion-window");

/** A round trip whose shortest was 1 s and that is now smoothed to `smoothedMs`. */
function roundTripOf(smoothedMs: number): RoundTrip {
  const trip = new RoundTrip(4_000);
  trip.sample(1_000);
  while (Math.abs(trip.smoothedMs! - smoothedMs) > 1) trip.sample(smoothedMs);
  return trip;
}

const EMPTY_WAY = roundTripOf(1_000);
/** Half of the requests in the air wait in a queue, or a little less. */
const LONG_QUEUE = roundTripOf(2_000);

/** One answer to each request of the window. */
function round(congestion: CongestionWindow, trip: RoundTrip): number {
  for (let left = congestion.requests; left > 0; left--) congestion.answered(trip);
  return congestion.requests;
}

window("it begins with four requests", () => {
  assert.is(new CongestionWindow(undefined).requests, 4);
});

window("where nothing queues it grows by one each round trip, up to WINDOW_MAX", () => {
  const congestion = new CongestionWindow(undefined);
  assert.equal([round(congestion, EMPTY_WAY), round(congestion, EMPTY_WAY)], [5, 6]);
  for (let i = 0; i < 100; i++) round(congestion, EMPTY_WAY);
  assert.is(congestion.requests, WINDOW_MAX);
});

window(
  "where more than three requests queue it shrinks by one each round trip, and stays where one to three do",
  () => {
    const congestion = new CongestionWindow(undefined);
    for (let i = 0; i < 20; i++) round(congestion, EMPTY_WAY);
    const [before, shrunk] = [congestion.requests, round(congestion, LONG_QUEUE)];
    assert.is(shrunk, before - 1);
    for (let i = 0; i < 20; i++) round(congestion, LONG_QUEUE);
    const settled = congestion.requests;
    assert.ok(settled >= 4 && settled <= 8, `${settled}`);
    assert.is(round(congestion, LONG_QUEUE), settled);
  },
);

window("RFC 5681 3.2 in spirit: a loss takes 3/10 of the window, once for each round trip", () => {
  const congestion = new CongestionWindow(undefined);
  for (let i = 0; i < 20; i++) round(congestion, EMPTY_WAY);
  for (let i = 0; i < 10; i++) congestion.lost(EMPTY_WAY);
  assert.is(congestion.requests, Math.floor(0.7 * WINDOW_MAX));
});

window("the round trip of a loss brings no growth, and the next loss counts again", () => {
  const congestion = new CongestionWindow(undefined);
  for (let i = 0; i < 20; i++) round(congestion, EMPTY_WAY);
  congestion.lost(EMPTY_WAY);
  const { requests } = congestion;
  for (let left = requests + 1; left > 0; left--) congestion.answered(EMPTY_WAY);
  assert.is(congestion.requests, requests);
  congestion.lost(EMPTY_WAY);
  assert.ok(congestion.requests < requests);
});

window("a loss while one to three requests queue is the link's own; while more do it is not", () => {
  const congestion = new CongestionWindow(undefined);
  congestion.lost(LONG_QUEUE);
  assert.is(congestion.requests, 4);
  for (let i = 0; i < 20; i++) round(congestion, EMPTY_WAY);
  congestion.lost(LONG_QUEUE);
  assert.is(congestion.requests, Math.floor(0.7 * WINDOW_MAX));
});

window("a loss after silence gives nothing back", () => {
  const congestion = new CongestionWindow(undefined);
  congestion.collapsed();
  congestion.lost(EMPTY_WAY);
  assert.is(congestion.requests, 1);
});

window("losses leave two requests, and silence leaves one", () => {
  const congestion = new CongestionWindow(undefined);
  for (let i = 0; i < 20; i++) {
    congestion.lost(EMPTY_WAY);
    round(congestion, LONG_QUEUE);
  }
  assert.is(congestion.requests, 2);
  congestion.collapsed();
  assert.is(congestion.requests, 1);
});

window("after silence each answer gives one request back, up to seven tenths of what there were", () => {
  const congestion = new CongestionWindow(undefined);
  for (let i = 0; i < 200; i++) congestion.answered(EMPTY_WAY);
  assert.is(congestion.requests, WINDOW_MAX);
  congestion.collapsed();
  for (let i = 0; i < 11; i++) congestion.answered(EMPTY_WAY);
  assert.is(congestion.requests, 12);
  congestion.answered(EMPTY_WAY);
  assert.is(congestion.requests, 12);
});

window("a fixed window stays what it is", () => {
  const congestion = new CongestionWindow(3);
  for (let i = 0; i < 10; i++) round(congestion, EMPTY_WAY);
  congestion.lost(EMPTY_WAY);
  congestion.collapsed();
  assert.is(congestion.requests, 3);
});

window.run();
