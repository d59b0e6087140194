// `npm run test:fit`: 2,000 exchanges of real pulls over each of four links in real time, about twenty minutes in all; what
// `serve --exchanges` wrote of them and what tcpdump captured beside the clients are fitted, and what was found stands
// beside what is true. Capturing takes the rights of root. The pulls ask for one block at a time by RFC 7252's timer, and send
// a request so often that they hardly ever give one up: the longest bursts would be missing in what a server can see.

import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exchangesOfCapture } from "../sim/fit/capture-exchanges.ts";
import type { Observations } from "../sim/fit/exchange.ts";
import { exchangesOfCsv } from "../sim/fit/exchange-csv.ts";
import { fitLink, type LinkFit } from "../sim/fit/link-fit.ts";
import type { Estimate } from "../sim/fit/loss-fit.ts";
import { readPcap } from "../sim/fit/pcap.ts";
import { meanLoss } from "../sim/link/loss.ts";
import type { LinkProfile } from "../sim/profiles/profile.ts";
import { percentile } from "../sim/tune/sample-statistics.ts";
import { runOnce, seedOfRun } from "../sim/tune/tune.ts";
import { toHex, toUtf8 } from "../src/base/bytes.ts";
import { formatTable } from "../src/cli/report.ts";
import { systemCrypto } from "../src/shell/system-crypto.ts";
import { sampleBytes } from "./firmware-store/sample-image.ts";
import { IDENTITY, KEY } from "./support/coap-client-program.ts";
import { burstOf, exchangeBurst, exchangeLoss, exchangeSeconds, FITTED_PROFILES, rateOf } from "./support/fit-truth.ts";
import { LinkProgram } from "./support/link-program.ts";
import { peer } from "./support/peers.ts";
import { Program, runProgram } from "./support/program.ts";
import { NARROWBOAT, Serving } from "./support/serving.ts";
import { SpacedTurns } from "./support/spaced-turns.ts";

const BLOCK_SIZES = [64, 256, 1024] as const;
/** Of each block size, by each client: twelve times three times 56 are 2,016. */
const BLOCKS = 56;
const CLIENTS = 12;
const STARTS_APART_MS = 2_000;
/** Each loss in a row doubles the timer of RFC 7252: a burst of eight takes a client eight minutes. */
const LIMIT_MS = 7_200_000;
/** nRF Connect SDK's: it resumes, and its timer is RFC 7252's. */
const DEVICE = { dialect: "ncs", maxRetransmit: 8, window: 1 } as const;
/** Beyond any round trip of these links. */
const ACK_TIMEOUT_SECONDS = 2;
/** What the profile was not fitted to. */
const HELD_OUT = { blockSize: 512, blocks: 100, pulls: 20 };

interface Found {
  readonly what: string;
  readonly truth: number;
  readonly estimate: Estimate | undefined;
  readonly isLoss: boolean;
}

interface Recorded {
  readonly profile: LinkProfile;
  readonly fits: readonly (readonly [source: string, fit: LinkFit])[];
  /** Of the held-out transfers. */
  readonly seconds: readonly number[];
}

const starts = new SpacedTurns(STARTS_APART_MS);

const tcpdump = peer("tcpdump");
if (tcpdump === undefined) throw new Error("needs tcpdump");
const directory = await mkdtemp(join(tmpdir(), "narrowboat-fit-"));
try {
  const recorded = await Promise.all(FITTED_PROFILES.map((profile) => record(profile, tcpdump)));
  const rows = recorded.flatMap(({ profile, fits }) =>
    fits.flatMap(([source, fit]) => foundBy(fit, profile).map((one) => rowFor(profile, source, one))),
  );
  console.log(formatTable([["LINK", "FROM", "FIGURE", "TRUE", "FITTED", "95 % INTERVAL", "", "WIDTH"], ...rows]));
  const misses = rows.filter((row) => row[6] !== "in").length;
  console.log(`\n${misses} of ${rows.length} intervals miss: 5 % of them are to\n`);
  const forecasts = recorded.map(forecastRow);
  console.log(formatTable([["LINK", "HELD OUT, REAL", "FORETOLD", "DIFFERENCE"], ...forecasts]));
} finally {
  await rm(directory, { recursive: true });
}

