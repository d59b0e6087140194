// Serving, as an operator sees it: what is printed, what is logged, and what a running server notices.

import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nativeWords } from "../../../src/cli/serve/native-words.ts";
import { NATIVE_VARIABLE, systemNativeParts } from "../../../src/shell/system-native-parts.ts";
import { sampleBytes } from "../../firmware-store/sample-image.ts";
import { scratchDirectories } from "../../store/scratch-directory.ts";
import { peer } from "../../support/peers.ts";
import { MAIN, narrowboat, Program, type RunningServer, startServe } from "../narrowboat.ts";

const test = suite("serve");
const scratch = scratchDirectories(test);

const KEY = "00112233445566778899aabbccddeeff";
const NAMES = ["--product", "boat", "--version", "1.0"];
const running: RunningServer[] = [];

test.after.each(async () => {
  for (const { program } of running.splice(0)) await program.kill("SIGKILL");
});

async function serve(directory: string, ...args: readonly string[]): Promise<RunningServer> {
  const server = await startServe(directory, ...args);
  running.push(server);
  return server;
}

/** A data directory with one image and the key of "meter-7". */
async function prepared(): Promise<string> {
  const directory = scratch();
  writeFileSync(join(directory, "image.bin"), sampleBytes(1, 20_000));
  await narrowboat(directory, "publish", "image.bin", ...NAMES);
  await narrowboat(directory, "psk", "add", "meter-7", "--key", KEY);
  return directory;
}

function pull(
  directory: string,
  { coapsPort }: RunningServer,
  version: string,
  identity: string,
  key: string,
  ...flags: readonly string[]
) {
  const uri = `coaps://127.0.0.1:${coapsPort}/fw/boat/${version}`;
  return narrowboat(directory, "pull", uri, "--identity", identity, "--key", key, "--json", ...flags);
}

