import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkedProfile, ProfileError, sourceOf } from "../../../sim/profiles/profile.ts";
import { NAMED_PROFILES, profileNamed } from "../../../sim/profiles/profiles.ts";

const profiles = suite("profiles");

/** The paths of all numbers in a profile. */
function figurePaths(value: unknown, path = ""): string[] {
  if (typeof value === "number") return [path];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => figurePaths(member, path === "" ? key : `${path}.${key}`));
}

/** The paths of all that can be named, groups included. */
function allPaths(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null) return [path];
  const below = Object.entries(value).flatMap(([key, member]) =>
    allPaths(member, path === "" ? key : `${path}.${key}`),
  );
  return [path, ...below];
}

function refusal(text: string): string {
  try {
    profileNamed(text);
  } catch (error) {
    assert.instance(error, ProfileError);
    return (error as Error).message;
  }
  return "taken";
}

profiles("the nineteen named profiles", () => {
  assert.equal(
    NAMED_PROFILES.map(({ name }) => name),
    [
      "nb-iot-ce0",
      "nb-iot-ce1",
      "nb-iot-ce2",
      "nb-iot-nb2",
      "lte-m",
      "lte-m-poor",
      "nb-ntn-geo",
      "nb-ntn-slow",
      "nb-ntn-leo-sf",
      "lorawan-eu868-dr0-c",
      "lorawan-eu868-dr3-c",
      "lorawan-eu868-dr5-c",
      "lorawan-eu868-dr5-a",
      "lorawan-us915-dr8-c",
      "6lowpan-3hop",
      "thread-sed",
      "wisun-fan-4hop",
      "ble-ipsp",
      "sigfox",
    ],
  );
});

for (const one of NAMED_PROFILES) {
  profiles(`${one.name} is one that its own JSON form allows`, () => {
    assert.equal(checkedProfile(one), one);
  });

  profiles(`${one.name}: every figure has a source`, () => {
    const { sources: _, ...figures } = one;
    const without = figurePaths(figures).filter((path) => sourceOf(one, path) === undefined);
    assert.equal(without, []);
  });

  profiles(`${one.name}: every source is of something that the profile has`, () => {
    const { sources, ...figures } = one;
    const paths = new Set(allPaths(figures));
    assert.equal(
      Object.keys(sources).filter((path) => !paths.has(path)),
      [],
    );
  });
}

profiles("sigfox says why it carries no CoAP, and is the only one", () => {
  assert.equal(
    NAMED_PROFILES.filter(({ cannotCarryCoap }) => cannotCarryCoap !== undefined).map(({ name }) => name),
    ["sigfox"],
  );
});

profiles("a name that is not there is refused with those that are", () => {
  assert.match(
    refusal("nbiot"),
    /^profile: there is no "nbiot"; known are nb-iot-ce0, .*, sigfox, ideal, bernoulli, gilbert, or a path that ends in \.json$/,
  );
});

profiles.run();
