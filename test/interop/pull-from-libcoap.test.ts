// `narrowboat pull` as a device of other servers: libcoap's coap-server, to which coap-client uploads an image first.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex, toUtf8 } from "../../src/base/bytes.ts";
import { DIALECT_NAMES } from "../../src/device/dialect.ts";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { IDENTITY, identical, KEY } from "../support/coap-client-program.ts";
import { freePort } from "../support/free-port.ts";
import { LinkProgram } from "../support/link-program.ts";
import { peer } from "../support/peers.ts";
import { Program, runProgram } from "../support/program.ts";
import { NARROWBOAT } from "../support/serving.ts";

const isFull = process.env["NARROWBOAT_FULL_LIBCOAP"] === "1";
const LIMIT_MS = isFull ? 280_000 : 60_000;
const BLOCK_SIZES = [1024, 256, 16];

const image = sampleBytes(15, 20_000);
const test = suite("pull-from-libcoap");
const scratch = scratchDirectories(test);
const uploader = peer("coap-client-notls");

/** A coap-server with the image under /image; it has coaps on the port after the one for coap. */
async function libcoapServer(command: string, upload: string): Promise<{ port: number; server: Program }> {
  const port = await freePort();
  const args = ["-A", "127.0.0.1", "-p", String(port), "-k", KEY, "-h", "", "-d", "1"];
  const server = new Program(command, args, LIMIT_MS);
  const source = join(scratch(), "source.bin");
  writeFileSync(source, image);
  const flags = ["-m", "put", "-b", "1024", "-f", source];
  const { text } = await runProgram(upload, [...flags, `coap://127.0.0.1:${port}/image`], LIMIT_MS);
  assert.not.match(text, /^[45]\.\d\d/m);
  return { port, server };
}

async function pull(uri: string, ...flags: string[]): Promise<Uint8Array> {
  const file = join(scratch(), "pulled.bin");
  const { exit, text } = await runProgram(process.execPath, [NARROWBOAT, "pull", uri, "-o", file, ...flags], LIMIT_MS);
  assert.is(exit, 0, text);
  return readFileSync(file);
}

for (const name of ["coap-server-openssl", "coap-server-gnutls"] as const) {
  const command = peer(name);
  if (command === undefined || uploader === undefined) continue;

  test(`narrowboat pull gets an image from ${name}, over DTLS and in the clear, with large and small blocks`, async () => {
    const { port, server } = await libcoapServer(command, uploader);
    const security = ["--identity", IDENTITY, "--key", toHex(toUtf8(KEY))];
    for (const size of BLOCK_SIZES.map(String)) {
      identical(await pull(`coaps://127.0.0.1:${port + 1}/image`, ...security, "--block-size", size), image);
      identical(await pull(`coap://127.0.0.1:${port}/image`, "--block-size", size), image);
    }
    server.kill("SIGKILL");
    await server.ended;
  });
}

/** The devices of the pulls behind each loss: npm run test:libcoap has ten of our own, and each other one. */
const DEVICES = isFull ? [...Array.from({ length: 9 }, () => "own"), ...DIALECT_NAMES] : ["own"];
const SIMULTANEOUS = 5;

const command = peer("coap-server-openssl");
if (command !== undefined && uploader !== undefined) {
  for (const drop of ["--drop-up", "--drop-down"]) {
    test(`RFC 7252 5.10.6: coap-server makes an ETag anew for each block 0; ${drop} 1, and the file is right`, async () => {
      const { port, server } = await libcoapServer(command, uploader);
      const link = await LinkProgram.start(port, "bernoulli:loss=0%,rtt=20ms", drop, "1");
      for (let i = 0; i < DEVICES.length; i += SIMULTANEOUS) {
        const group = DEVICES.slice(i, i + SIMULTANEOUS);
        const files = await Promise.all(group.map((device) => pull(link.coap("/image"), "--device", device)));
        for (const file of files) identical(file, image);
      }
      const { up, down } = await link.stop();
      assert.is((drop === "--drop-up" ? up : down).lost["scheduled"], DEVICES.length);
      server.kill("SIGKILL");
      await server.ended;
    });
  }
}

test.run();
