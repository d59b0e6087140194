import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { LinkProfile } from "../../sim/profiles/profile.ts";
import { profileNamed } from "../../sim/profiles/profiles.ts";
import { Simulation, SimulationFinding, type SimulationInput } from "../../sim/simulation.ts";
import { Trace } from "../../sim/trace.ts";
import { addMs, instant } from "../../src/base/instant.ts";
import { dialectNamed, dialectWith } from "../../src/device/dialect.ts";
import { CRYPTO } from "../support/crypto.ts";

const simulation = suite("simulation");

const DAY = instant(86_400_000);

function scene(profile: string | LinkProfile, input: Partial<SimulationInput> = {}): Simulation {
  return new Simulation({
    crypto: CRYPTO,
    seed: 1,
    profile: typeof profile === "string" ? profileNamed(profile) : profile,
    dialect: dialectNamed("own"),
    imageLength: 20 * 1024,
    deviceCount: 1,
    ...input,
  });
}

function traceDigest(seed: number): string {
  const hash = createHash("sha256");
  const trace = new Trace((line) => hash.update(`${line}\n`));
  assert.ok(scene("nb-iot-ce1", { seed, trace }).run(DAY));
  return hash.digest("hex");
}

simulation("the same seed gives the same trace, byte for byte, and another seed another one", () => {
  assert.is(traceDigest(7), traceDigest(7));
  assert.is.not(traceDigest(7), traceDigest(8));
});

simulation("a trace shows each datagram in one line, decoded", () => {
  const lines: string[] = [];
  scene("ideal:rtt=100ms", { trace: new Trace((line) => lines.push(line)), imageLength: 1024 }).run(DAY);
  assert.match(lines[0]!, /^ +0\.000000 d0 up {3}\d+ B ClientHello$/);
  assert.ok(lines.some((line) => /up .*CON GET \/fw\/m\/1 mid=\d+ token=\w+ Block2=0\/0\/1024 Size2=0/.test(line)));
  assert.ok(lines.some((line) => /down .*ACK 2\.05 mid=\d+ .*ETag=\w{16}.* 1024 bytes$/.test(line)));
});

for (const profile of ["nb-iot-ce0", "nb-iot-ce1", "nb-iot-ce2", "lte-m", "nb-ntn-geo", "6lowpan-3hop", "ble-ipsp"]) {
  simulation(`an update over ${profile} ends with the published image, by five seeds`, () => {
    for (let seed = 1; seed <= 5; seed++) {
      assert.ok(scene(profile, { seed }).run(DAY), `seed ${seed}`);
    }
  });
}

simulation("a wrong byte in flash is a finding that names time, device and seed", () => {
  const run = scene("ideal:rtt=100ms", { seed: 42 });
  const read = run.image.read.bind(run.image);
  run.image.read = (offset, length) => Uint8Array.from(read(offset, length), (byte, i) => (i === 5 ? byte ^ 1 : byte));
  try {
    run.run(DAY);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, SimulationFinding);
    assert.match(
      (error as Error).message,
      /^at \d+\.\d{3} s: device 0: the image in flash is another one \(seed 42\)$/,
    );
  }
});

simulation("RFC 6347 4.1.2.6: on a link that doubles datagrams no record is accepted twice", () => {
  const profile = profileNamed("lte-m");
  const doubling = {
    ...profile,
    up: { ...profile.up, duplication: 0.3 },
    down: { ...profile.down, duplication: 0.3 },
  };
  for (let seed = 1; seed <= 5; seed++) assert.ok(scene(doubling, { seed }).run(DAY), `seed ${seed}`);
});

// docs/links.md 3.3: copies of a request that are sent although the answer is on its way, by T0 of RFC 7252 4.8.
for (const [rtt, perRequest] of [
  ["1500ms", 0],
  ["4s", 1],
  ["10s", 2],
] as const) {
  simulation(`RFC 7252 4.2: at a fixed round trip of ${rtt} each request is sent ${perRequest} times in vain`, () => {
    const run = scene(`ideal:rtt=${rtt}`, { dialect: dialectWith(dialectNamed("zephyr"), { blockSize: 1024 }) });
    assert.ok(run.run(DAY));
    assert.is(run.devices[0]!.ledger.needed, 0);
    assert.is(run.devices[0]!.ledger.spurious, perRequest * 20);
  });
}

simulation("RFC 7252 4.2: at a fixed round trip of 2.5 s every second request is sent once in vain", () => {
  const run = scene("ideal:rtt=2500ms", {
    dialect: dialectWith(dialectNamed("zephyr"), { blockSize: 64 }),
    imageLength: 100 * 1024,
  });
  assert.ok(run.run(DAY));
  const requests = 1600;
  const deviation = Math.sqrt(requests / 4);
  assert.ok(Math.abs(run.devices[0]!.ledger.spurious - requests / 2) < 4 * deviation);
});

simulation("a server that restarts in the middle is found again, and the download goes on where it was", () => {
  for (const seconds of [1, 5, 10, 15]) {
    const run = scene("nb-iot-ce0");
    run.run(instant(1000 * seconds));
    run.restartServer();
    assert.ok(run.run(addMs(run.now, DAY)), `restart after ${seconds} s`);
    assert.is(run.devices[0]!.statistics!.blocks, 20);
  }
});

simulation("a device that reboots in the middle goes on with what is in flash", () => {
  const run = scene("nb-iot-ce0");
  run.run(instant(8_000));
  const before = run.devices[0]!.statistics!.blocks;
  assert.ok(before > 0);
  run.devices[0]!.boot(run.now);
  assert.ok(run.run(addMs(run.now, DAY)));
  assert.is(run.devices[0]!.statistics!.blocks, 20 - before);
});

simulation("RFC 9146 6: a NAT that rebinds in the middle costs no handshake", () => {
  const run = scene("nb-iot-ce0");
  run.run(instant(8_000));
  run.devices[0]!.nat.rebind();
  assert.ok(run.run(addMs(run.now, DAY)));
  assert.is(run.devices[0]!.statistics!.handshakes, 1);
});

simulation("fifty devices at once, all of them with their own link, get the image", () => {
  const run = scene("nb-iot-ce1", { deviceCount: 50 });
  assert.ok(run.run(DAY));
  assert.is(run.server.handshakeCount, 0);
});

simulation("devices that begin spread over time begin when they are due", () => {
  const run = scene("ideal:rtt=100ms", { deviceCount: 10, spreadMs: 100_000 });
  assert.ok(run.run(DAY));
  assert.ok(run.now >= 90_000);
});

simulation.run();
