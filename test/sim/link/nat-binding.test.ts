import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NatBinding } from "../../../sim/link/nat-binding.ts";
import { Prng } from "../../../sim/prng.ts";
import { instant } from "../../../src/base/instant.ts";

const nat = suite("nat-binding");

function binding(timeoutSeconds: number | undefined = 120): NatBinding {
  return new NatBinding(timeoutSeconds, new Prng(1));
}

nat("RFC 4787 4.3: uplinks keep the port while none of the silences is as long as the timeout", () => {
  const one = binding();
  const port = one.portForUplink(instant(0));
  assert.is(one.portForUplink(instant(119_999)), port);
  assert.is(one.portForUplink(instant(239_998)), port);
  assert.is(one.bindingCount, 1);
});

nat("RFC 4787 4.3: after the timeout the device comes from another port", () => {
  const one = binding();
  const port = one.portForUplink(instant(0));
  assert.is.not(one.portForUplink(instant(120_000)), port);
  assert.is(one.bindingCount, 2);
});

nat("a downlink keeps the binding alive", () => {
  const one = binding();
  const port = one.portForUplink(instant(0));
  assert.ok(one.admitsDownlink(instant(100_000), port));
  assert.is(one.portForUplink(instant(200_000)), port);
});

nat("a downlink that comes after the timeout reaches nobody", () => {
  const one = binding();
  const port = one.portForUplink(instant(0));
  assert.not.ok(one.admitsDownlink(instant(120_000), port));
});

nat("a downlink to the port before reaches nobody", () => {
  const one = binding();
  const before = one.portForUplink(instant(0));
  one.rebind();
  assert.not.ok(one.admitsDownlink(instant(1), before));
  const after = one.portForUplink(instant(2));
  assert.not.ok(one.admitsDownlink(instant(3), before));
  assert.ok(one.admitsDownlink(instant(3), after));
});

nat("without a timeout a binding lasts until it is taken away", () => {
  const one = new NatBinding(undefined, new Prng(1));
  const port = one.portForUplink(instant(0));
  assert.is(one.portForUplink(instant(1e12)), port);
});

nat("a thousand rebindings: always another port, always one that devices have", () => {
  const one = binding();
  let before = one.portForUplink(instant(0));
  for (let i = 1; i <= 1000; i++) {
    one.rebind();
    const port = one.portForUplink(instant(i));
    assert.ok(port !== before && port >= 1024 && port <= 65_535, `${port} after ${before}`);
    before = port;
  }
});

nat.run();
