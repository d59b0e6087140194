import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type LossProcess, lossProcess } from "../../../sim/link/loss.ts";
import { expectedTransmission, framesFor, transmit } from "../../../sim/link/radio.ts";
import { frameMs, serviceMs } from "../../../sim/link/six-lowpan.ts";
import { Prng } from "../../../sim/prng.ts";
import { profileNamed } from "../../../sim/profiles/profiles.ts";
import { instant } from "../../../src/base/instant.ts";

const radio = suite("radio");

const MESH = profileNamed("6lowpan-3hop").down.radio;
const SERVICE_MS = serviceMs(250_000, 127);

/** Loses as the letters say, "x" for lost, and writes down when it was asked. */
function scripted(letters: string): LossProcess & { readonly askedAt: number[] } {
  const askedAt: number[] = [];
  return { askedAt, lost: (now) => letters[askedAt.push(now) - 1] === "x" };
}

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

radio("a mesh frame without loss takes the channel once for each hop", () => {
  const one = transmit(MESH, instant(0), 127, scripted("..."));
  assert.is(one.arrived, true);
  near(one.channelMs, 3 * SERVICE_MS, 1e-9);
  assert.is(one.bytesOnAir, 3 * 127);
});

radio("a mesh frame is sent again on the hop that lost it, one service later each time", () => {
  const loss = scripted("x..xx.");
  const one = transmit(MESH, instant(100), 127, loss);
  assert.is(one.arrived, true);
  assert.is(one.bytesOnAir, 6 * 127);
  for (const [i, at] of loss.askedAt.entries()) near(at, 100 + i * SERVICE_MS, 1e-9);
});

radio("the device's own radio takes part in the first hop up and in the last hop down alone", () => {
  const { firstHop, lastHop } = transmit(MESH, instant(0), 127, scripted("x.xx.."));
  near(firstHop.ms, 2 * frameMs(250_000, 127), 1e-9);
  near(lastHop.ms, frameMs(250_000, 127), 1e-9);
  assert.equal([firstHop.bytesOnAir, lastHop.bytesOnAir], [2 * 127, 127]);
  assert.is(transmit(MESH, instant(0), 127, scripted(".xxxx")).lastHop.bytesOnAir, 0);
});

radio("macMaxFrameRetries 3: the fourth attempt may arrive, after it the frame is given up and goes no further", () => {
  assert.is(transmit(MESH, instant(0), 127, scripted("xxx...")).arrived, true);
  const lost = transmit(MESH, instant(0), 127, scripted(".xxxx."));
  assert.equal([lost.arrived, lost.bytesOnAir], [false, 5 * 127]);
});

radio("what a mesh frame costs in the mean is what many of them cost, even when most attempts fail", () => {
  const model = { kind: "bernoulli", probability: 0.7 } as const;
  const loss = lossProcess(model, new Prng(1));
  const frames = Array.from({ length: 100_000 }, () => transmit(MESH, instant(0), 100, loss));
  const { channelMs, arrival } = expectedTransmission(MESH, 100, model);
  const mean = frames.reduce((sum, frame) => sum + frame.channelMs, 0) / frames.length;
  near(mean, channelMs, 0.01 * channelMs);
  near(frames.filter(({ arrived }) => arrived).length / frames.length, arrival, 0.01);
});

radio("RFC 9011: N of 51 leaves 49 bytes to each frame beside the fragment header", () => {
  const { radio: dr0 } = profileNamed("lorawan-eu868-dr0-c").down;
  // 3 bytes of compressed header and 46 of payload fill one PHYPayload of 64.
  assert.equal(framesFor(dr0, 48, 46), [64]);
  assert.equal(framesFor(dr0, 48, 47), [64, 16]);
});

radio("a stream adds the headers of IP and UDP and its own", () => {
  assert.equal(framesFor(profileNamed("nb-iot-ce0").down.radio, 28, 1067), [1104]);
});

radio.run();
