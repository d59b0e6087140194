// The last part of `npm run test:bits`: real programs. Some bits of what a real `serve` says to real `pull --slots`, and of the file
// that it serves from, are flipped: each device refuses and stays with its old image, and one without a flipped bit updates itself.
// SAMPLES in the environment chooses how many of each kind, NARROWBOAT_SEED which.

import { randomBytes, randomInt } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReleaseStore } from "../src/release-store/release-store.ts";
import { narrowboat, type Outcome, type RunningServer, startServe } from "./cli/narrowboat.ts";
import { BitFlipper } from "./support/bit-flipper.ts";
import { SeededRandom } from "./support/seeded-random.ts";

const SAMPLES = Number(process.env["SAMPLES"] ?? 6);
const seed = Number(process.env["NARROWBOAT_SEED"] ?? randomInt(2 ** 32));
const random = new SeededRandom(seed);
const place = mkdtempSync(join(tmpdir(), "narrowboat-bits-"));
const data = join(place, "narrowboat-data");
/** Of an answer with a proof in a log of few entries, at the least. */
const ANSWER_LENGTH = 480;

async function does(...words: readonly string[]): Promise<Outcome> {
  const outcome = await narrowboat(place, ...words);
  if (outcome.code !== 0) throw new Error(`${words.join(" ")}: ${outcome.stdout}${outcome.stderr}`);
  return outcome;
}

/** Between devices and a server: one way to the server for each device. */
class Relay {
  readonly #ways = new Map<number, Socket>();
  readonly #socket = createSocket("udp4");
  flipper: BitFlipper | undefined;
  target = 0;

  async open(): Promise<number> {
    this.#socket.on("message", (datagram, { port }) => this.#wayOf(port).send(datagram, this.target, "127.0.0.1"));
    this.#socket.bind(0, "127.0.0.1");
    await once(this.#socket, "listening");
    return this.#socket.address().port;
  }

  #wayOf(port: number): Socket {
    let way = this.#ways.get(port);
    if (way === undefined) {
      way = createSocket("udp4");
      way.on("message", (datagram) => {
        this.#socket.send(this.flipper?.passOn(new Uint8Array(datagram)) ?? datagram, port, "127.0.0.1");
      });
      this.#ways.set(port, way);
    }
    return way;
  }

  close(): void {
    for (const socket of [this.#socket, ...this.#ways.values()]) socket.close();
  }
}

/** Devices so far, and what was not as it should be. */
const counts = { devices: 0, wrongs: 0 };

/** What a device says after its check-in: code, what boots, why, and in words. `name`: the same device again. */
async function pulls(port: number, name = `device-${counts.devices++}`): Promise<string> {
  const where = [`coap://127.0.0.1:${port}/m/pump`, "--slots", name, "--trust", "maker.pem.pub"];
  const { code, stdout, stderr } = await narrowboat(place, "pull", ...where, "--class", "logged", "--json");
  // Where no image comes there is nothing to report, and whatever booted before does.
  const { version, reason } = JSON.parse(stdout.trim().split("\n").at(-1) || '{"version":"factory"}');
  return `exit ${code}, ${version} boots, reason ${reason}: ${stderr.trim().split("\n").at(-1)}`;
}

/** It comes again and again, until the file is whole. */
const STUBBORN = "stubborn";

const REFUSED: Readonly<Record<string, RegExp>> = {
  ticket: /signatureWrong|keyUnknown|malformed/,
  manifest: /signatureWrong|keyUnknown|malformed/,
  root: /signatureWrong|keyUnknown|malformed/,
  proof: /proofWrong/,
  header: /noTicket|proofWrong|manifestDiffers|signatureWrong|keyUnknown|malformed/,
  file: /5\.00/,
};

function tell(what: string, where: string, said: string): void {
  const isRight = said.startsWith("exit 1, factory boots") && REFUSED[what]!.test(said);
  if (!isRight) counts.wrongs++;
  console.log(`${isRight ? "right" : "WRONG"}  ${where} (${what}): ${said}`);
}

function flipStored(at: number, bit: number, path: string): void {
  const file = openSync(path, "r+");
  const byte = new Uint8Array(1);
  readSync(file, byte, 0, 1, at);
  byte[0]! ^= 1 << bit;
  writeSync(file, byte, 0, 1, at);
  closeSync(file);
}

async function main(): Promise<void> {
  console.log(`seed ${seed}`);
  await does("keygen", "maker.pem");
  await does("trust", "add", "maker.pem.pub", "--product", "pump");
  await does("class", "set", "logged", "--product", "pump", "--profile", "log");
  writeFileSync(join(place, "pump.bin"), randomBytes(20_000));
  const named = ["--product", "pump", "--class", "logged", "--version", "1.1.0", "--key", "maker.pem"];
  await does("release", "pump.bin", ...named);
  const store = ReleaseStore.open(data);
  const root = store.trustRoots.newest("pump")!;
  store.close();
  const relay = new Relay();
  const port = await relay.open();
  let server: RunningServer | undefined;
  const serve = async () => {
    server = await startServe(place, "--coap", "--host", "127.0.0.1");
    relay.target = server.coapPort;
  };
  try {
    await serve();
    for (let i = 0; i < 2 * SAMPLES; i++) {
      const ofRoot = i % 3 === 0;
      relay.flipper = new BitFlipper(
        ofRoot ? root : undefined,
        random.below(ofRoot ? root.length : ANSWER_LENGTH),
        random.below(8),
      );
      const said = await pulls(port);
      tell(relay.flipper.part ?? "file", relay.flipper.where, said);
    }
    relay.flipper = undefined;
    const images = join(data, "images");
    const path = join(images, readdirSync(images)[0]!);
    for (let i = 0; i < SAMPLES; i++) {
      await server!.program.kill("SIGTERM");
      const [at, bit] = [random.below(statSync(path).size), random.below(8)];
      flipStored(at, bit, path);
      await serve();
      tell("file", `bit ${bit} of byte ${at} of the stored file`, await pulls(port, STUBBORN));
      flipStored(at, bit, path);
    }
    await server!.program.kill("SIGTERM");
    await serve();
    const last = await pulls(port, STUBBORN);
    console.log(`no bit flipped, the device that met the damaged file: ${last}`);
    if (!last.startsWith("exit 0, 1.1.0 boots")) counts.wrongs++;
    console.log(`${3 * SAMPLES + 1} updates, ${counts.wrongs} not as they should be`);
    if (counts.wrongs > 0) process.exitCode = 1;
  } finally {
    relay.close();
    await server?.program.kill("SIGTERM");
  }
}

await main().finally(() => rmSync(place, { recursive: true, force: true }));
