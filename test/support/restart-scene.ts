// Devices that pull through a link while the server is killed, or told to end, and started again.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { EMPTY, toUtf8 } from "../../src/base/bytes.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import { Secret } from "../../src/base/secret.ts";
import { dialectNamed } from "../../src/device/dialect.ts";
import { MemoryFlash } from "../../src/device/memory-flash.ts";
import { DEFAULT_CIPHER_SUITES } from "../../src/dtls/cipher-suite.ts";
import { DeviceShell } from "../../src/shell/device-shell.ts";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { type CoapClientBuild, IDENTITY, KEY, ownAddress, pullFile } from "./coap-client-program.ts";
import { freePort } from "./free-port.ts";
import { LinkProgram } from "./link-program.ts";
import { Program } from "./program.ts";
import { fillStores, NARROWBOAT } from "./serving.ts";

const LIMIT_MS = 280_000;
const PROFILE = "bernoulli:loss=1%,rtt=200ms";
const BLOCK_SIZE = 512;
const PAGE_LENGTH = 4_096;
/** Older than this is what the sessions are when the server goes. */
const AGE_MS = 2_500;

export interface RestartInput {
  /** Empty directories. */
  readonly data: string;
  readonly files: string;
  readonly signal: "SIGKILL" | "SIGTERM";
  readonly deviceCount: number;
  /** Half of the devices have a Connection ID; these have none. */
  readonly coapClients: readonly CoapClientBuild[];
  readonly imageLength: number;
  readonly seed: number;
}

export interface RestartOutcome {
  /** Pulls that ended with the right bytes. */
  readonly wholeCount: number;
  /** Handshakes after the server was started again. */
  readonly handshakesAgain: number;
  /** As the server said at its start. */
  readonly restoredCount: number;
}

export async function restartWhilePulling(input: RestartInput): Promise<RestartOutcome> {
  const { data, deviceCount, coapClients, seed } = input;
  const image = sampleBytes(seed, input.imageLength);
  fillStores(data, { images: { "1": image }, keys: keysFor(deviceCount + coapClients.length) });
  const port = await freePort();
  const first = await serve(data, port);
  const link = await LinkProgram.start(port, PROFILE, "--seed", `${seed}`);
  const clients = coapClients.map((build, n) => {
    const request = { path: "/fw/boat/1", flags: ["-b", `${BLOCK_SIZE}`, "-B", "120", ...ownAddress(n)] };
    const who = { identity: identityOf(deviceCount + n), key: KEY };
    const directory = join(input.files, `${n}`);
    mkdirSync(directory);
    return pullFile(build, link, directory, { ...request, ...who }, LIMIT_MS);
  });
  // libcoap waits 30 s for a handshake, and a crowd of others takes its time: it goes first.
  while (upCount(first.text) < coapClients.length) await elapse(100);
  const devices = await Promise.all(Array.from({ length: deviceCount }, (_, n) => pull(n, link.port, image)));
  while (upCount(first.text) < deviceCount + coapClients.length) await elapse(100);
  await elapse(AGE_MS);
  first.kill(input.signal);
  await first.ended;
  const second = await serve(data, port);
  const ends = await Promise.all([
    ...devices.map(({ whole }) => whole),
    ...clients.map((bytes) => bytes.then((all) => Buffer.from(all).equals(image))),
  ]);
  await Promise.all(devices.map(({ shell }) => shell.close()));
  second.kill("SIGTERM");
  const { text } = await second.ended;
  await link.stop();
  const restored = /"event":"sessionsRestored","restored":(\d+)/.exec(text)?.[1] ?? "0";
  return {
    wholeCount: ends.filter((isWhole) => isWhole).length,
    handshakesAgain: upCount(text),
    restoredCount: Number(restored),
  };
}

async function serve(data: string, port: number): Promise<Program> {
  const args = [NARROWBOAT, "serve", "--data", data, "--host", "127.0.0.1", "--coaps-port", `${port}`];
  const program = new Program(process.execPath, args, LIMIT_MS);
  await program.waitFor(/^listening coaps/m);
  return program;
}

const identityOf = (n: number) => `${IDENTITY}-${n}`;

function keysFor(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [identityOf(n), KEY]));
}

const upCount = (text: string) => text.split('"event":"sessionUp"').length - 1;

const elapse = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** One of our devices, one block after the other, until its end. */
async function pull(
  n: number,
  port: number,
  image: Uint8Array,
): Promise<{ readonly shell: DeviceShell; readonly whole: Promise<boolean> }> {
  const slot = new MemoryFlash(image.length + PAGE_LENGTH, PAGE_LENGTH);
  let finish: (isWhole: boolean) => void = () => {};
  const whole = new Promise<boolean>((resolve) => {
    finish = resolve;
  });
  const security = {
    identity: toUtf8(identityOf(n)),
    key: new Secret(toUtf8(KEY)),
    cipherSuites: DEFAULT_CIPHER_SUITES,
    ...(n % 2 === 0 && { connectionId: EMPTY }),
  };
  const shell = await DeviceShell.start(
    {
      server: peerAddress("127.0.0.1", port),
      security,
      path: ["fw", "boat", "1"],
      queries: [],
      dialect: { ...dialectNamed("own"), blockSize: BLOCK_SIZE, window: 1 },
      slot,
      progress: new MemoryFlash(4 * PAGE_LENGTH, PAGE_LENGTH),
    },
    {
      event: (event) => {
        if (event.kind === "done") finish(Buffer.from(slot.read(0, event.length)).equals(image));
        else if (event.kind === "refused" || event.kind === "unanswered") finish(false);
        else if (event.kind === "handshakeFailed" && !event.retrying) finish(false);
      },
      networkFailed: () => {},
      flashFailed: () => finish(false),
    },
  );
  return { shell, whole };
}
