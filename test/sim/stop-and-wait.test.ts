// The closed forms of stop-and-wait over a link, met by the link models: docs/links.md 3.
//
// Why the table of 3.1 is shown twice. At 1 % loss some 400 of 20,000 exchanges wait at all, and each for another time: by
// independent draws their mean scatters by 5 %, so that 2 % is luck. Draws that are spread evenly (randomised quasi-Monte
// Carlo, see support/quasi-random.ts) take that chance out and leave the expectation as it is: it scatters by 0.2 to 0.9 %.
// Of a thousand seeds 19 are beyond 2 % at 1 % loss, 6 at 5 % and none above: three losses in a row come 0.16 times in 20,000
// exchanges at 1 %, and one such row is 1 % of the whole wait. A mistake that hides behind the evenness would show in the
// second proof, by independent draws and as many as it takes.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Prng } from "../../sim/prng.ts";
import { withoutJitter } from "../../sim/profiles/profile.ts";
import { profileNamed } from "../../sim/profiles/profiles.ts";
import { QuasiRandom } from "../support/quasi-random.ts";
import { type StopAndWait, stopAndWait } from "../support/stop-and-wait.ts";

const stopAndWaitSuite = suite("stop-and-wait");

const DEFAULT = { requestLength: 50, responseLength: 64 + 43, exchangeCount: 20_000, ackTimeoutMs: 2000 } as const;

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

function run(profile: string, parameters: Partial<StopAndWait> = {}, seed = 1) {
  return stopAndWait(withoutJitter(profileNamed(profile)), new Prng(seed), { ...DEFAULT, ...parameters });
}

stopAndWaitSuite("RTT 138 ms, no loss, 5,938 blocks of 64 bytes: 819.4 s", () => {
  near(run("ideal:rtt=138ms", { exchangeCount: 5938 }).seconds, 819.4, 0.05);
});

/** Loss each way, the mean wait of an exchange in seconds, and how many exchanges tell it by independent draws. */
const WAITS = [
  ["1%", 0.0518, 1_000_000],
  ["5%", 0.3027, 100_000],
  ["10%", 0.7602, 100_000],
  ["20%", 2.6081, 100_000],
  ["30%", 6.8723, 100_000],
] as const;

const EVEN_SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);

function runEvenly(loss: string, seed: number) {
  const random = new QuasiRandom(new Prng(seed));
  const attempting = (attempt: number) => {
    random.attempt = attempt;
  };
  return stopAndWait(withoutJitter(profileNamed(`bernoulli:loss=${loss},rtt=1s`)), random, { ...DEFAULT, attempting });
}

for (const [loss, wait, exchangeCount] of WAITS) {
  stopAndWaitSuite(
    `RFC 7252 4.2: ${loss} loss each way make 20,000 exchanges wait ${wait} s in the mean within 2 %, from each of 20 seeds`,
    () => {
      for (const seed of EVEN_SEEDS) near(runEvenly(loss, seed).seconds / 20_000 - 1, wait, 0.02 * wait);
    },
  );

  stopAndWaitSuite(
    `RFC 7252 4.2: ${loss} loss each way make an exchange wait ${wait} s in the mean, within 2 %, by independent draws`,
    () => {
      const { seconds } = run(`bernoulli:loss=${loss},rtt=1s`, { exchangeCount });
      near(seconds / exchangeCount - 1, wait, 0.02 * wait);
    },
  );
}

// One abort more or less of the 121 at 20 % is nearly 1 % of P, and of the 691 at 30 % half a percent: of 100 seeds two or
// three are beyond 2 % there, and none beyond 3 %.
for (const [loss, withoutAbort, tolerance] of [
  ["1%", 1, 0.02],
  ["5%", 0.9991, 0.02],
  ["10%", 0.9755, 0.02],
  ["20%", 0.5453, 0.03],
  ["30%", 0.0299, 0.03],
] as const) {
  const title = `RFC 7252 4.2: ${loss} loss each way let 100 blocks through without an abort by P = ${withoutAbort}, within ${100 * tolerance} %`;
  stopAndWaitSuite(title, () => {
    for (const seed of EVEN_SEEDS) {
      const { retransmissions } = runEvenly(loss, seed);
      const aborts = retransmissions[5]! / retransmissions.reduce((sum, count) => sum + count, 0);
      near((1 - aborts) ** 100, withoutAbort, tolerance * withoutAbort);
    }
  });
}

