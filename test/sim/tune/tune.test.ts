import { suite } from "uvu";
import * as assert from "uvu/assert";
import { profileNamed } from "../../../sim/profiles/profiles.ts";
import {
  type Combination,
  combinationsFor,
  RUN_DAYS_MAX,
  runOnce,
  seedOfRun,
  type TuneInput,
} from "../../../sim/tune/tune.ts";
import { CRYPTO } from "../../support/crypto.ts";

const tune = suite("tune");

const DEFAULTS: TuneInput = {
  profiles: [profileNamed("lte-m")],
  imageLength: 4096,
  dialect: "own",
  blockSizes: [],
  ackTimeoutsSeconds: [],
  windows: [],
};

function settings(input: Partial<TuneInput>): string[] {
  return combinationsFor({ ...DEFAULTS, ...input }).map(
    ({ profile, blockSize, ackTimeoutSeconds, window }) =>
      `${profile.name} ${blockSize} ${ackTimeoutSeconds} ${window}`,
  );
}

function combination(input: Partial<TuneInput>): Combination {
  return combinationsFor({ ...DEFAULTS, ackTimeoutsSeconds: [2], ...input })[0]!;
}

tune("by default our own device chooses block size and window itself", () => {
  assert.equal(settings({}), ["lte-m auto 9 auto"]);
});

tune("by default a device of today is tried with its preset and all usual block sizes, one request at a time", () => {
  const usual = ["lte-m 128 2 1", "lte-m 256 2 1", "lte-m 512 2 1", "lte-m 1024 2 1"];
  assert.equal(settings({ dialect: "riot" }), ["lte-m 64 2 1", ...usual]);
  assert.equal(settings({ dialect: "zephyr" }), usual);
});

tune("RFC 7252 4.8: where an exchange takes longer than 2 s, a timeout that fits the link is tried besides", () => {
  assert.equal(settings({ profiles: [profileNamed("nb-iot-ce1")], dialect: "ncs", blockSizes: [512] }), [
    "nb-iot-ce1 512 2 1",
    "nb-iot-ce1 512 4 1",
  ]);
});

tune("what is asked for replaces the defaults, and everything is combined with everything", () => {
  const lists = { blockSizes: [64, 1024], ackTimeoutsSeconds: [3], windows: [1, "auto"] } as const;
  assert.equal(settings({ profiles: [profileNamed("lte-m"), profileNamed("ble-ipsp")], ...lists }), [
    "lte-m 64 3 1",
    "lte-m 64 3 auto",
    "lte-m 1024 3 1",
    "lte-m 1024 3 auto",
    "ble-ipsp 64 3 1",
    "ble-ipsp 64 3 auto",
    "ble-ipsp 1024 3 1",
    "ble-ipsp 1024 3 auto",
  ]);
});

tune("runs have seeds of their own, which change with the master seed and with nothing else", () => {
  const seeds = Array.from({ length: 100 }, (_, i) => seedOfRun(1, i));
  assert.is(new Set(seeds).size, 100);
  assert.is(seedOfRun(1, 7), seeds[7]);
  assert.is.not(seedOfRun(2, 7), seeds[7]);
});

tune("a run repeats from its seed", () => {
  const nbIot = combination({ profiles: [profileNamed("nb-iot-ce1")] });
  assert.equal(runOnce(CRYPTO, nbIot, 5), runOnce(CRYPTO, nbIot, 5));
  assert.is.not(runOnce(CRYPTO, nbIot, 5).seconds, runOnce(CRYPTO, nbIot, 6).seconds);
});

tune("a link that loses nothing: a request for each block, none of them twice", () => {
  const input = { profiles: [profileNamed("ideal:rtt=100ms")], dialect: "ncs", blockSizes: [512] } as const;
  const { completed, requests, needed, spurious, dutyCycleWaitSeconds, failure } = runOnce(
    CRYPTO,
    combination(input),
    1,
  );
  assert.equal(
    { completed, requests, needed, spurious, dutyCycleWaitSeconds, failure },
    { completed: true, requests: 8, needed: 0, spurious: 0, dutyCycleWaitSeconds: 0, failure: "" },
  );
});

tune("RFC 7252 4.2: with a round trip of 4 s a timer of 2 s sends each request again in vain, one of 6 s none", () => {
  const input = { profiles: [profileNamed("ideal:rtt=4s")], dialect: "ncs", blockSizes: [512] } as const;
  const hasty = runOnce(CRYPTO, combination({ ...input, ackTimeoutsSeconds: [2] }), 1);
  const patient = runOnce(CRYPTO, combination({ ...input, ackTimeoutsSeconds: [6] }), 1);
  assert.equal([hasty.needed, hasty.spurious], [0, 8]);
  assert.equal([patient.needed, patient.spurious], [0, 0]);
});

tune(
  "RFC 6347 4.2.4.1: the timeout is the first hello's too, until HelloVerifyRequest has measured the round trip",
  () => {
    const input = { profiles: [profileNamed("ideal:rtt=4s")], imageLength: 64 };
    const hasty = runOnce(CRYPTO, combination({ ...input, ackTimeoutsSeconds: [1] }), 1);
    const patient = runOnce(CRYPTO, combination({ ...input, ackTimeoutsSeconds: [6] }), 1);
    // Copies after 1 and 3 s, of 108 bytes under 28 of IPv4 and UDP; each later flight goes once.
    assert.is(hasty.bytesUp - patient.bytesUp, 2 * (108 + 28));
  },
);

tune("bytes on the air are more than the image, and radio overhead counts", () => {
  const free = runOnce(CRYPTO, combination({ profiles: [profileNamed("ideal:rate=100000")] }), 1);
  const mesh = runOnce(CRYPTO, combination({ profiles: [profileNamed("6lowpan-3hop")] }), 1);
  assert.ok(free.bytesDown > 4096 && free.bytesDown < 1.2 * 4096, `${free.bytesDown}`);
  // Three hops, and three of ten frames lost on each: the device's own is one of them.
  assert.ok(mesh.bytesDown > 1.4 * free.bytesDown);
  assert.ok(mesh.bytesOtherHops > 1.5 * (mesh.bytesUp + mesh.bytesDown), `${mesh.bytesOtherHops}`);
  assert.is(free.bytesOtherHops, 0);
});

tune("waiting for a duty cycle is told apart", () => {
  const result = runOnce(CRYPTO, combination({ profiles: [profileNamed("lorawan-eu868-dr5-c")] }), 1);
  assert.ok(result.dutyCycleWaitSeconds > 30);
});

tune("a run that nothing gets through says why", () => {
  const result = runOnce(CRYPTO, combination({ profiles: [profileNamed("bernoulli:loss=100%")] }), 1);
  assert.is(result.completed, false);
  assert.match(result.failure, /^handshake: timeout/);
  assert.ok(result.seconds < RUN_DAYS_MAX * 86_400);
});

tune("a run that would take more than a month does not count as completed", () => {
  const crawling = profileNamed("ideal:rate=1");
  const patient = { ...crawling, up: { ...crawling.up, radio: { kind: "stream", overheadLength: 0 } } } as const;
  const result = runOnce(CRYPTO, combination({ profiles: [patient], imageLength: 1_048_576 }), 1);
  assert.is(result.completed, false);
});

tune.run();
