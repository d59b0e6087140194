import { suite } from "uvu";
import * as assert from "uvu/assert";
import { GENERIC_LINK_DESCRIPTIONS, genericProfile } from "../../../sim/profiles/generic-profiles.ts";
import { checkedProfile, ProfileError } from "../../../sim/profiles/profile.ts";
import { profileNamed } from "../../../sim/profiles/profiles.ts";

const generic = suite("generic-profiles");

function refusal(text: string): string {
  try {
    profileNamed(text);
  } catch (error) {
    assert.instance(error, ProfileError);
    return (error as Error).message;
  }
  return "taken";
}

generic("ideal:rtt=138ms is a lossless link with 69 ms each way", () => {
  const { up, down } = profileNamed("ideal:rtt=138ms");
  assert.equal(up, down);
  assert.equal([up.delay, up.loss], [{ kind: "fixed", ms: 69 }, { kind: "none" }]);
  assert.equal(up.radio, { kind: "stream", overheadLength: 0 });
});

generic("bernoulli:loss=0.1,rtt=1s,rate=20000", () => {
  const { up } = profileNamed("bernoulli:loss=0.1,rtt=1s,rate=20000");
  assert.equal(up.loss, { kind: "bernoulli", probability: 0.1 });
  assert.equal(up.delay, { kind: "fixed", ms: 500 });
  assert.equal(up.radio, { kind: "stream", rateBitsPerSecond: 20_000, overheadLength: 0 });
});

generic("gilbert:p=2%,r=20%,h=60%,k=1% is netem's `loss gemodel 2% 20% 60% 1%`", () => {
  const { loss } = profileNamed("gilbert:p=2%,r=20%,h=60%,k=1%").up;
  assert.equal(loss, { kind: "gilbert-packet", goodToBad: 0.02, badToGood: 0.2, lossInBad: 0.6, lossInGood: 0.01 });
});

generic("every generic link is one that the JSON form allows", () => {
  for (const { name } of GENERIC_LINK_DESCRIPTIONS) {
    const profile = profileNamed(`${name}:jitter=20ms,duplicate=5%,mtu=1280,rate=250000`);
    assert.equal(checkedProfile(profile), profile);
  }
});

generic("a parameter that is not there is refused with those that are", () => {
  assert.is(
    refusal("ideal:loss=0.1"),
    'profile ideal: there is no parameter "loss"; known are rtt, jitter, rate, mtu, duplicate',
  );
});

generic("a value that is none is refused with what it may be", () => {
  assert.is(refusal("ideal:rtt=138"), "profile ideal: rtt must be a time such as 138ms or 1.5s");
  assert.is(refusal("bernoulli:loss=110%"), "profile bernoulli: loss must be a share such as 0.1 or 10%");
  assert.is(
    refusal("ideal:rate=0"),
    "profile ideal: rate must be a number of bits per second of at least 1, such as 20000",
  );
  assert.is(refusal("ideal:mtu=99999"), "profile ideal: mtu must be a whole number of bytes from 100 to 65535");
  assert.is(refusal("ideal:rtt=2000000s"), "profile: up.delay.ms: must be a number of milliseconds from 0 to a day");
});

generic("a chain that never turns is refused", () => {
  assert.is(refusal("gilbert:r=0"), "profile: up.loss.badToGood: must be a fraction above 0, at most 1");
});

generic("a name that only every object has is no link", () => {
  assert.is(genericProfile("toString", ""), undefined);
  assert.match(refusal("ideal:toString=1"), /there is no parameter "toString"/);
});

generic.run();