stopAndWaitSuite("RFC 7252 4.2: 30 % loss each way end 0.51^5 of all exchanges without an answer", () => {
  const { retransmissions } = run("bernoulli:loss=30%,rtt=1s", { exchangeCount: 100_000 });
  const given = retransmissions[5]!;
  const tries = retransmissions.reduce((sum, count) => sum + count, 0);
  near(given / tries, 0.51 ** 5, 4 * Math.sqrt(0.51 ** 5 / tries));
});

/** Minutes for 100 KiB in blocks of 64 to 1024 bytes, and ACK_TIMEOUT in seconds. */
const TABLE = {
  "nb-iot-ce0": { ackTimeout: 2, exchangeCount: 20_000, minutes: [19.2, 9.9, 5.3, 3.0, 1.8] },
  "nb-iot-ce1": { ackTimeout: 6, exchangeCount: 20_000, minutes: [59.8, 30.9, 16.5, 9.2, 5.6] },
  "nb-iot-ce2": { ackTimeout: 20, exchangeCount: 20_000, minutes: [274, 146, 81.7, 49.6, 33.6] },
  "lte-m": { ackTimeout: 2, exchangeCount: 20_000, minutes: [3.4, 1.8, 0.91, 0.49, 0.28] },
  "nb-ntn-geo": { ackTimeout: 8, exchangeCount: 20_000, minutes: [82.7, 44.8, 25.8, 16.3, 11.6] },
  "6lowpan-3hop": { ackTimeout: 2, exchangeCount: 60_000, minutes: [8.9, 5.9, 3.7, 3.19, 3.43] },
} as const;

for (const [name, { ackTimeout, exchangeCount, minutes }] of Object.entries(TABLE)) {
  stopAndWaitSuite(`${name}: 100 KiB in ${minutes.join(", ")} minutes by block size, within 3 %`, () => {
    for (const [i, expected] of minutes.entries()) {
      const blockSize = 64 << i;
      // A request is CoAP 14 and DTLS 36 bytes, an answer CoAP 14 and DTLS 29 bytes and its block.
      const parameters = { responseLength: blockSize + 43, ackTimeoutMs: ackTimeout * 1000, exchangeCount };
      const { seconds } = run(name, parameters, 10 + i);
      near((seconds / exchangeCount / 60) * (102_400 / blockSize), expected, 0.03 * expected);
    }
  });
}

stopAndWaitSuite(
  "lte-m, hourly from sleep: exchanges without, with one and with more retransmissions as measured",
  () => {
    // 2414, 100 and 2 exchanges in the field; chi-square at 95 % with two degrees of freedom is 5.991.
    const exchangeCount = 2516;
    const { retransmissions } = stopAndWait(profileNamed("lte-m"), new Prng(3), {
      ...DEFAULT,
      exchangeCount,
      ackTimeoutMs: 4000,
      restMs: 3_600_000,
    });
    const [none = 0, one = 0, ...more] = retransmissions;
    const two = more.reduce((sum, count) => sum + count, 0);
    const terms = [
      [none, 2413],
      [one, 99],
      [two, 4],
    ].map(([count = 0, expected = 1]) => (count - expected) ** 2 / expected);
    const chiSquare = terms.reduce((sum, term) => sum + term, 0);
    assert.ok(chiSquare < 5.991, `${chiSquare} for ${none}, ${one}, ${two}`);
  },
);

stopAndWaitSuite.run();
