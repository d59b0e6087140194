// A fit finds the link that was recorded: from what the server writes, and from a capture beside the device.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { exchangesOfCapture } from "../../../sim/fit/capture-exchanges.ts";
import { type Exchange, exchangeSeries, FitError, type Observations } from "../../../sim/fit/exchange.ts";
import { exchangesOfCsv } from "../../../sim/fit/exchange-csv.ts";
import { fitLink } from "../../../sim/fit/link-fit.ts";
import { type Estimate, fitLoss } from "../../../sim/fit/loss-fit.ts";
import { readPcap } from "../../../sim/fit/pcap.ts";
import { meanLoss } from "../../../sim/link/loss.ts";
import { Prng } from "../../../sim/prng.ts";
import { parseProfile } from "../../../sim/profiles/profile.ts";
import { percentile } from "../../../sim/tune/sample-statistics.ts";
import { runOnce, seedOfRun } from "../../../sim/tune/tune.ts";
import { systemCrypto } from "../../../src/shell/system-crypto.ts";
import {
  burstOf,
  exchangeBurst,
  exchangeLoss,
  exchangeSeconds,
  FITTED_PROFILES,
  rateOf,
} from "../../support/fit-truth.ts";
import { recordTransfer } from "../../support/recorded-transfer.ts";

const test = suite("fits");

const BLOCKS = 2_000;
const RUNS = 30;
const SEEDS = [1, 2, 3];
/** Of 95 % intervals some miss. */
const HOLDING_MIN = 0.9;

const recordings = FITTED_PROFILES.map((profile) => ({
  profile,
  recorded: SEEDS.map((seed) => recordTransfer(profile, seed, BLOCKS)),
}));
const [first, second] = recordings.map(({ recorded }) => recorded[0]!);

/** Which exchanges a Gilbert link loses of a device that gives up after so many in a row, until its next handshake is through. */
function givingUp(seed: number, goodToBad: number, badToGood: number, lossesMax: number): readonly Exchange[] {
  const random = new Prng(seed);
  let bad = false;
  let run = 0;
  return Array.from({ length: BLOCKS }, () => {
    bad = random.fraction() < (bad ? 1 - badToGood : goodToBad);
    run = bad ? run + 1 : 0;
    const lost = bad;
    const isGivenUp = run === lossesMax;
    if (isGivenUp) bad = false;
    return { device: "d", bytesUp: 90, bytesDown: 0, roundTripSeconds: undefined, lost, isGivenUp };
  });
}

test("bursts that devices give up in the middle of are evidence of long ones: their length is found all the same", () => {
  const fits = Array.from({ length: 40 }, (_, seed) => fitLoss(exchangeSeries(givingUp(seed, 0.05, 0.3, 3))));
  assert.ok(fits.filter(({ burst }) => holds([burst, 1 / 0.3])).length >= HOLDING_MIN * fits.length);
});

/** An interval, and what should lie in it. */
type Claim = readonly [Estimate | undefined, number];

function holds([estimate, truth]: Claim): boolean {
  return estimate !== undefined && estimate.low <= truth && truth <= estimate.high;
}

function narrow({ value, low, high }: Estimate): void {
  assert.ok((high - low) / 2 <= 0.35 * value, `${low} to ${high} is too wide for ${value}`);
}

const claims: Claim[] = [];

for (const { profile, recorded } of recordings) {
  test(`${profile.name}: a CSV of the server and a capture beside the device tell the loss closely enough`, () => {
    for (const { csv, pcap } of recorded) {
      const capture = exchangesOfCapture(readPcap(pcap).datagrams);
      const sources: readonly Observations[] = [{ exchanges: exchangesOfCsv(csv), directions: undefined }, capture];
      for (const observations of sources) {
        const { either, time } = fitLink("fitted", observations);
        narrow(either.share);
        claims.push(
          [either.share, exchangeLoss(profile)],
          [either.burst, exchangeBurst(profile)],
          [time.roundTrip, exchangeSeconds(profile, time)],
          [time.rateUp, rateOf(profile, "up")],
          [time.rateDown, rateOf(profile, "down")],
        );
      }
      const { up, down } = fitLink("fitted", capture);
      for (const [direction, fit] of [["up", up] as const, ["down", down] as const]) {
        const { loss } = profile[direction];
        narrow(fit!.share);
        claims.push([fit!.share, meanLoss(loss, 0)], [fit!.burst, burstOf(loss)]);
      }
    }
  });
}

test("losses, bursts, round trips and rates of all recordings lie in their intervals as often as these say", () => {
  const share = claims.filter(holds).length / claims.length;
  assert.is(claims.length, FITTED_PROFILES.length * SEEDS.length * 14);
  assert.ok(share >= HOLDING_MIN, `${share}`);
});

for (const { profile, recorded } of recordings.slice(0, 2)) {
  test(`${profile.name}: fitted profiles foretell how long transfers take that they have not seen, the middle one within 10 %`, () => {
    const foretold = recorded.map(({ pcap }) =>
      medianSeconds(fitLink("fitted", exchangesOfCapture(readPcap(pcap).datagrams)).profile),
    );
    const ratio = percentile(foretold, 0.5)! / medianSeconds(profile);
    assert.ok(Math.abs(ratio - 1) <= 0.1, `${ratio}: ${foretold.join(", ")} s`);
  });
}

function medianSeconds(profile: (typeof FITTED_PROFILES)[number]): number {
  const combination = {
    profile,
    imageLength: 64 * 1024,
    dialect: "libcoap",
    blockSize: 512,
    ackTimeoutSeconds: 2,
    window: 1,
  } as const;
  const runs = Array.from({ length: RUNS }, (_, i) => runOnce(systemCrypto(), combination, seedOfRun(7, i)).seconds);
  return percentile(runs, 0.5)!;
}

test("a fitted profile is one that can be saved and read again, and says that it was measured", () => {
  const { profile } = fitLink("field", exchangesOfCapture(readPcap(second!.pcap).datagrams));
  assert.equal(parseProfile(JSON.stringify(profile)), profile);
  assert.match(profile.sources["down.loss"]!, /^measured, \d+\.\d\d % to \d+\.\d\d %$/);
});

test("a CSV alone shares the loss out evenly, and says so", () => {
  const { profile, either, up } = fitLink("field", {
    exchanges: exchangesOfCsv(first!.csv),
    directions: undefined,
  });
  assert.is(up, undefined);
  const share = 1 - (1 - meanLoss(profile.up.loss, 0)) * (1 - meanLoss(profile.down.loss, 0));
  assert.ok(Math.abs(share - either.share.value) < 1e-9);
  assert.match(profile.sources["up.loss"]!, /^half of that of exchanges/);
});

test("fewer than thirty round trips: refused with what is needed", () => {
  const csv = first!.csv.split("\n").slice(0, 12).join("\n");
  assert.throws(
    () => fitLink("field", { exchanges: exchangesOfCsv(csv), directions: undefined }),
    (error: unknown) => error instanceof FitError && /a fit needs 30/.test(error.message),
  );
});

test("blocks of one length: no rate is claimed, and the delay has it", () => {
  const exchanges = exchangesOfCsv(first!.csv).filter((one) => one.bytesDown === 299 && one.bytesUp === 70);
  const { time, profile } = fitLink("field", { exchanges, directions: undefined });
  assert.is(time.rateDown, undefined);
  assert.equal(profile.down.radio, { kind: "stream", overheadLength: 0 });
  assert.ok(holds([time.roundTrip, exchangeSeconds(recordings[0]!.profile, time)]));
});

test.run();
