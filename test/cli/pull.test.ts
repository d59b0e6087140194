// Pulling, as a person tries out a server.

import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { MAIN, narrowboat, Program, type RunningServer, startServe } from "./narrowboat.ts";

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

test("it prints file, size, SHA-256, blocks, retransmissions and time", async () => {
  const { stdout } = await narrowboat(scratch(), "pull", coap());
  const expected = `^file +1\\.0\nsize +50001 bytes\nsha256 +${SHA256}\nblocks +49\nretransmissions +0\ntime +[\\d.]+ s \\(`;
  assert.match(stdout, new RegExp(expected));
});

test("--json: the same as an object, with the cipher suite over DTLS", async () => {
  const { stdout } = await narrowboat(scratch(), "pull", coaps(), ...SECURITY, "--json");
  const { seconds, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
  assert.is(typeof seconds, "number");
  assert.equal(rest, {
    file: "1.0",
    size: 50_001,
    sha256: SHA256,
    blocks: 49,
    retransmissions: 0,
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

test("a name that a directory has: exit code 1, and no part is left", async () => {
  const cwd = scratch();
  mkdirSync(join(cwd, "taken", "inside"), { recursive: true });
  const { code, stderr } = await narrowboat(cwd, "pull", coap(), "-o", "taken");
  assert.is(code, 1);
  assert.match(stderr, /^narrowboat: cannot write taken: [A-Z]+[^\n]*\n$/);
  assert.equal(readdirSync(cwd), ["taken"]);
});

test.run();
