// The closed forms of docs/links.md 3, met by the whole: the real server, DTLS, CoAP and a stop-and-wait device in virtual
// time. stop-and-wait.test.ts holds the link models alone to the same figures.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type LinkProfile, withoutJitter } from "../../sim/profiles/profile.ts";
import { profileNamed } from "../../sim/profiles/profiles.ts";
import { Simulation } from "../../sim/simulation.ts";
import { Trace } from "../../sim/trace.ts";
import { instant } from "../../src/base/instant.ts";
import { type Dialect, dialectNamed } from "../../src/device/dialect.ts";
import { CRYPTO } from "../support/crypto.ts";
import { lossyExchanges } from "../support/lossy-exchanges.ts";

const closedForms = suite("closed-forms");

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

closedForms(
  "RTT 138 ms, no loss, 380,000 bytes in blocks of 64, stop-and-wait, handshake included: 819.4 s, within 1 %",
  () => {
    const simulation = new Simulation({
      crypto: CRYPTO,
      seed: 1,
      profile: profileNamed("ideal:rtt=138ms"),
      dialect: dialectNamed("riot"),
      imageLength: 380_000,
      deviceCount: 1,
    });
    assert.ok(simulation.run(instant(3_600_000)));
    near(simulation.devices[0]!.outcome!.seconds, 819.4, 8.194);
  },
);

// A mean wait has a deviation of up to seven times itself, so that 2 % of it want more than 20,000 exchanges.
for (const [loss, wait, exchangeCount] of [
  [0.01, 0.0518, 200_000],
  [0.05, 0.3027, 100_000],
  [0.1, 0.7602, 100_000],
  [0.2, 2.6081, 60_000],
  [0.3, 6.8723, 60_000],
] as const) {
  closedForms(`RFC 7252 4.2: at a loss of ${loss} each way an exchange waits ${wait} s in the mean, within 2 %`, () => {
    const { meanWaitSeconds } = lossyExchanges({ loss, roundTripMs: 1000, exchangeCount, seed: 4 });
    near(meanWaitSeconds, wait, 0.02 * wait);
  });
}

for (const [loss, expected] of [
  [0.2, 0.5453],
  [0.3, 0.0299],
] as const) {
  closedForms(`RFC 7252 4.2: at a loss of ${loss} each way, 100 blocks in a row arrive with chance ${expected}`, () => {
    const exchangeCount = 20_000;
    const { givenUpCount } = lossyExchanges({ loss, roundTripMs: 1000, exchangeCount, seed: 4 });
    const tries = exchangeCount + givenUpCount;
    const failure = 1 - expected ** (1 / 100);
    near(givenUpCount / tries, failure, 4 * Math.sqrt(failure / tries));
  });
}

/** Minutes for 100 KiB in blocks of 64 to 1024 bytes, with this ACK_TIMEOUT. */
const TABLE = {
  "nb-iot-ce0": { ackTimeoutSeconds: 2, exchangeCount: 8_000, minutes: [19.2, 9.9, 5.3, 3.0, 1.8] },
  "nb-iot-ce1": { ackTimeoutSeconds: 6, exchangeCount: 8_000, minutes: [59.8, 30.9, 16.5, 9.2, 5.6] },
  "nb-iot-ce2": { ackTimeoutSeconds: 20, exchangeCount: 8_000, minutes: [274, 146, 81.7, 49.6, 33.6] },
  "lte-m": { ackTimeoutSeconds: 2, exchangeCount: 8_000, minutes: [3.4, 1.8, 0.91, 0.49, 0.28] },
  "nb-ntn-geo": { ackTimeoutSeconds: 8, exchangeCount: 8_000, minutes: [82.7, 44.8, 25.8, 16.3, 11.6] },
  "6lowpan-3hop": { ackTimeoutSeconds: 2, exchangeCount: 24_000, minutes: [8.9, 5.9, 3.7, 3.19, 3.43] },
} as const;

const IMAGE_LENGTH = 102_400;

/** The table counts no radio overhead on the uplink: at 363 bit/s its 9 bytes are 2 % of an exchange. */
function asTabled(profile: LinkProfile): LinkProfile {
  const { up, ...rest } = withoutJitter(profile);
  return { ...rest, up: up.radio.kind === "stream" ? { ...up, radio: { ...up.radio, overheadLength: 0 } } : up };
}

/** The table's device: one request after the other, a Connection ID up, and as patient as it takes. */
function tabledDevice(blockSize: number, ackTimeoutSeconds: number): Dialect {
  const ncs = dialectNamed("ncs");
  assert.is.not(ncs.timer, "learning");
  const timer = { ...(ncs.timer as Exclude<Dialect["timer"], "learning">), ackTimeoutMs: ackTimeoutSeconds * 1000 };
  return { ...ncs, blockSize, timer, connectionId: true, reconnections: 100 };
}

/** From the first request for a block to the last answer, which is what the table has; without the handshake. */
function downloadSeconds(seed: number, profile: LinkProfile, dialect: Dialect): number {
  let firstRequestAt: number | undefined;
  const trace = new Trace((line) => {
    if (line.includes("CON GET")) firstRequestAt ??= Number.parseFloat(line);
  });
  // Copies of a flight would still be on the air when the first block is asked for.
  const patience = { retransmitMs: 60_000 };
  const dtls = { serverDtlsParameters: patience, deviceDtlsParameters: patience };
  const simulation = new Simulation({
    crypto: CRYPTO,
    seed,
    profile,
    dialect,
    imageLength: IMAGE_LENGTH,
    deviceCount: 1,
    trace,
    ...dtls,
  });
  assert.ok(simulation.run(instant(7 * 86_400_000)));
  return simulation.devices[0]!.outcome!.seconds - firstRequestAt!;
}

for (const [name, { ackTimeoutSeconds, exchangeCount, minutes }] of Object.entries(TABLE)) {
  closedForms(`${name}: 100 KiB by stop-and-wait in ${minutes.join(", ")} minutes by block size, within 3 %`, () => {
    for (const [i, expected] of minutes.entries()) {
      const blockSize = 64 << i;
      const runCount = Math.ceil((exchangeCount * blockSize) / IMAGE_LENGTH);
      let seconds = 0;
      for (let run = 0; run < runCount; run++) {
        seconds += downloadSeconds(run, asTabled(profileNamed(name)), tabledDevice(blockSize, ackTimeoutSeconds));
      }
      near(seconds / runCount / 60, expected, 0.03 * expected);
    }
  });
}

closedForms.run();
