// Pulling, as a person tries out a server.

import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FileTarget } from "../../../src/cli/pull/target.ts";
import { sampleBytes } from "../../firmware-store/sample-image.ts";
import { startServer as startLoopback } from "../../shell/loopback.ts";
import { scratchDirectories } from "../../store/scratch-directory.ts";
import { imageSlot, resourceAt } from "../../support/image-slots.ts";
import { MAIN, narrowboat, Program, type RunningServer, startServe } from "../narrowboat.ts";
import { startSlowRelay } from "../slow-relay.ts";

const test = suite("pull");
const scratch = scratchDirectories(test);

const KEY = "00112233445566778899aabbccddeeff";
const BYTES = sampleBytes(1, 50_001);
const SHA256 = createHash("sha256").update(BYTES).digest("hex");
const SECURITY = ["--identity", "meter-7", "--key", KEY];
const server = await startServer();

test.after(async () => {
  await server.program.kill("SIGTERM");
});

async function startServer(): Promise<RunningServer> {
  const directory = scratch();
  writeFileSync(join(directory, "image.bin"), BYTES);
  await narrowboat(directory, "publish", "image.bin", "--product", "boat", "--version", "1.0");
  await narrowboat(directory, "psk", "add", "meter-7", "--key", KEY);
  return startServe(directory, "--coap");
}

function coaps(host = "127.0.0.1", path = "/fw/boat/1.0"): string {
  return `coaps://${host}:${server.coapsPort}${path}`;
}

function coap(host = "127.0.0.1", path = "/fw/boat/1.0"): string {
  return `coap://${host}:${server.coapPort}${path}`;
}

for (const host of ["127.0.0.1", "[::1]", "localhost"]) {
  test(`over DTLS from ${host}: the same bytes, named after the path`, async () => {
    const directory = scratch();
    const { code, stderr } = await narrowboat(directory, "pull", coaps(host), ...SECURITY);
    assert.equal([code, stderr], [0, ""]);
    assert.ok(readFileSync(join(directory, "1.0")).equals(BYTES));
  });

  test(`over plain CoAP from ${host}: the same bytes`, async () => {
    const directory = scratch();
    const { code, stderr } = await narrowboat(directory, "pull", coap(host), "-o", "image.bin");
    assert.equal([code, stderr], [0, ""]);
    assert.ok(readFileSync(join(directory, "image.bin")).equals(BYTES));
  });
}

test("it prints what it has, and what that cost", async () => {
  const { stdout } = await narrowboat(scratch(), "pull", coap(), "--window", "1");
  const lines = [
    "file +1\\.0",
    "size +50001 bytes",
    `sha256 +${SHA256}`,
    "blocks +49",
    "requests +49",
    "retransmissions +0",
    "duplicates +0",
    "round trip +[\\d.]+ ms, 90 % in [\\d.]+ ms, 99 % in [\\d.]+ ms",
    "on the wire +\\d{4} bytes up, 5\\d{4} bytes down",
    "handshakes +0",
    "time +[\\d.]+ s \\(",
  ];
  assert.match(stdout, new RegExp(`^${lines.join("\n")}`));
});

