import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkedProfile, ProfileError, sourceOf } from "../../../sim/profiles/profile.ts";
import { NAMED_PROFILES, profileNamed } from "../../../sim/profiles/profiles.ts";

const changed = suite("changed-profile");

function refusal(text: string): string {
  try {
    profileNamed(text);
  } catch (error) {
    assert.instance(error, ProfileError);
    return (error as Error).message;
  }
  return "taken";
}

changed("mtu=540 is the MTU, and all else stays as it was", () => {
  const { mtu, sources, ...rest } = profileNamed("lte-m:mtu=540");
  const { mtu: _mtu, sources: _sources, ...before } = profileNamed("lte-m");
  assert.equal([mtu, sources["mtu"]], [540, "given by the operator"]);
  assert.equal(rest, before);
});

changed("loss=2% loses each frame by itself, both ways, whatever the profile's own model", () => {
  const { up, down } = profileNamed("nb-ntn-geo:loss=2%");
  assert.equal([up.loss, down.loss], Array(2).fill({ kind: "bernoulli", probability: 0.02 }));
});

changed("rtt=3400ms of nb-iot-ce1, which has 1.7 s in the mean, makes each delay longer in proportion", () => {
  const { up, down } = profileNamed("nb-iot-ce1:rtt=3400ms");
  assert.equal(up.delay, { kind: "gamma", floorMs: 1200, shape: 2, meanMs: 1200 });
  assert.equal(down.delay, { kind: "gamma", floorMs: 400, shape: 2, meanMs: 600 });
});

changed("RFC 9011 5.6.3: ack-always=on is of links with SCHC alone", () => {
  assert.is(profileNamed("lorawan-eu868-dr5-a:ack-always=on").ackAlways, true);
  assert.is(profileNamed("lorawan-eu868-dr5-a:ack-always=off").ackAlways, false);
  assert.is(
    refusal("lte-m:ack-always=on"),
    "profile lte-m: has no fragments of SCHC that ack-always could acknowledge",
  );
  assert.is(refusal("lorawan-eu868-dr5-a:ack-always=1"), "profile lorawan-eu868-dr5-a: ack-always must be on or off");
});

changed("a figure that was given says so, and those around it keep their sources", () => {
  const profile = profileNamed("lte-m:loss=1%,rtt=1s");
  assert.equal(
    ["up.loss.probability", "down.delay.meanMs", "mtu"].map((path) => sourceOf(profile, path)),
    ["given by the operator", "given by the operator", "schcnb"],
  );
});

changed("every named profile with every parameter is one that the JSON form allows", () => {
  for (const { name } of NAMED_PROFILES) {
    const profile = profileNamed(`${name}:loss=3%,rtt=2s,mtu=600`);
    assert.equal(checkedProfile(profile), profile);
    assert.is(profile.name, name);
  }
});

changed("a parameter that is not there is refused with those that are", () => {
  assert.is(
    refusal("lte-m:jitter=1s"),
    'profile lte-m: there is no parameter "jitter"; known are loss, rtt, mtu, ack-always',
  );
});

changed("a value that is none is refused with what it may be", () => {
  assert.is(refusal("lte-m:loss=2"), "profile lte-m: loss must be a share such as 0.1 or 10%");
  assert.is(refusal("lte-m:mtu=64"), "profile lte-m: mtu must be a whole number of bytes from 100 to 65535");
  assert.match(refusal("lte-m:rtt=4000000s"), /^profile: up\.delay\.\w+: must be a number of milliseconds/);
});

changed.run();
