// `pull --slots`, as somebody tries out what a device does with a release.

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { peerAddress } from "../../../src/base/peer-address.ts";
import { systemNow } from "../../../src/shell/system-clock.ts";
import { scratchDirectories } from "../../store/scratch-directory.ts";
import { ED25519_PAIR } from "../../support/signing-keys.ts";
import { imageOfVersion, type ReleaseInput, release, UpdateServer } from "../../support/update-server.ts";
import { narrowboat } from "../narrowboat.ts";

const test = suite("two-slots");
const scratch = scratchDirectories(test);
const socket = createSocket("udp4").bind(0, "127.0.0.1");
await once(socket, "listening");
const uri = `coap://127.0.0.1:${socket.address().port}/m/pump`;

const scene = { server: new UpdateServer() };
socket.on("message", (datagram, { port, address }) => {
  const answers = scene.server.handleDatagram(systemNow(), peerAddress(address, port), new Uint8Array(datagram));
  for (const answer of answers) socket.send(answer, port, address);
});

test.before.each(() => {
  scene.server = new UpdateServer();
});
test.after(() => {
  socket.close();
});

function releases(input: ReleaseInput): void {
  scene.server.publish(release(input));
}

/** A device's own directory, with the maker's public key beside it. */
function device() {
  const directory = scratch();
  const base64 = Buffer.from(ED25519_PAIR.verification.spki).toString("base64");
  writeFileSync(join(directory, "maker.pem.pub"), `-----BEGIN PUBLIC KEY-----\n${base64}\n-----END PUBLIC KEY-----\n`);
  return async (...more: string[]) => {
    const arguments_ = ["pull", uri, "--slots", join(directory, "slots"), "--trust", join(directory, "maker.pem.pub")];
    return await narrowboat(directory, ...arguments_, ...more);
  };
}

test("a release is checked, tried and confirmed, its file is the image, and the next one goes to the other slot", async () => {
  const pull = device();
  releases({ sequenceNumber: 5, version: "1.1.0", length: 5_000 });
  const first = await pull("--json");
  assert.is(first.code, 0, first.stderr);
  const { image, ...report } = JSON.parse(first.stdout);
  assert.equal(report, { result: 1, reason: null, version: "1.1.0", slot: 1 });
  assert.equal(new Uint8Array(readFileSync(image)), imageOfVersion("1.1.0", 5_000));
  assert.equal(scene.server.told, ["3 0 1.1.0", "0 1 1.1.0"]);
  releases({ sequenceNumber: 6, version: "1.2.0", length: 300 });
  const second = JSON.parse((await pull("--json")).stdout);
  assert.equal([second.slot, second.version], [0, "1.2.0"]);
  assert.equal(new Uint8Array(readFileSync(second.image)), imageOfVersion("1.2.0", 300));
  const third = await pull();
  assert.is(third.code, 0);
  assert.match(third.stdout, /there is nothing newer/);
});

test("--boot-fails: the watchdog bites twice, the old image boots, and the exit code says so", async () => {
  const pull = device();
  releases({ sequenceNumber: 5, version: "1.1.0" });
  const { code, stdout, stderr } = await pull("--boot-fails", "--json");
  assert.is(code, 1);
  const report = JSON.parse(stdout);
  assert.equal([report.result, report.reason, report.version, report.slot], [8, "bootFailed", "factory", 0]);
  assert.match(stderr, /factory boots as before: 1.1.0 \(sequence number 5\) gave way \(bootFailed\)/);
  assert.equal(scene.server.told, ["0 8 bootFailed 1.1.0"]);
});

test("one flipped bit of the image, of the manifest or of the ticket: refused, and the old image boots", async () => {
  const published = release({ sequenceNumber: 5, version: "1.1.0" });
  const flipped = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 0x10 : byte));
  const reasons: string[] = [];
  for (const change of ["image", "manifest"] as const) {
    scene.server = new UpdateServer().publish(published);
    if (change === "image") scene.server.images.set("1.1.0", flipped(published.image, 400));
    else scene.server.current = { ...published, signed: flipped(published.signed, published.signed.length - 3) };
    const { code, stdout } = await device()("--json");
    const report = JSON.parse(stdout);
    assert.equal([code, report.version, report.slot], [1, "factory", 0]);
    reasons.push(`${report.reason} ${report.result}`);
  }
  assert.equal(reasons, ["digestDiffers 5", "signatureWrong 5"]);
});

const REFUSALS: readonly [string, string[], RegExp][] = [
  ["without --trust", ["pull", uri, "--slots", "d"], /--slots needs --trust/],
  ["--trust without --slots", ["pull", uri, "--trust", "k"], /are for a device with --slots DIR/],
];

for (const [what, command, words] of REFUSALS) {
  test(`${what} is wrong use`, async () => {
    const { code, stderr } = await narrowboat(scratch(), ...command);
    assert.is(code, 2);
    assert.match(stderr, words);
  });
}

test.run();
