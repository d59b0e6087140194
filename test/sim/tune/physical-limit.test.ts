import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { LinkProfile } from "../../../sim/profiles/profile.ts";
import { profileNamed } from "../../../sim/profiles/profiles.ts";
import { physicalLimitSeconds } from "../../../sim/tune/physical-limit.ts";

const limit = suite("physical-limit");

const IMAGE_LENGTH = 102_400;

function minutes(profile: LinkProfile, blockSize = 1024): number {
  return physicalLimitSeconds(profile, IMAGE_LENGTH, blockSize) / 60;
}

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

for (const [name, expected] of [
  ["nb-iot-ce0", 0.69],
  ["nb-iot-ce1", 2.15],
  ["nb-iot-ce2", 19.1],
  ["nb-ntn-geo", 7.45],
] as const) {
  limit(`${name}: 100 KiB take at least ${expected} minutes, within 2 %`, () => {
    near(minutes(profileNamed(name)), expected, 0.02 * expected);
  });
}

limit("lte-m: 100 KiB take at least 0.07 minutes, to that figure's two digits", () => {
  near(minutes(profileNamed("lte-m")), 0.07, 0.005);
});

limit("6lowpan-3hop without loss: 13 frames a block, each three times 6.88 ms or less", () => {
  const profile = profileNamed("6lowpan-3hop");
  const lossless: LinkProfile = { ...profile, down: { ...profile.down, loss: { kind: "none" } } };
  near(minutes(lossless), (100 * 13 * 3 * 0.00688) / 60, 0.03 * 0.447);
});

limit("6lowpan-3hop with its loss: link retransmissions and lost fragments double it", () => {
  const profile = profileNamed("6lowpan-3hop");
  const frames = 13 * 3 * 0.00688 * 1.417;
  const expected = (100 * frames) / (1 - 0.0241) ** 13 / 60;
  near(minutes(profile), expected, 0.05 * expected);
});

limit("loss per fragment: on 6lowpan-3hop the limit itself has an inner optimum, on cellular it has none", () => {
  const mesh = profileNamed("6lowpan-3hop");
  assert.ok(minutes(mesh, 512) < minutes(mesh, 1024) && minutes(mesh, 512) < minutes(mesh, 128));
  const cellular = profileNamed("nb-iot-ce1");
  assert.ok(minutes(cellular, 1024) < minutes(cellular, 512));
});

limit("lorawan-eu868-dr5-c: the duty cycle's silence counts, ten times the time on air", () => {
  const profile = profileNamed("lorawan-eu868-dr5-c");
  const { dutyCycle: _, ...radio } = profile.down.radio as Extract<typeof profile.down.radio, { kind: "lora" }>;
  const free: LinkProfile = { ...profile, down: { ...profile.down, radio } };
  near(minutes(profile) / minutes(free), 10, 1e-9);
});

limit("lorawan-eu868-dr5-a: at best a window for each empty uplink of the device", () => {
  const profile = profileNamed("lorawan-eu868-dr5-a");
  // 64 bytes with their headers are one frame, and one in twenty is lost, as is one in twenty of the empty uplinks.
  near(minutes(profile, 64), (1600 * 4.6336) / 0.95 / 0.95 / 60, 1e-6);
});

limit("nb-ntn-leo-sf: what does not fit one pass waits for the next", () => {
  const profile = profileNamed("nb-ntn-leo-sf");
  const { passes: _, ...always } = profile;
  near(minutes(profile) - minutes(always), 89, 1e-9);
});

limit("a last block that is shorter costs less", () => {
  const profile = profileNamed("nb-iot-ce0");
  const whole = physicalLimitSeconds(profile, 1024, 1024);
  const withRest = physicalLimitSeconds(profile, 1025, 1024);
  near(withRest - whole, ((1 + 14 + 29 + 28 + 9) * 8) / 21_250 / 0.995, 1e-9);
});

limit("an empty image costs nothing", () => {
  assert.is(physicalLimitSeconds(profileNamed("nb-iot-ce0"), 0, 1024), 0);
});

limit.run();