/** The log's lines, each an object. */
function logOf({ program }: RunningServer): Record<string, unknown>[] {
  const lines = program.stdout.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test("by default all addresses, IPv6 and IPv4, by one socket", async () => {
  const { program, coapsPort } = await serve(await prepared());
  assert.is(program.stdout, `listening coaps://[::]:${coapsPort}\n`);
});

test("with --coap a line for each socket", async () => {
  const { program, coapsPort, coapPort } = await serve(await prepared(), "--coap", "--host", "127.0.0.1");
  assert.is(program.stdout, `listening coaps://127.0.0.1:${coapsPort}\nlistening coap://127.0.0.1:${coapPort}\n`);
});

test("--host takes a name", async () => {
  const { program } = await serve(await prepared(), "--host", "localhost");
  assert.match(program.stdout, /^listening coaps:\/\/(127\.0\.0\.1|\[::1\]):\d+\n$/);
});

test("on stderr it says which parts serve, and NARROWBOAT_NATIVE=off leaves the native ones out", async () => {
  const { program } = await serve(await prepared());
  await program.said(/^native parts: .*\n/m);
  assert.is(program.stderr, `${nativeWords(systemNativeParts(), process.platform)}\n`);
  const args = ["serve", "--host", "127.0.0.1", "--coaps-port", "0"];
  const without = new Program(MAIN, args, { cwd: scratch(), env: { [NATIVE_VARIABLE]: "off" } });
  await without.said(/^native parts: none \(NARROWBOAT_NATIVE=off\); TypeScript serves\n/m);
  await without.kill("SIGTERM");
});

test("without images and keys it serves, and says what to run next", async () => {
  const { program } = await serve(scratch());
  await program.said(/no images yet: narrowboat publish FILE --product P --version V\n/);
  await program.said(/no keys yet: narrowboat psk add IDENTITY\n/);
});

test("a port that is in use: the flag to change, exit code 2", async () => {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  const args = ["--host", "127.0.0.1", "--coaps-port", String(port)];
  const { code, stderr } = await narrowboat(scratch(), "serve", ...args);
  assert.is(code, 2);
  const advice = "stop the program that has it, or choose another with --coaps-port";
  assert.is(stderr, `narrowboat: port ${port} is in use: ${advice}\n`);
  const plain = ["--host", "127.0.0.1", "--coaps-port", "0", "--coap", "--coap-port", String(port)];
  assert.match((await narrowboat(scratch(), "serve", ...plain)).stderr, /choose another with --coap-port\n$/);
  socket.close();
});

test("an address that is not this computer's, and a host that nobody knows: exit code 2", async () => {
  for (const [host, line] of [
    ["192.0.2.1", /^narrowboat: 192\.0\.2\.1 is not an address of this computer: use --host with one that is\n$/],
    ["none.invalid", /^narrowboat: no address is known for the host "none\.invalid": use --host with an address/],
  ] as const) {
    const { code, stderr } = await narrowboat(scratch(), "serve", "--coaps-port", "0", "--host", host);
    assert.is(code, 2);
    assert.match(stderr, line);
  }
});

test("a pull leaves a line of JSON for the session, the transfer's begin, 25, 50, 75 % and end, without key or payload", async () => {
  const directory = await prepared();
  const server = await serve(directory);
  assert.is((await pull(directory, server, "1.0", "meter-7", KEY)).code, 0);
  await server.program.said(/"sessionDown"/);
  const log = logOf(server);
  assert.equal(
    log.map(({ event, percent }) => (percent === undefined ? event : `${event} ${percent}`)),
    [
      "sessionUp",
      "transferBegun 0",
      "transferProgress 25",
      "transferProgress 50",
      "transferProgress 75",
      "transferDone 100",
      "sessionDown",
    ],
  );
  const done = log[5]!;
  assert.equal([done["blocks"], done["resends"], done["bytes"]], [20, 0, 20_000]);
  for (const entry of log) assert.is(entry["identity"], "meter-7");
  assert.not.ok(server.program.stdout.includes(KEY));
});

test("SIGTERM: close_notify to the sessions, the counters, exit code 0", async () => {
  const directory = await prepared();
  const server = await serve(directory);
  assert.is((await pull(directory, server, "1.0", "meter-7", KEY)).code, 0);
  const { code, signal, stderr } = await server.program.kill("SIGTERM");
  assert.equal([code, signal, stderr], [0, null, `${nativeWords(systemNativeParts(), process.platform)}\n`]);
  const { event, counters } = logOf(server).at(-1)!;
  assert.is(event, "counters");
  assert.is((counters as Record<string, number>)["helloVerifyRequest"], 1);
});

test("SIGINT ends it as SIGTERM does", async () => {
  const { program } = await serve(await prepared());
  assert.is((await program.kill("SIGINT")).code, 0);
});

test("a running server serves what publish and psk add bring, and refuses what psk remove took", async () => {
  const directory = await prepared();
  const server = await serve(directory);
  writeFileSync(join(directory, "next.bin"), sampleBytes(2, 5_000));
  await narrowboat(directory, "publish", "next.bin", "--product", "boat", "--version", "2.0");
  await narrowboat(directory, "psk", "add", "meter-8", "--key", "0a0b");
  const { code, stdout } = await pull(directory, server, "2.0", "meter-8", "0a0b");
  assert.is(code, 0);
  assert.is((JSON.parse(stdout) as { size: number }).size, 5_000);
});

test("an image whose file was damaged: 5.00 to the device, a line to the operator", async () => {
  const directory = await prepared();
  const [image] = JSON.parse((await narrowboat(directory, "images", "--json")).stdout) as { sha256: string }[];
  writeFileSync(join(directory, "narrowboat-data", "images", `${image!.sha256}.sealed`), sampleBytes(3, 20_000));
  const server = await serve(directory);
  // Our own device waits half a minute first, for a 5.00 may pass.
  const { code, stderr } = await pull(directory, server, "1.0", "meter-7", KEY, "--device", "zephyr");
  assert.is(code, 1);
  assert.match(stderr, /^narrowboat: 127\.0\.0\.1:\d+ refused: 5\.00 \(image damaged\)\n$/);
  await server.program.said(/"imageDamaged"/);
  const entry = logOf(server).find(({ event }) => event === "imageDamaged");
  assert.equal([entry?.["path"], entry?.["reason"]], ["/fw/boat/1.0", "contentDiffers"]);
});

test("RFC 5246 7.4.1.3: no cipher suite in common is told to both sides", async () => {
  const directory = await prepared();
  const server = await serve(directory, "--cipher-suites", "TLS_PSK_WITH_AES_128_CBC_SHA256");
  const { code, stderr } = await pull(directory, server, "1.0", "meter-7", KEY);
  assert.is(code, 1);
  assert.match(
    stderr,
    /^narrowboat: \S+ has no cipher suite in common with this client: look at its --cipher-suites\n$/,
  );
  await server.program.said(/"handshakeFailed"/);
  assert.is(logOf(server).find(({ event }) => event === "handshakeFailed")?.["reason"], "noCommonCipherSuite");
});

test("RFC 7959 2.2: --block-size bounds the blocks of every client", async () => {
  const directory = await prepared();
  const server = await serve(directory, "--block-size", "64");
  const { stdout } = await pull(directory, server, "1.0", "meter-7", KEY);
  assert.is((JSON.parse(stdout) as { blocks: number }).blocks, Math.ceil(20_000 / 64));
});

const ss = peer("ss");
if (ss !== undefined) {
  /** Each once: without native parts there is a socket for each address of this computer. */
  const portsOf = ({ program }: RunningServer) => {
    const lines = execFileSync(ss, ["-lunpH"], { encoding: "utf8" }).split("\n");
    const own = lines.filter((line) => line.includes(`pid=${program.child.pid},`));
    return [...new Set(own.map((line) => Number(/:(\d+) /.exec(line)?.[1])))];
  };

  test("without --coap the DTLS port is the only one", async () => {
    const server = await serve(await prepared());
    assert.equal(portsOf(server), [server.coapsPort]);
  });

  test("with --coap there are two", async () => {
    const server = await serve(await prepared(), "--coap");
    assert.equal(portsOf(server).sort(), [server.coapPort, server.coapsPort].sort());
  });
}

test.run();
