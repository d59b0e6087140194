// Trusted updates of simulated devices: the very same TwoSlotDevice and FirmwareServer, behind links. Twenty seeds of each link
// are what `narrowboat tune --trusted` prints, which sim/README.md shows.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { profileNamed } from "../../sim/profiles/profiles.ts";
import { Simulation } from "../../sim/simulation.ts";
import { trustCostRow } from "../../sim/tune/trust-cost.ts";
import { instant } from "../../src/base/instant.ts";
import { dialectNamed } from "../../src/device/dialect.ts";
import { CRYPTO } from "../support/crypto.ts";

const test = suite("trusted");

test("on nb-iot-ce1 it takes at most 1.05 times a bare download with its handshake to the reboot, and is confirmed after", () => {
  const combination = { profile: profileNamed("nb-iot-ce1"), imageLength: 102_400, dialect: "own" } as const;
  const own = { blockSize: "auto", ackTimeoutSeconds: 9, window: "auto" } as const;
  const row = trustCostRow(CRYPTO, { ...combination, ...own }, 5, 1);
  assert.equal(row.completed, { bare: 5, trusted: 5 });
  assert.ok(row.rebootSeconds! / row.bareSeconds! <= 1.05, `${row.rebootSeconds} s against ${row.bareSeconds} s`);
  assert.ok(row.contactSeconds! > 0 && row.confirmedSeconds! > row.contactSeconds!);
});

test("a device on a lossy link ends with the image confirmed, over one association until the reboot and one after", () => {
  const simulation = new Simulation({
    seed: 3,
    crypto: CRYPTO,
    profile: profileNamed("bernoulli"),
    dialect: dialectNamed("own"),
    imageLength: 20_000,
    deviceCount: 3,
    trusted: true,
  });
  assert.ok(simulation.run(instant(86_400_000)));
  assert.equal(
    simulation.devices.map(({ statistics }) => statistics!.handshakes),
    [1, 1, 1],
  );
});

test.run();
