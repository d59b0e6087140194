// Devices behind a lossy link: they pull through it, keep their session when a NAT gives them another port, and the link
// does in real time what its profile says.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex, toUtf8 } from "../../src/base/bytes.ts";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { coapClientBuilds, IDENTITY, identical, KEY, ownAddress, pullFile } from "../support/coap-client-program.ts";
import { LinkProgram } from "../support/link-program.ts";
import { runProgram } from "../support/program.ts";
import { NARROWBOAT, servedFor } from "../support/serving.ts";
import { UdpEnd } from "../support/udp-end.ts";

const LOSSY = "bernoulli:loss=20%,rtt=100ms";
/** Each lost datagram costs a stock client 2 to 3 s, each further loss of the same twice as much: a seed that spares them. */
const SEED = ["--seed", "6"];
const PULL_LIMIT_MS = 120_000;
/** As many sessions as one identity has when nobody says otherwise. */
const PULL_COUNT = 8;
const CROWD_COUNT = 50;

const image = sampleBytes(3, 16 * 1024);
const small = sampleBytes(4, 4 * 1024);
const test = suite("link");
const scratch = scratchDirectories(test);
const serving = servedFor(test, {
  images: { "1": image, small, moving: image },
  keys: { [IDENTITY]: KEY },
  flags: ["--coap"],
});

async function narrowboatPull(link: LinkProgram, path: string, ...flags: readonly string[]): Promise<Uint8Array> {
  const file = join(scratch(), "pulled.bin");
  const security = ["--identity", IDENTITY, "--key", toHex(toUtf8(KEY))];
  const args = [NARROWBOAT, "pull", link.coaps(path), ...security, "-o", file, ...flags];
  const { exit, text } = await runProgram(process.execPath, args, PULL_LIMIT_MS);
  assert.is(exit, 0, text);
  return readFileSync(file);
}

/** How many handshakes the server has brought to an end. */
function sessionCount(): number {
  const ups = serving()
    .log()
    .filter(({ event }) => event === "sessionUp");
  return ups.length;
}

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

interface Puller {
  readonly name: string;
  readonly scheme: "coap" | "coaps";
  pull(link: LinkProgram, path: string): Promise<Uint8Array>;
}

const pullers: readonly Puller[] = [
  ...coapClientBuilds().map((build, n) => ({
    name: build.name,
    scheme: build.scheme,
    pull: (link: LinkProgram, path: string) => pullFile(build, link, scratch(), { path, flags: ownAddress(n) }),
  })),
  { name: "narrowboat pull", scheme: "coaps", pull: narrowboatPull },
];

async function pulledThrough({ scheme, pull }: Puller, profile: string, path: string, bytes: Uint8Array) {
  const port = scheme === "coaps" ? serving().coapsPort : serving().coapPort;
  const link = await LinkProgram.start(port, profile, ...SEED);
  identical(await pull(link, path), bytes);
  return link.stop();
}

for (const puller of pullers) {
  test(`${puller.name} through lte-m, every byte as published`, async () => {
    const { up, down } = await pulledThrough(puller, "lte-m", "/fw/boat/1", image);
    assert.ok(up.delayMs.p50 > 40 && down.delayMs.p50 > 30, "the link did not delay");
  });
}

// Side by side, because a client does little but wait.
test("every client through 20 % loss each way, every byte as published", async () => {
  const pulls = pullers.map((puller) => pulledThrough(puller, LOSSY, "/fw/boat/small", small));
  for (const { up, down } of await Promise.all(pulls)) {
    assert.ok(up.lost["lost"]! + down.lost["lost"]! > 0, "the seed lost nothing: choose another");
  }
});

const [build] = coapClientBuilds();
if (build !== undefined) {
  test(`${PULL_COUNT} of ${build.name} at once through one proxy, each with a link of its own`, async () => {
    const link = await LinkProgram.start(serving().coapsPort, "lte-m", ...SEED);
    const pulls = Array.from({ length: PULL_COUNT }, (_, n) =>
      pullFile(build, link, scratch(), { path: "/fw/boat/small", flags: ownAddress(n) }),
    );
    for (const bytes of await Promise.all(pulls)) identical(bytes, small);
    assert.is((await link.stop()).clients, PULL_COUNT);
  });
}