async function record(profile: LinkProfile, capture: string): Promise<Recorded> {
  const files = ["csv", "pcap", "json"].map((ending) => join(directory, `${profile.name}.${ending}`));
  const [csv = "", pcap = "", json = ""] = files;
  writeFileSync(json, JSON.stringify(profile));
  const images = Object.fromEntries(
    [...BLOCK_SIZES.map((size) => [size, BLOCKS] as const), [HELD_OUT.blockSize, HELD_OUT.blocks] as const].map(
      ([size, blocks]) => [`b${size}`, sampleBytes(size, size * blocks)],
    ),
  );
  const stores = await mkdtemp(join(directory, "data-"));
  const serving = await Serving.start(stores, {
    images,
    keys: { [IDENTITY]: KEY },
    flags: ["--exchanges", csv, "--sessions-per-identity", "64"],
    limitMs: LIMIT_MS,
  });
  // A seed of its own: by one seed all links would have the same luck.
  const seed = String(seedOfRun(1, FITTED_PROFILES.indexOf(profile)));
  const link = await LinkProgram.startFor(LIMIT_MS, serving.coapsPort, json, "--seed", seed);
  const filter = ["udp", "port", String(link.port)];
  const capturing = new Program(capture, ["-i", "lo", "-U", "-w", pcap, ...filter], LIMIT_MS);
  await capturing.waitFor(/listening on/);
  await inParallel(CLIENTS, async (n) => {
    for (const size of BLOCK_SIZES) await pull(link, size, `${profile.name}-${n}`);
  });
  capturing.kill("SIGINT");
  await capturing.ended;
  const fits = fitsOf(profile, csv, pcap);
  const seconds: number[] = [];
  await inParallel(HELD_OUT.pulls, async (n) => {
    seconds.push(await pull(link, HELD_OUT.blockSize, `${profile.name}-${n}`));
  });
  const { up, down } = await link.stop();
  console.log(profile.name, JSON.stringify({ up, down }));
  await serving.stop();
  return { profile, fits, seconds };
}

function fitsOf(profile: LinkProfile, csv: string, pcap: string): Recorded["fits"] {
  const observations: readonly (readonly [string, Observations])[] = [
    ["csv", { exchanges: exchangesOfCsv(readFileSync(csv, "utf8")), directions: undefined }],
    ["pcap", exchangesOfCapture(readPcap(readFileSync(pcap)).datagrams)],
  ];
  return observations.map(([source, seen]) => [source, fitLink(profile.name, seen)]);
}

/** In seconds, as the program says; `name` is that of its file alone. */
async function pull(link: LinkProgram, size: number, name: string): Promise<number> {
  await starts.turn();
  const { dialect, maxRetransmit } = DEVICE;
  const timers = ["--ack-timeout", String(ACK_TIMEOUT_SECONDS), "--max-retransmit", String(maxRetransmit)];
  const flags = ["--device", dialect, "--block-size", String(size), ...timers, "--identity", IDENTITY, "--json"];
  const file = join(directory, `${name}-${size}.bin`);
  const args = [NARROWBOAT, "pull", link.coaps(`/fw/boat/b${size}`), ...flags, "--key", toHex(toUtf8(KEY)), "-o", file];
  const { exit, stdout, text } = await runProgram(process.execPath, args, LIMIT_MS);
  if (exit !== 0) throw new Error(`a pull in blocks of ${size} failed: ${text}`);
  return (JSON.parse(stdout.toString()) as { readonly seconds: number }).seconds;
}

async function inParallel(count: number, work: (n: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, n) => work(n)));
}

function foundBy({ either, up, down, time }: LinkFit, profile: LinkProfile): readonly Found[] {
  const found = [
    { what: "loss", truth: exchangeLoss(profile), estimate: either.share, isLoss: true },
    { what: "burst", truth: exchangeBurst(profile), estimate: either.burst, isLoss: false },
    { what: "round trip, s", truth: exchangeSeconds(profile, time), estimate: time.roundTrip, isLoss: false },
    { what: "rate down, bit/s", truth: rateOf(profile, "down"), estimate: time.rateDown, isLoss: false },
  ];
  const directions = (["up", "down"] as const).flatMap((direction) => {
    const fit = direction === "up" ? up : down;
    const { loss } = profile[direction];
    if (fit === undefined) return [];
    return [
      { what: `loss ${direction}`, truth: meanLoss(loss, 0), estimate: fit.share, isLoss: true },
      { what: `burst ${direction}`, truth: burstOf(loss), estimate: fit.burst, isLoss: false },
    ];
  });
  return [...found, ...directions];
}

function rowFor({ name }: LinkProfile, source: string, { what, truth, estimate, isLoss }: Found): readonly string[] {
  if (estimate === undefined) return [name, source, what, number(truth), "-", "-", "none", ""];
  const { value, low, high } = estimate;
  const isIn = low <= truth && truth <= high;
  const width = isLoss ? `±${((50 * (high - low)) / value).toFixed(0)} %` : "";
  const interval = `${number(low)} to ${number(high)}`;
  return [name, source, what, number(truth), number(value), interval, isIn ? "in" : "OUT", width];
}

/** Held-out transfers of a real client beside those that tune simulates over the profile fitted to the capture. */
function forecastRow({ profile, fits, seconds }: Recorded): readonly string[] {
  const fitted = fits.find(([source]) => source === "pcap")![1].profile;
  const { blockSize, blocks } = HELD_OUT;
  const device = { ...DEVICE, blockSize, ackTimeoutSeconds: ACK_TIMEOUT_SECONDS };
  const combination = { ...device, profile: fitted, imageLength: blockSize * blocks };
  const runs = Array.from({ length: 40 }, (_, i) => runOnce(systemCrypto(), combination, seedOfRun(1, i)));
  const foretold = percentile(
    runs.map((run) => run.seconds),
    0.5,
  )!;
  const real = percentile(seconds, 0.5)!;
  const difference = `${(100 * (foretold / real - 1)).toFixed(1)} %`;
  return [profile.name, `${real.toFixed(1)} s`, `${foretold.toFixed(1)} s`, difference];
}

function number(value: number): string {
  return value.toPrecision(4);
}
