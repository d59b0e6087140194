import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  EU868_DATA_RATES,
  fskTimeOnAir,
  LORAWAN_OVERHEAD_LENGTH,
  type LoraFraming,
  type LoraModulation,
  loraTimeOnAir,
  silenceAfter,
  US915_DATA_RATES,
} from "../../../sim/link/lora.ts";

const lora = suite("lora");

const SF12 = { spreadingFactor: 12, bandwidthHz: 125_000, codingRate: 1, crc: true };
const SF9 = { ...SF12, spreadingFactor: 9 };
const SF7 = { ...SF12, spreadingFactor: 7 };

/** The time on air to the microsecond, in milliseconds. */
function timeOnAir(modulation: LoraModulation, length: number, framing: LoraFraming = {}): number {
  return Math.round(loraTimeOnAir(modulation, length, framing) * 1000) / 1000;
}

function up(rate: { spreadingFactor: number; bandwidthHz: number }, length: number): number {
  return timeOnAir({ ...rate, codingRate: 1, crc: true }, length);
}

function down(rate: { spreadingFactor: number; bandwidthHz: number }, length: number): number {
  return timeOnAir({ ...rate, codingRate: 1, crc: false }, length);
}

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

lora("AN1200.13: SF12, 51 bytes, with and without CRC", () => {
  assert.is(timeOnAir(SF12, 51), 2465.792);
  assert.is(timeOnAir({ ...SF12, crc: false }, 51), 2301.952);
});

lora("AN1200.13: SF12, 64 bytes, the same with and without CRC", () => {
  assert.is(timeOnAir(SF12, 64), 2793.472);
  assert.is(timeOnAir({ ...SF12, crc: false }, 64), 2793.472);
});

lora("AN1200.13: SF12, 50 bytes, with low data rate optimisation, other coding rate and bandwidth", () => {
  assert.is(timeOnAir(SF12, 50), 2301.952);
  assert.is(timeOnAir({ ...SF12, codingRate: 2 }, 50), 2629.632);
  const wide = { ...SF12, codingRate: 2, bandwidthHz: 500_000 };
  assert.is(timeOnAir(wide, 50, { lowDataRateOptimize: true }), 657.408);
});

lora("AN1200.13: an empty uplink of 13 bytes at SF12, SF9 and SF7", () => {
  assert.equal(
    [SF12, SF9, SF7].map((one) => timeOnAir(one, LORAWAN_OVERHEAD_LENGTH)),
    [1155.072, 164.864, 46.336],
  );
});

lora("real gateway records: 23 bytes at SF12 and SF7, 33 bytes at SF12", () => {
  assert.equal([timeOnAir(SF12, 23), timeOnAir(SF7, 23), timeOnAir(SF12, 33)], [1482.752, 61.696, 1810.432]);
});

lora("AN1200.13: 10 bytes, one change after the other", () => {
  const SF8 = { ...SF7, spreadingFactor: 8 };
  const coded = { ...SF8, codingRate: 2 };
  const long = { implicitHeader: true, preambleSymbolCount: 10 };
  const optimized = { ...long, lowDataRateOptimize: true };
  const SF10 = { ...coded, spreadingFactor: 10 };
  assert.equal(
    [
      timeOnAir(SF7, 10),
      timeOnAir(SF8, 10),
      timeOnAir(SF8, 10, { implicitHeader: true }),
      timeOnAir(coded, 10, { implicitHeader: true }),
      timeOnAir(coded, 10, long),
      timeOnAir(coded, 10, optimized),
      timeOnAir(SF10, 10, optimized),
      timeOnAir({ ...SF10, bandwidthHz: 250_000 }, 10, optimized),
    ],
    [41.216, 72.192, 72.192, 78.336, 82.432, 82.432, 280.576, 140.288],
  );
});

lora("RP002 EU868: the longest frame of each data rate", () => {
  const { DR1, DR2, DR3, DR4, DR5, DR6 } = EU868_DATA_RATES;
  assert.equal(
    [DR1, DR2, DR3, DR4, DR5, DR6].map((rate) => up(rate, rate.payloadLengthMax + LORAWAN_OVERHEAD_LENGTH)),
    [1560.576, 698.368, 676.864, 707.072, 399.616, 199.808],
  );
  assert.is(down(DR5, 255), 394.496);
});

lora("RP002 EU868 DR7: 255 bytes at 50 kbit/s FSK", () => {
  assert.is(fskTimeOnAir(255), 42.56);
});

lora("RP002 US915: DR0 keeps the dwell time of 400 ms, DR8 with and without repeater, DR13", () => {
  const { DR0, DR8, DR13 } = US915_DATA_RATES;
  assert.is(up(DR0, 24), 370.688);
  assert.equal([down(DR8, 46), down(DR8, 66)], [493.568, 616.448]);
  assert.is(down(DR13, 255), 98.624);
});

lora("ETSI EN 300 220: the silence after 64 bytes at DR0 on the 10 % and the 1 % band", () => {
  near(silenceAfter(2793.472, 0.1) / 1000, 25.141, 0.0005);
  near(silenceAfter(2793.472, 0.01) / 1000, 276.554, 0.0005);
});

lora("100 KiB in the largest fragments of TS004 on the 10 % band, and in America", () => {
  const imageLength = 102_400;
  const onAir = (perFrame: number, frameMs: number) => (Math.ceil(imageLength / perFrame) * frameMs) / 60_000;
  const { DR0, DR3, DR5 } = EU868_DATA_RATES;
  const dr0 = onAir(48, down(DR0, 64));
  near(dr0, 99.4, 0.05);
  near((dr0 * 10) / 60, 16.56, 0.005);
  near((onAir(112, up(DR3, 128)) * 10) / 60, 1.72, 0.005);
  near((onAir(239, down(DR5, 255)) * 10) / 60, 0.47, 0.005);
  near(onAir(50, down(US915_DATA_RATES.DR8, 66)), 21.0, 0.05);
  near(onAir(30, down(US915_DATA_RATES.DR8, 46)), 28.1, 0.05);
});

lora("class A at 1 %: how many windows an hour the empty uplinks of a device open", () => {
  const perHour = (modulation: LoraModulation) => {
    const uplinkMs = loraTimeOnAir(modulation, LORAWAN_OVERHEAD_LENGTH);
    return 3_600_000 / (uplinkMs + silenceAfter(uplinkMs, 0.01));
  };
  near(perHour(SF12), 31.17, 0.005);
  near(perHour(SF9), 218.4, 0.05);
  near(perHour(SF7), 776.9, 0.05);
});

lora.run();
