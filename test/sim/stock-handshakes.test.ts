// Devices in the field shake hands by their own stacks' timers, and give up by their own stacks' limits: docs/links.md 5.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { profileNamed } from "../../sim/profiles/profiles.ts";
import { Trace } from "../../sim/trace.ts";
import { combinationsFor, type RunResult, runOnce, type TuneInput } from "../../sim/tune/tune.ts";
import type { DialectName } from "../../src/device/dialect.ts";
import { CRYPTO } from "../support/crypto.ts";

const handshakes = suite("stock-handshakes");

interface Run {
  readonly result: RunResult;
  /** When each datagram that begins so left the device, seconds, rounded. */
  sentAt(text: string): number[];
  /** The lengths of the device's hellos. */
  readonly helloLengths: number[];
}

function run(profile: string, dialect: DialectName, settings: Partial<TuneInput> = {}, seed = 1): Run {
  const lines: string[] = [];
  const lists = { blockSizes: [], ackTimeoutsSeconds: [2], windows: [] };
  const input = { profiles: [profileNamed(profile)], imageLength: 2048, dialect, ...lists, ...settings };
  const result = runOnce(CRYPTO, combinationsFor(input)[0]!, seed, new Trace((line) => lines.push(line)));
  const sent = lines.map((line) => /^ *([\d.]+) d0 up +(\d+) B (.*)$/.exec(line)).filter((match) => match !== null);
  const hellos = sent.filter(([, , , text]) => text!.startsWith("ClientHello"));
  return {
    result,
    sentAt: (text) => sent.filter((match) => match[3]!.startsWith(text)).map((match) => Math.round(Number(match[1]))),
    helloLengths: hellos.map(([, , length]) => Number(length)),
  };
}

const DEAD = "bernoulli:loss=100%";

handshakes("libcoap: hellos after 1, 2, 4 and 8 s, and the end at the fifth timeout", () => {
  const { result, sentAt } = run(DEAD, "libcoap");
  assert.equal(sentAt("ClientHello"), [0, 1, 3, 7, 15]);
  assert.is(result.seconds, 31);
});

/** The longer a datagram, the later: no answer comes just when the timer ends, as each does where all take the same time. */
const SLOW = "rate=50000";

handshakes("libcoap: the timeouts of all flights count together, so that a round trip of 4 s is too long", () => {
  assert.ok(run(`ideal:rtt=2s,${SLOW}`, "libcoap").result.completed);
  const { result } = run(`ideal:rtt=4s,${SLOW}`, "libcoap");
  assert.equal([result.completed, result.failure], [false, "handshake: timeout expectChangeCipherSpec"]);
});

handshakes("libcoap: where each round trip is as long as the one before, 4 s are not too long", () => {
  assert.ok(run("ideal:rtt=4s", "libcoap").result.completed);
});

handshakes("libcoap: MAX_RETRANSMIT is the handshake's limit too, and a longer first wait helps as well", () => {
  assert.ok(run(`ideal:rtt=4s,${SLOW}`, "libcoap", { maxRetransmit: 8 }).result.completed);
  assert.ok(run(`ideal:rtt=4s,${SLOW}`, "libcoap", { dtlsTimeoutSeconds: 5 }).result.completed);
  assert.not.ok(run(`ideal:rtt=4s,${SLOW}`, "libcoap", { ackTimeoutsSeconds: [5] }).result.completed);
});

handshakes("libcoap: its hello has 265 bytes in one datagram, and 16 more with the cookie", () => {
  assert.equal(run("ideal", "libcoap").helloLengths, [265, 281]);
});

handshakes("libcoap: a flight that is sent again goes in a datagram for each record", () => {
  const { sentAt } = run("ideal:rtt=1500ms", "libcoap");
  // At 3 s in one datagram, and at 4 s in three.
  assert.equal(sentAt("ClientKeyExchange, ChangeCipherSpec, Finished"), [3]);
  assert.equal(sentAt("ClientKeyExchange"), [3, 4]);
  assert.equal([sentAt("ChangeCipherSpec"), sentAt("Finished")], [[4], [4]]);
});

handshakes("Mbed TLS: hellos after 1 to 32 s and 60 s, each flight for itself", () => {
  for (const dialect of ["zephyr", "ncs"] as const) {
    const { sentAt } = run(DEAD, dialect);
    assert.equal(sentAt("ClientHello").slice(0, 7), [0, 1, 3, 7, 15, 31, 63]);
    assert.ok(run("ideal:rtt=20s", dialect, { ackTimeoutsSeconds: [40] }).result.completed);
  }
  assert.is(run(DEAD, "zephyr").result.seconds, 123);
});

handshakes("RIOT: three whole handshakes of 1, 2 and 4 s, and no flight twice", () => {
  const { result, sentAt } = run(DEAD, "riot");
  assert.equal(sentAt("ClientHello"), [0, 1, 3]);
  assert.is(result.seconds, 7);
  assert.ok(run("ideal:rtt=1s", "riot").result.completed);
  assert.not.ok(run("ideal:rtt=2s", "riot").result.completed);
  assert.ok(run("ideal:rtt=2s", "riot", { dtlsTimeoutSeconds: 7 }).result.completed);
});

handshakes("ours gets through a round trip of a minute: the cookie lives longer than its slowest handshake", () => {
  assert.ok(run("ideal:rtt=60s", "own", { ackTimeoutsSeconds: [9] }).result.completed);
});

handshakes.run();
