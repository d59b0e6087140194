import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY } from "../../src/base/bytes.ts";
import { type Instant, instant } from "../../src/base/instant.ts";
import { DEFAULT_TRANSMISSION_PARAMETERS } from "../../src/coap/parameters.ts";
import { firstBackoff, nextBackoff, Retransmitter } from "../../src/coap/retransmission.ts";
import { ZERO_RANDOM } from "../support/scripted-coap-peer.ts";

const retransmission = suite("retransmission");

const ALL_ONES = { fill: (target: Uint8Array) => void target.fill(0xff) };
const START = instant(1_000);

retransmission("RFC 7252 4.2: the first timeout lies between ACK_TIMEOUT and that times ACK_RANDOM_FACTOR", () => {
  const shortest = firstBackoff(START, ZERO_RANDOM, DEFAULT_TRANSMISSION_PARAMETERS);
  const longest = firstBackoff(START, ALL_ONES, DEFAULT_TRANSMISSION_PARAMETERS);
  assert.equal(shortest, { timeoutMs: 2_000, deadline: 3_000, retransmitCount: 0 });
  assert.ok(longest.timeoutMs > 2_999.99 && longest.timeoutMs < 3_000);
});

retransmission("RFC 7252 4.2: each retransmission doubles the timeout, and the fifth does not happen", () => {
  let backoff = firstBackoff(START, ZERO_RANDOM, DEFAULT_TRANSMISSION_PARAMETERS);
  const timeouts: number[] = [];
  for (;;) {
    const next = nextBackoff(backoff.deadline, backoff, DEFAULT_TRANSMISSION_PARAMETERS);
    if (next === undefined) break;
    timeouts.push(next.timeoutMs);
    backoff = next;
  }
  assert.equal(timeouts, [4_000, 8_000, 16_000, 32_000]);
});

function record(): { readonly log: string[]; readonly retransmitter: Retransmitter<string> } {
  const log: string[] = [];
  const outlet = {
    transmit: (now: Instant, owner: string) => void log.push(`${owner} at ${now}`),
    gaveUp: (now: Instant, owner: string) => void log.push(`${owner} given up at ${now}`),
  };
  return { log, retransmitter: new Retransmitter(outlet, ZERO_RANDOM, DEFAULT_TRANSMISSION_PARAMETERS) };
}

retransmission("several owners are retransmitted for, each in its own time, until stopped or given up", () => {
  const { log, retransmitter } = record();
  retransmitter.start(instant(0), "a", EMPTY);
  retransmitter.start(instant(500), "b", EMPTY);
  for (let due = retransmitter.pollTimeout(); due !== undefined && due < 10_000; due = retransmitter.pollTimeout()) {
    retransmitter.handleTimeout(due);
    if (due === 2_500) retransmitter.stop("b");
  }
  assert.equal(log, ["a at 0", "b at 500", "a at 2000", "b at 2500", "a at 6000"]);
  assert.is(retransmitter.retransmitCount, 3);
});

retransmission("an early call does nothing", () => {
  const { log, retransmitter } = record();
  retransmitter.start(instant(0), "a", EMPTY);
  retransmitter.handleTimeout(instant(1_999));
  assert.equal([log.length, retransmitter.pollTimeout()], [1, 2_000]);
});

retransmission("RFC 7252 4.8.2: with the shortest timeouts a CON is given up after 62 s", () => {
  const { log, retransmitter } = record();
  retransmitter.start(instant(0), "a", EMPTY);
  for (let due = retransmitter.pollTimeout(); due !== undefined; due = retransmitter.pollTimeout()) {
    retransmitter.handleTimeout(due);
  }
  assert.is(log.at(-1), "a given up at 62000");
});

retransmission.run();
