import { suite } from "uvu";
import * as assert from "uvu/assert";
import { meanExchangeSeconds, suggestedAckTimeoutSeconds } from "../../../sim/link/exchange-time.ts";
import { profileNamed } from "../../../sim/profiles/profiles.ts";

const exchangeTime = suite("exchange-time");

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= 1e-9, `${actual} is not ${expected}`);
}

exchangeTime("nb-iot-ce1: request and answer at their rates, and the mean delay each way", () => {
  const up = ((50 + 28 + 9) * 8) / 2880 + 1.2;
  const down = ((1024 + 43 + 28 + 9) * 8) / 6870 + 0.5;
  near(meanExchangeSeconds(profileNamed("nb-iot-ce1"), 1024), up + down);
});

exchangeTime("an ideal link takes its round trip", () => {
  near(meanExchangeSeconds(profileNamed("ideal:rtt=138ms"), 1024), 0.138);
});

exchangeTime("lorawan-eu868-dr5-c: the silence after each frame counts", () => {
  const profile = profileNamed("lorawan-eu868-dr5-c");
  const { dutyCycle: _, ...radio } = profile.down.radio as Extract<typeof profile.down.radio, { kind: "lora" }>;
  const free = { ...profile, down: { ...profile.down, radio } };
  const silence = meanExchangeSeconds(profile, 1024) - meanExchangeSeconds(free, 1024);
  // Four full frames of 394.496 ms and a shorter one; at 10 % each is followed by nine times its time on air.
  assert.ok(silence > 9 * 4 * 0.394496 && silence < 9 * 5 * 0.394496, `${silence} s`);
});

exchangeTime("the timeout that is suggested is half as long again, in whole seconds", () => {
  // 1.5 times 3.227 s.
  assert.is(suggestedAckTimeoutSeconds(profileNamed("nb-iot-ce1"), 1024), 5);
  assert.is(suggestedAckTimeoutSeconds(profileNamed("lte-m"), 1024), 1);
});

exchangeTime.run();
