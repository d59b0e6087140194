// Our own device, choosing everything itself, against the physical limit and against what devices of today do: medians
// over the same 20 seeds, handshake included.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { profileNamed } from "../../sim/profiles/profiles.ts";
import { leastPhysicalLimitSeconds } from "../../sim/tune/physical-limit.ts";
import { percentile } from "../../sim/tune/sample-statistics.ts";
import { combinationsFor, runOnce, seedOfRun, type TuneInput } from "../../sim/tune/tune.ts";
import type { DialectName } from "../../src/device/dialect.ts";
import { CRYPTO } from "../support/crypto.ts";

const race = suite("physical-limit-race");

const IMAGE_LENGTH = 102_400;
const RUNS = 20;
const SEED = 1;

/** The seconds of each run of the combination with the least median, of those that lost no run. */
function bestRuns(profile: string, dialect: DialectName, more: Partial<TuneInput> = {}): readonly number[] {
  const lists = { blockSizes: [], ackTimeoutsSeconds: [], windows: [] };
  const input = { profiles: [profileNamed(profile)], imageLength: IMAGE_LENGTH, dialect, ...lists, ...more };
  const whole = combinationsFor(input)
    .map((combination) => Array.from({ length: RUNS }, (_, run) => runOnce(CRYPTO, combination, seedOfRun(SEED, run))))
    .filter((results) => results.every(({ completed }) => completed))
    .map((results) => results.map(({ seconds }) => seconds));
  return whole.reduce((best, one) => (median(one) < median(best) ? one : best));
}

function bestMedian(profile: string, dialect: DialectName): number {
  return median(bestRuns(profile, dialect));
}

function median(seconds: readonly number[]): number {
  return percentile(seconds, 0.5)!;
}

/** By link the block sizes that are best there for one request at a time; others lose by factors, or never end. */
const BEST_BLOCK_SIZES = {
  "nb-iot-ce0": [1024],
  "nb-iot-ce1": [1024],
  "nb-iot-ce2": [1024],
  "lte-m": [1024],
  "nb-ntn-geo": [1024],
  "lorawan-eu868-dr3-c": [256, 1024],
  "lorawan-eu868-dr5-c": [512, 1024],
  "lorawan-eu868-dr5-a": [512, 1024],
  "lorawan-us915-dr8-c": [128, 256],
  "6lowpan-3hop": [512, 1024],
  "wisun-fan-4hop": [1024],
  "ble-ipsp": [1024],
} as const;

/** The first wait of a handshake. A hello of Mbed TLS takes two frames at DR3, and with 9 s hardly a handshake ends there. */
const OWN_PATIENCE_SECONDS = 9;
const PATIENCE_SECONDS: ReadonlyMap<string, number> = new Map([["lorawan-eu868-dr3-c", 46]]);

/** Our own device's time on each of these links, in seconds. */
const OWN_MEDIANS: ReadonlyMap<string, number> = new Map(
  Object.keys(BEST_BLOCK_SIZES).map((profile) => [profile, bestMedian(profile, "own")]),
);

function ownMedian(profile: string): number {
  return OWN_MEDIANS.get(profile)!;
}

for (const [profile, factor] of [
  ["nb-iot-ce0", 1.3],
  ["nb-iot-ce1", 1.35],
  ["nb-iot-ce2", 1.4],
  ["lte-m", 1.35],
  ["nb-ntn-geo", 1.35],
  ["6lowpan-3hop", 1.8],
  // Every second exchange gets lost there: no more time may go to waiting than to blocks.
  ["lorawan-us915-dr8-c", 2],
] as const) {
  race(`${profile}: 100 KiB take at most ${factor} times the physical limit`, () => {
    const times = ownMedian(profile) / leastPhysicalLimitSeconds(profileNamed(profile), IMAGE_LENGTH);
    assert.ok(times >= 1 && times <= factor, `${times.toFixed(3)} times`);
  });
}

for (const profile of ["nb-iot-ce0", "nb-iot-ce1"]) {
  race(`${profile}: at least 1.7 times faster than one request of 1024 bytes at a time`, () => {
    const times = median(bestRuns(profile, "ncs", { blockSizes: [1024] })) / ownMedian(profile);
    assert.ok(times >= 1.7, `${times.toFixed(2)} times`);
  });

  race(`${profile}: at least 4 times faster than one request of 256 bytes or of 64 at a time`, () => {
    for (const blockSize of [256, 64]) {
      const times = median(bestRuns(profile, "zephyr", { blockSizes: [blockSize] })) / ownMedian(profile);
      assert.ok(times >= 4, `${times.toFixed(2)} times`);
    }
  });
}

for (const [profile, blockSizes] of Object.entries(BEST_BLOCK_SIZES)) {
  race(`${profile}: never slower than one request at a time at its best block size`, () => {
    // With our own patience in the handshake, or more where it needs that: what is compared is the transfer.
    const dtlsTimeoutSeconds = PATIENCE_SECONDS.get(profile) ?? OWN_PATIENCE_SECONDS;
    const stopAndWait = median(bestRuns(profile, "ncs", { blockSizes, dtlsTimeoutSeconds }));
    const own = ownMedian(profile);
    assert.ok(own <= stopAndWait, `${own.toFixed(1)} s and ${stopAndWait.toFixed(1)} s`);
  });
}

race.run();
