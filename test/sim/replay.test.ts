// A seed is all that a run needs to be had again: on this machine, on another, on another version of Node.js.

import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { profileNamed } from "../../sim/profiles/profiles.ts";
import { Trace } from "../../sim/trace.ts";
import { combinationsFor, runOnce } from "../../sim/tune/tune.ts";
import { CRYPTO } from "../support/crypto.ts";

const replay = suite("replay");

/** Every datagram of an update of 20 blocks, one line each. */
function traceOf(profile: string, seed: number): string {
  const lines: string[] = [];
  const [combination] = combinationsFor({
    profiles: [profileNamed(profile)],
    imageLength: 20 * 1024,
    dialect: "own",
    blockSizes: [],
    ackTimeoutsSeconds: [9],
    windows: [],
  });
  runOnce(CRYPTO, combination!, seed, new Trace((line) => lines.push(line)));
  return lines.join("\n");
}

/** With jitter of each kind, loss in spells, outages, duty cycles and frames. */
const PROFILES = ["nb-iot-ce2", "nb-ntn-geo", "lorawan-eu868-dr5-c", "6lowpan-3hop", "wisun-fan-4hop"];

for (const profile of PROFILES) {
  replay(`${profile}: the same seed gives the same trace, byte for byte`, () => {
    assert.is(traceOf(profile, 1), traceOf(profile, 1));
  });

  replay(`${profile}: another seed gives another trace`, () => {
    assert.is.not(traceOf(profile, 1), traceOf(profile, 2));
  });
}

// A change of what device, server or link do changes this digest, and then it is written anew; a change of Node.js or of
// the machine must not.
replay("every version of Node.js gives the trace that is written down here", () => {
  const digest = createHash("sha256");
  for (const profile of PROFILES) digest.update(traceOf(profile, 1));
  assert.is(digest.digest("hex").slice(0, 16), "c84566864febae1b");
});

replay.run();
