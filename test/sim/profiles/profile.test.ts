import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type LinkProfile,
  ProfileError,
  parseProfile,
  sourceOf,
  withoutJitter,
} from "../../../sim/profiles/profile.ts";
import { profileNamed } from "../../../sim/profiles/profiles.ts";

const profile = suite("profile");

/** The JSON of a good profile with something set at a path. */
function changed(path: string, value: unknown, name = "nb-iot-ce2"): string {
  const json = JSON.parse(JSON.stringify(profileNamed(name))) as Record<string, unknown>;
  const keys = path.split(".");
  const last = keys.pop()!;
  let object = json;
  for (const key of keys) object = object[key] as Record<string, unknown>;
  object[last] = value;
  return JSON.stringify(json);
}

function refusal(text: string): string {
  try {
    parseProfile(text);
  } catch (error) {
    assert.instance(error, ProfileError);
    return (error as Error).message;
  }
  return "taken";
}

profile("a profile read from its JSON is the same", () => {
  const one = profileNamed("6lowpan-3hop");
  assert.equal(parseProfile(JSON.stringify(one)), one);
});

profile("a text that is no JSON is refused as such", () => {
  assert.match(refusal("{"), /^profile: not JSON: /);
});

profile("JSON that is no object is refused as a whole", () => {
  assert.match(refusal("3"), /^profile: the whole: must be an object of name, /);
});

profile("a figure out of its limits is refused with its path and what it may be", () => {
  assert.is(
    refusal(changed("up.loss.probability", 1.5)),
    "profile: up.loss.probability: must be a fraction from 0 to 1",
  );
});

profile("a figure of another type is refused with its path and what it may be", () => {
  assert.is(
    refusal(changed("down.queue.countMax", "ten")),
    "profile: down.queue.countMax: must be a whole number from 1 to 100000",
  );
});

profile("a field that nobody knows is refused with those that are known", () => {
  assert.is(
    refusal(changed("sleep.idleMinutes", 1)),
    "profile: sleep.idleMinutes: is not known here; known are idleSeconds, wakeSeconds, firstLoss, paging",
  );
});

profile("a field that is missing is refused by name", () => {
  assert.is(refusal(changed("up.delay.floorMs", undefined)), "profile: up.delay.floorMs: is missing");
});

profile("a kind that nobody knows is refused with those that are known", () => {
  assert.is(
    refusal(changed("up.loss", { kind: "netem" })),
    "profile: up.loss.kind: must be none, bernoulli, gilbert-packet, gilbert-time or bit-errors",
  );
});

profile("figures that contradict one another are refused", () => {
  const cases: [string, unknown, string, string][] = [
    ["up.radio.payloadLengthMax", 2, "lorawan-eu868-dr0-c", "profile: up.radio.payloadLengthMax"],
    ["down.radio.frameLengthMax", 40, "6lowpan-3hop", "profile: down.radio.frameLengthMax"],
    ["up.delay.maxMs", 79, "wisun-fan-4hop", "profile: up.delay.maxMs"],
    ["passes.openSeconds", 5701, "nb-ntn-leo-sf", "profile: passes.openSeconds"],
    ["classA", true, "nb-iot-ce0", "profile: classA"],
  ];
  for (const [path, value, name, start] of cases) {
    assert.ok(refusal(changed(path, value, name)).startsWith(start), refusal(changed(path, value, name)));
  }
});

profile("the source of a figure is that of the nearest path that has one", () => {
  const one: LinkProfile = { ...profileNamed("ideal"), sources: { "": "all", up: "u", "up.loss": "l" } };
  assert.equal(
    ["up.loss.probability", "up.loss", "up.delay.ms", "down.delay.ms"].map((path) => sourceOf(one, path)),
    ["l", "l", "u", "all"],
  );
});

profile("without jitter: delays at their mean, no outage, no sleep, the same loss", () => {
  const one = profileNamed("nb-iot-ce2");
  const still = withoutJitter(one);
  assert.equal(
    [still.up.delay, still.down.delay].map((delay) => delay),
    [
      { kind: "fixed", ms: 4000 },
      { kind: "fixed", ms: 2000 },
    ],
  );
  assert.equal([still.outage, still.sleep, still.up.loss], [undefined, undefined, one.up.loss]);
});

profile.run();