test("--json: the same as an object, with the cipher suite over DTLS", async () => {
  const { stdout } = await narrowboat(scratch(), "pull", coaps(), ...SECURITY, "--json");
  const { seconds, bytesUp, bytesDown, roundTripMs, requests, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
  assert.equal([typeof seconds, typeof requests], ["number", "number"]);
  assert.ok((bytesUp as number) > 49 * 30 && (bytesDown as number) > 50_001);
  assert.equal(Object.keys(roundTripMs as object), ["p50", "p90", "p99"]);
  assert.equal(rest, {
    file: "1.0",
    size: 50_001,
    sha256: SHA256,
    resumed: 0,
    blocks: 49,
    retransmissions: 0,
    duplicates: 0,
    handshakes: 1,
    cipherSuite: "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256",
  });
});

test("-o - gives the image to the next program, and the report to stderr", async () => {
  const { code, stdout, stderr } = await narrowboat(scratch(), "pull", coap(undefined, "/.well-known/core"), "-o", "-");
  assert.is(code, 0);
  assert.is(stdout, '</fw/boat/1.0>;rt="fw.image";ct=42;sz=50001');
  assert.match(stderr, /^file +-\n/);
});

test("RFC 7959 2.3: --block-size asks for smaller blocks", async () => {
  const { stdout } = await narrowboat(scratch(), "pull", coap(), "--block-size", "16", "--json");
  assert.is((JSON.parse(stdout) as { blocks: number }).blocks, Math.ceil(50_001 / 16));
});

test("?offset and length fetch a slice", async () => {
  const directory = scratch();
  const uri = coap(undefined, "/fw/boat/1.0?offset=100&length=3000");
  const { code } = await narrowboat(directory, "pull", uri, "-o", "slice.bin");
  assert.is(code, 0);
  assert.ok(readFileSync(join(directory, "slice.bin")).equals(BYTES.subarray(100, 3100)));
});

test("NARROWBOAT_KEY keeps the key out of the process list", async () => {
  const args = ["pull", coaps(), "--identity", "meter-7"];
  assert.is((await new Program(MAIN, args, { cwd: scratch(), env: { NARROWBOAT_KEY: KEY } }).ended).code, 0);
});

test("no such image: 4.04 in one line, exit code 1, and no file", async () => {
  const directory = scratch();
  const { code, stderr } = await narrowboat(directory, "pull", coap(undefined, "/fw/boat/9"));
  assert.is(code, 1);
  assert.match(stderr, /^narrowboat: 127\.0\.0\.1:\d+ has no such image \(4\.04\): narrowboat images lists[^\n]*\n$/);
  assert.equal(readdirSync(directory), []);
});

for (const host of ["127.0.0.1", "::1"]) {
  test(`RFC 8305: of a name each address is tried: localhost has its server on ${host} alone`, async () => {
    const { shell, port, images } = await startLoopback(30_000, { listen: [{ scheme: "coap", host, port: 0 }] });
    const directory = scratch();
    const { code, stderr } = await narrowboat(directory, "pull", `coap://localhost:${port}/fw/boat/1.0`);
    await shell.stop();
    assert.equal([code, stderr], [0, ""]);
    assert.ok(readFileSync(join(directory, "1.0")).equals(images.bytes));
  });
}

test("a second pull into the same file says one line, exit code 2, and one that was killed keeps nobody out", async () => {
  const mute = createSocket("udp4").bind(0, "127.0.0.1");
  await once(mute, "listening");
  const [cwd, uri] = [scratch(), `coap://127.0.0.1:${mute.address().port}/1.0`];
  const first = new Program(MAIN, ["pull", uri], { cwd });
  await once(mute, "message");
  const second = await narrowboat(cwd, "pull", coap(), "-o", "./1.0");
  await first.kill("SIGKILL");
  mute.close();
  const line = "narrowboat: another pull is writing ./1.0: wait for its end, or give another file with -o\n";
  assert.equal([second.code, second.stderr], [2, line]);
  const third = await narrowboat(cwd, "pull", coap());
  assert.equal([third.code, third.stderr], [0, ""]);
  assert.ok(readFileSync(join(cwd, "1.0")).equals(BYTES));
  assert.equal(readdirSync(cwd), ["1.0"]);
});

test("--max-size, --timeout and a group's address: one line, exit code 1 or 2", async () => {
  const mute = createSocket("udp4").bind(0, "127.0.0.1");
  await once(mute, "listening");
  for (const [uri, flags, code, line] of [
    [coap(), ["--max-size", "50000"], 1, /refused: the image has 50001 bytes, and the slot takes 50000\n$/],
    [
      `coap://127.0.0.1:${mute.address().port}/a`,
      ["--timeout", "0.2"],
      1,
      /^narrowboat: not whole after 0\.2 s, at 0 bytes/,
    ],
    [
      "coap://224.0.1.187/a",
      [],
      2,
      /^narrowboat: 224\.0\.1\.187 is a multicast address: give the address of one server\n$/,
    ],
  ] as const) {
    const cwd = scratch();
    const end = await narrowboat(cwd, "pull", uri, ...flags);
    assert.is(end.code, code);
    assert.match(end.stderr, line);
    assert.equal(readdirSync(cwd), []);
  }
  mute.close();
});

test("nothing listens: told at once, exit code 1", async () => {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  for (const uri of [`coap://127.0.0.1:${port}/a`, `coaps://127.0.0.1:${port}/a`]) {
    const { code, stderr } = await narrowboat(scratch(), "pull", uri, ...(uri.startsWith("coaps") ? SECURITY : []));
    assert.is(code, 1);
    const advice = "check the port, and that narrowboat serve is running";
    assert.is(stderr, `narrowboat: nothing listens on 127.0.0.1:${port}: ${advice}\n`);
  }
});

test("a server that is silent: a hint while it is waited for; Ctrl-C ends with 130 and leaves no part", async () => {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  const cwd = scratch();
  const program = new Program(MAIN, ["pull", `coap://127.0.0.1:${port}/image.bin`], { cwd });
  await program.said(/no answer yet from 127\.0\.0\.1:\d+; still trying\n/);
  assert.ok(existsSync(join(cwd, "image.bin.part")));
  const { code, stderr } = await program.kill("SIGINT");
  socket.close();
  assert.is(code, 130);
  assert.match(stderr, /\nnarrowboat: interrupted\n$/);
  assert.equal(readdirSync(cwd), []);
});

test("RFC 7252 5.2.2: where a server acknowledges and answers later, the hint on plain CoAP says nothing of a key", async () => {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const EMPTY_ACK = 0x60;
  socket.on("message", (request, { port }) => {
    socket.send(Uint8Array.of(EMPTY_ACK, 0, request[2]!, request[3]!), port, "127.0.0.1");
  });
  const program = new Program(MAIN, ["pull", `coap://127.0.0.1:${socket.address().port}/a`], { cwd: scratch() });
  await program.said(/still trying\n/);
  const { stderr } = await program.kill("SIGINT");
  socket.close();
  assert.match(stderr, /^127\.0\.0\.1:\d+ has sent no block yet; still trying\n/);
});

test("an address that no socket can be connected to: one line, exit code 1", async () => {
  const { code, stderr } = await narrowboat(scratch(), "pull", "coap://255.255.255.255/a");
  assert.is(code, 1);
  assert.match(stderr, /^narrowboat: no way leads to 255\.255\.255\.255:5683 \([A-Z]+\): check the address\n$/);
});

test("a host that nobody knows: exit code 1", async () => {
  const { code, stderr } = await narrowboat(scratch(), "pull", "coap://none.invalid/a");
  assert.is(code, 1);
  assert.match(stderr, /^narrowboat: no address is known for the host "none\.invalid": check its name/);
});

test("a place that cannot be written: told before anything is sent, exit code 1", async () => {
  const { code, stderr } = await narrowboat(scratch(), "pull", coap(), "-o", "none/image.bin");
  assert.is(code, 1);
  assert.match(stderr, /^narrowboat: cannot write none\/image\.bin\.part: ENOENT[^\n]*\n$/);
});

for (const device of ["zephyr", "riot", "ncs", "libcoap"]) {
  test(`--device ${device} pulls the same bytes`, async () => {
    const directory = scratch();
    const { code } = await narrowboat(directory, "pull", coap(), "--device", device);
    assert.is(code, 0);
    assert.ok(readFileSync(join(directory, "1.0")).equals(BYTES));
  });
}

test("a window, a block size or a kind of device that there is not: one line, exit code 2", async () => {
  for (const [flags, line] of [
    [["--window", "17"], /^narrowboat: "17" is not a window: use a number from 1 to 16, or auto: see/],
    [["--block-size", "100"], /^narrowboat: "100" is not a block size/],
    [
      ["--device", "toaster"],
      /^narrowboat: "toaster" is not a kind of device: use own, zephyr, riot, ncs, libcoap: see/,
    ],
  ] as const) {
    const { code, stderr } = await narrowboat(scratch(), "pull", coap(), ...flags);
    assert.is(code, 2);
    assert.match(stderr, line);
  }
});

test("Ctrl-C says how to go on, and the same command goes on from there", async () => {
  const cwd = scratch();
  const relay = await startSlowRelay(server.coapPort);
  const uri = `coap://127.0.0.1:${relay.port}/fw/boat/1.0`;
  const program = new Program(MAIN, ["pull", uri, "--window", "1"], { cwd });
  await relay.passed(10);
  const { code, stderr } = await program.kill("SIGINT");
  relay.hurry();
  assert.is(code, 130);
  const held = Number(
    /^narrowboat: interrupted: (\d+) bytes are in 1\.0\.part; the same command goes on/m.exec(stderr)?.[1],
  );
  assert.ok(held >= 9 * 1_024 && held < 50_001, stderr);
  assert.equal(readdirSync(cwd).toSorted(), ["1.0.part", "1.0.part.progress"]);
  const again = await narrowboat(cwd, "pull", uri, "--json");
  relay.close();
  assert.is(again.stderr, `going on where an earlier pull ended, at ${held} of 50001 bytes\n`);
  const { resumed, blocks } = JSON.parse(again.stdout) as { resumed: number; blocks: number };
  assert.equal([resumed, blocks], [held, 49 - held / 1_024]);
  assert.ok(readFileSync(join(cwd, "1.0")).equals(BYTES));
  assert.equal(readdirSync(cwd), ["1.0"]);
});

test("a pull that is killed goes on later from what it had saved, and has every byte in the end", async () => {
  const cwd = scratch();
  const relay = await startSlowRelay(server.coapPort);
  const uri = `coap://127.0.0.1:${relay.port}/fw/boat/1.0`;
  const program = new Program(MAIN, ["pull", uri, "--window", "1"], { cwd });
  await relay.passed(30);
  await program.kill("SIGKILL");
  relay.hurry();
  const { stdout } = await narrowboat(cwd, "pull", uri, "--json");
  relay.close();
  assert.ok((JSON.parse(stdout) as { resumed: number }).resumed >= 10 * 1_024, stdout);
  assert.ok(readFileSync(join(cwd, "1.0")).equals(BYTES));
});

test("a pull that finds no way to the server leaves an earlier part where it is", async () => {
  const cwd = scratch();
  const target = new FileTarget(join(cwd, "a"));
  const slot = imageSlot(target.slot, target.progress);
  slot.begin(Uint8Array.of(1, 2, 3));
  slot.write(0, new Uint8Array(4_096));
  target.leave(true);
  const { code } = await narrowboat(cwd, "pull", "coap://255.255.255.255/a");
  assert.is(code, 1);
  assert.equal(readdirSync(cwd).toSorted(), ["a.part", "a.part.progress"]);
});

test("a part of another image is begun anew, and that is said", async () => {
  const cwd = scratch();
  const target = new FileTarget(join(cwd, "1.0"));
  const slot = imageSlot(target.slot, target.progress, { resource: resourceAt(coap()) });
  slot.begin(Uint8Array.of(1, 2, 3));
  slot.write(0, new Uint8Array(4_096));
  target.leave(true);
  const { code, stderr } = await narrowboat(cwd, "pull", coap());
  assert.is(code, 0);
  assert.match(stderr, /the server has another image than what was there: beginning anew\n$/);
  assert.ok(readFileSync(join(cwd, "1.0")).equals(BYTES));
});

test("a name that a directory has: exit code 1, and no part is left", async () => {
  const cwd = scratch();
  mkdirSync(join(cwd, "taken", "inside"), { recursive: true });
  const { code, stderr } = await narrowboat(cwd, "pull", coap(), "-o", "taken");
  assert.is(code, 1);
  assert.match(stderr, /^narrowboat: cannot write taken: it is a directory\n$/);
  assert.equal(readdirSync(cwd), ["taken"]);
});

test.run();
