// `npm run test:half-open`: one host begins 1,500 handshakes a second at a real server and ends none, whatever addresses of its
// network it uses, while 30 devices come from elsewhere at a round trip of 8 s. At least nine in ten are served within half an
// hour. Then one identity opens sessions without end, and 100 others keep theirs. NARROWBOAT_NATIVE=off takes the server's
// native parts away.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { fromUtf8 } from "../src/base/bytes.ts";
import { DTLS_PARAMETERS } from "../src/dtls/parameters.ts";
import { sampleBytes } from "./firmware-store/sample-image.ts";
import { KEY } from "./shell/loopback.ts";
import { type HalfOpenOutcome, halfOpenIdentity, serveBesideHalfOpen } from "./support/half-open-scene.ts";
import { openSessionsWithoutEnd } from "./support/one-identity-scene.ts";
import { Program } from "./support/program.ts";
import { fillStores, NARROWBOAT } from "./support/serving.ts";

const IMAGE_LENGTH = 2_000;
const SERVED_SHARE_MIN = 0.9;
/** A flood that comes slower shows nothing. */
const RATE_SHARE_MIN = 0.9;
const TOLD_EVERY_MS = 10_000;
/** What comes beside the flood. */
const REST_MS = 600_000;
const TOLD_COUNTERS = /^(?:handshakeEvicted|handshakeShed|helloShed|keyExchangeShed|socket\.\w+)$/;

const options = await yargs(hideBin(process.argv))
  .usage("npm run test:half-open -- [options]")
  .option("devices", { type: "number", default: 30, describe: "each from an address of its own, 150 at the most" })
  .option("rtt", { type: "number", default: 8, describe: "their round trip, in seconds" })
  .option("spread", { type: "number", default: 20, describe: "the seconds in which they come" })
  .option("minutes", { type: "number", default: 30, describe: "how long the flood goes on at the most" })
  .option("rate", { type: "number", default: 1_500, describe: "handshakes that it begins a second" })
  .option("addresses", { type: "number", default: 256, describe: "that it has: 1, 256 for a /24, 65536 for a /16" })
  .option("others", { type: "number", default: 100, describe: "sessions beside those of the one identity" })
  .option("sessions", { type: "number", default: 10_000, describe: "that the one identity opens" })
  .option("seed", { type: "number", default: 1, describe: "of what the flood says" })
  .strict()
  .parse();

const KEY_TEXT = fromUtf8(KEY)!;
const image = sampleBytes(options.seed, IMAGE_LENGTH);
const limitMs = options.minutes * 60_000;
const otherIdentities = Array.from({ length: options.others }, (_, n) => `other-${n}`);
const directory = mkdtempSync(join(tmpdir(), "narrowboat-half-open-"));
const server = serve(join(directory, "data"));
process.on("exit", () => {
  server.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));
const [, portText] = await server.waitFor(/^listening coaps:\/\/127\.0\.0\.1:(\d+)$/m);
const port = Number(portText);

const outcome = await serveBesideHalfOpen({
  port,
  image,
  handshakesMax: DTLS_PARAMETERS.handshakesMax,
  perSecond: options.rate,
  addressCount: options.addresses,
  seed: options.seed,
  deviceCount: options.devices,
  roundTripMs: 1_000 * options.rtt,
  spreadMs: 1_000 * options.spread,
  limitMs,
  told: teller(),
});
tell(isServed(outcome), inWords(outcome));

const { openedCount, stayedCount } = await openSessionsWithoutEnd({
  port,
  key: KEY_TEXT,
  identity: "one",
  others: otherIdentities,
  openedMax: options.sessions,
});
const stay = `${stayedCount} of ${options.others} others stay beside ${openedCount} sessions that one identity opened`;
tell(stayedCount === options.others, stay);

server.kill("SIGTERM");
const { text } = await server.ended;
console.log(`server: ${countersOf(text)}`);
process.exit();

function serve(data: string): Program {
  const devices = Array.from({ length: options.devices }, (_, n) => halfOpenIdentity(n));
  const identities = [...devices, ...otherIdentities, "one"];
  const keys = Object.fromEntries(identities.map((identity) => [identity, KEY_TEXT]));
  fillStores(data, { images: { "1.0": image }, keys });
  const args = [NARROWBOAT, "serve", "--data", data, "--host", "127.0.0.1", "--coaps-port", "0"];
  return new Program(process.execPath, args, limitMs + REST_MS);
}

function tell(held: boolean, what: string): void {
  console.log(`${held ? "held" : "not held"}: ${what}`);
  if (!held) process.exitCode = 1;
}

function teller(): (outcome: HalfOpenOutcome) => void {
  let toldAt = performance.now();
  return (now) => {
    if (performance.now() - toldAt < TOLD_EVERY_MS) return;
    toldAt = performance.now();
    console.error(inWords(now));
  };
}

function isServed({ servedSeconds, helloCount, seconds }: HalfOpenOutcome): boolean {
  const isFlooded = helloCount >= RATE_SHARE_MIN * options.rate * seconds;
  return isFlooded && servedSeconds.length >= SERVED_SHARE_MIN * options.devices;
}

function inWords({ servedSeconds, failedCount, helloCount, begunCount, seconds }: HalfOpenOutcome): string {
  const middle = servedSeconds[Math.floor(servedSeconds.length / 2)];
  const last = servedSeconds.at(-1);
  const times =
    middle === undefined ? "" : ` (half of them in ${middle.toFixed(1)} s, the last in ${last!.toFixed(1)} s)`;
  const served = `${servedSeconds.length} of ${options.devices} devices served${times}, ${failedCount} gave up`;
  const flood = `${Math.round(helloCount / seconds)} hellos a second for ${Math.round(seconds)} s`;
  return `${served}; ${flood}, ${begunCount} of them with a cookie then`;
}

/** What the server counted of what it did not do. */
function countersOf(said: string): string {
  const line = said.split("\n").findLast((one) => one.includes('"event":"counters"'));
  const { counters } = JSON.parse(line ?? '{"counters":{}}') as { counters: Record<string, number> };
  const told = Object.entries(counters).filter(([name]) => TOLD_COUNTERS.test(name));
  return told.map(([name, count]) => `${name} ${count}`).join(", ") || "nothing counted";
}