test("RFC 9146: when the NAT gives a device another port in mid-transfer, its session goes on", async () => {
  const link = await LinkProgram.start(serving().coapsPort, "ideal:rtt=50ms", ...SEED);
  const path = "/fw/boat/moving";
  const sessionsBefore = sessionCount();
  const pull = narrowboatPull(link, path, "--block-size", "256");
  await serving().logged((line) => line.event === "transferProgress" && line.path === path);
  await link.rebind();
  identical(await pull, image);
  assert.is((await link.stop()).rebindings, 1);
  assert.is(sessionCount(), sessionsBefore + 1);
});

test(`${CROWD_COUNT} clients at once: the server sees a source port for each, and each gets its own answer`, async () => {
  const server = await UdpEnd.open();
  const link = await LinkProgram.start(server.port, "ideal:rtt=20ms", ...SEED);
  const clients = await Promise.all(Array.from({ length: CROWD_COUNT }, () => UdpEnd.open()));
  for (const [n, client] of clients.entries()) client.send(link.port, Uint8Array.of(n));
  await server.received(CROWD_COUNT);
  assert.is(new Set(server.datagrams.map(({ port }) => port)).size, CROWD_COUNT);
  for (const { port, bytes } of server.datagrams) server.send(port, bytes);
  for (const [n, client] of clients.entries()) {
    await client.received(1);
    assert.equal([...client.datagrams[0]!.bytes], [n]);
  }
  for (const one of [server, ...clients]) one.close();
  assert.is((await link.stop()).clients, CROWD_COUNT);
});

test("docs/links.md 2.1: measured from outside, 20 % are lost each way and the delay is no less than the profile's", async () => {
  const count = 3000;
  const [server, client] = [await UdpEnd.open(), await UdpEnd.open()];
  const link = await LinkProgram.start(server.port, LOSSY, ...SEED);
  await client.sendPaced(link.port, new Uint8Array(100), count, 1);
  await server.settled();
  const upCount = server.datagrams.length;
  near(1 - upCount / count, 0.2, 4 * Math.sqrt((0.2 * 0.8) / count));
  await server.sendPaced(server.datagrams[0]!.port, new Uint8Array(100), count, 1);
  await client.settled();
  near(1 - client.datagrams.length / count, 0.2, 4 * Math.sqrt((0.2 * 0.8) / count));
  const { up, down } = await link.stop();
  for (const one of [server, client]) one.close();
  assert.equal([up.delivered, down.delivered], [upCount, client.datagrams.length]);
  assert.is(up.bytesOnAir, count * 128);
  for (const { delayMs } of [up, down]) {
    assert.ok(delayMs.p50 >= 49.9, `${delayMs.p50} ms are less than the profile's 50 ms`);
    near(delayMs.p50, 50, 10);
  }
});

test("lte-m: a downlink that is always full delivers at the profile's rate within 5 %", async () => {
  const [server, client] = [await UdpEnd.open(), await UdpEnd.open()];
  const link = await LinkProgram.start(server.port, "lte-m", ...SEED);
  client.send(link.port, Uint8Array.of(1));
  await server.received(1);
  await server.sendPaced(server.datagrams[0]!.port, new Uint8Array(1000), 250, 16);
  await client.settled();
  const { down } = await link.stop();
  for (const one of [server, client]) one.close();
  assert.ok(down.lost["queueFull"]! > 0, "the link was never full");
  const share = down.delivered / (down.delivered + down.lost["lost"]!);
  near((client.bitsPerSecond * (1000 + 28 + 9)) / 1000 / share, 200_000, 10_000);
  near(down.bitsPerSecond, client.bitsPerSecond, 0.05 * client.bitsPerSecond);
});

test.run();
