import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RoundTrip } from "../../src/device/round-trip.ts";

const roundTrip = suite("round-trip");

/** One that has seen these samples, ms. */
function after(...samplesMs: number[]): RoundTrip {
  const trip = new RoundTrip(4_000);
  for (const ms of samplesMs) trip.sample(ms);
  return trip;
}

roundTrip("before anything is known the timeout is 4 s, and nothing is smoothed", () => {
  const trip = new RoundTrip(4_000);
  assert.equal([trip.timeoutMs, trip.smoothedMs], [4_000, undefined]);
});

roundTrip("RFC 6298 2.2: the first sample is the smoothed round trip; its variation is a quarter of it", () => {
  const trip = after(1_000);
  assert.equal([trip.smoothedMs, trip.timeoutMs], [1_000, 2_000]);
});

roundTrip("RFC 6298 2.3: later samples move the smoothed round trip by 1/8 and the variation by 1/4", () => {
  const trip = after(1_000, 2_000);
  // RTTVAR = 3/4 * 250 + 1/4 * 1000 = 437.5; SRTT = 7/8 * 1000 + 1/8 * 2000 = 1125.
  assert.equal([trip.smoothedMs, trip.timeoutMs], [1_125, 1_125 + 4 * 437.5]);
});

roundTrip("a steady round trip keeps a margin of its half", () => {
  const trip = after(...new Array<number>(200).fill(1_000));
  assert.equal([trip.smoothedMs, trip.timeoutMs], [1_000, 1_500]);
});

roundTrip("the timeout is never below 500 ms nor above 300 s", () => {
  assert.is(after(1).timeoutMs, 500);
  assert.is(after(10_000_000).timeoutMs, 300_000);
});

roundTrip(
  "a handshake's round trip is a guess: a block may take twice as long, with a margin of four times that",
  () => {
    const trip = new RoundTrip(4_000);
    trip.seed(1_000);
    assert.equal([trip.smoothedMs, trip.timeoutMs], [2_000, 6_000]);
  },
);

roundTrip("the first sample replaces the guess, and a later handshake replaces no sample", () => {
  const trip = new RoundTrip(4_000);
  trip.seed(1_000);
  trip.sample(400);
  trip.seed(9_000);
  assert.equal([trip.smoothedMs, trip.timeoutMs], [400, 800]);
});

/** How many times as long as the first the timeouts are that follow it in vain. */
function backOffs(trip: RoundTrip): number[] {
  return Array.from({ length: 8 }, () => {
    trip.backOff();
    return trip.timeoutMs / trip.firstTimeoutMs;
  });
}

roundTrip("RFC 6298 5.5: the timeout doubles each time it runs out, up to 64 times or five minutes", () => {
  assert.equal(backOffs(new RoundTrip(2_000)), [2, 4, 8, 16, 32, 64, 64, 64]);
  assert.equal(backOffs(after(3_000)), [2, 4, 8, 16, 32, 50, 50, 50]);
});

roundTrip("where a known timeout is short it doubles up to four times, so that an outage's end is noticed", () => {
  assert.equal(backOffs(after(1_000)), [2, 4, 4, 4, 4, 4, 4, 4]);
});

roundTrip("RFC 6298 5.7: a sample ends the back-off, and so does a new association", () => {
  const sampled = after(1_000);
  sampled.backOff();
  sampled.sample(1_000);
  assert.ok(sampled.timeoutMs < 2_000);
  const connected = after(1_000);
  connected.backOff();
  connected.seed(1_000);
  assert.is(connected.timeoutMs, 2_000);
});

roundTrip("RFC 9002 5.1 in spirit: for blocks of another length the next sample is a first one again", () => {
  const trip = after(8_000, 8_000);
  trip.relearn();
  assert.is(trip.smoothedMs, 8_000);
  trip.sample(1_000);
  assert.equal([trip.smoothedMs, trip.minMs, trip.timeoutMs], [1_000, 1_000, 2_000]);
});

roundTrip("to learn anew does not end a back-off: only an answer does", () => {
  const trip = after(1_000);
  trip.backOff();
  trip.relearn();
  assert.is(trip.timeoutMs, 4_000);
});

roundTrip("the shortest round trip is kept while a queue builds up for a while", () => {
  const trip = after(1_000, 3_000, 3_000, 3_000);
  assert.ok(trip.minMs >= 1_000 && trip.minMs < 1_020, `${trip.minMs}`);
});

roundTrip("a way that has become longer for good becomes the shortest in the end", () => {
  const trip = after(1_000, ...new Array<number>(2_000).fill(3_000));
  assert.ok(trip.minMs > 2_950, `${trip.minMs}`);
});

roundTrip.run();
