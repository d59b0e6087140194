// Stock clients through `narrowboat link` in real time, and what `tune` says of their kind in virtual time.

import { existsSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { profileNamed } from "../../sim/profiles/profiles.ts";
import { percentile } from "../../sim/tune/sample-statistics.ts";
import { combinationsFor, runOnce, seedOfRun } from "../../sim/tune/tune.ts";
import { REAL_UPDATES, type TuneRow, tuneRows } from "../../sim/tune/tune-row.ts";
import { type DialectName, dialectNamed } from "../../src/device/dialect.ts";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { houseRoot } from "../tidy/house.ts";
import { coapClientBuilds, IDENTITY, KEY, ownAddress } from "./coap-client-program.ts";
import { CRYPTO } from "./crypto.ts";
import { LinkProgram } from "./link-program.ts";
import { absent, peer } from "./peers.ts";
import { runProgram } from "./program.ts";
import { Serving } from "./serving.ts";

const IMAGE = sampleBytes(12, 4096);
const COMPILE_LIMIT_MS = 60_000;
/** Longer than a link program lives. */
const CLIENT_LIMIT_MS = 280_000;
/** Clients at once, each with a session of its own. */
const SESSIONS = ["--sessions-per-identity", "64"];

/** A program that pulls /fw/boat/1, and the dialect that is to behave like it. */
export interface StockClient {
  readonly name: string;
  readonly dialect: DialectName;
  /** Command and arguments; the image goes to standard output. */
  command(port: number, number: number): readonly [string, ...string[]];
}

export interface Comparison {
  readonly text: string;
  /** Whether as many programs ended as tune says, and their median lies where it says. */
  readonly shareHolds: boolean;
  readonly timeHolds: boolean;
}

export function stockLibcoap(): StockClient | undefined {
  const build = coapClientBuilds().find(({ name }) => name === "coap-client-openssl");
  if (build === undefined) return undefined;
  // Without -B the program ends after 90 s, whatever its library would do.
  const args = (number: number) => [
    "-m",
    "get",
    "-u",
    IDENTITY,
    "-k",
    KEY,
    "-B",
    "100000",
    "-o",
    "-",
    ...ownAddress(number),
  ];
  return {
    name: "libcoap",
    dialect: "libcoap",
    command: (port, number) => [build.command, ...args(number), `coaps://127.0.0.1:${port}/fw/boat/1`],
  };
}

export async function mbedTlsClient(directory: string): Promise<StockClient | undefined> {
  const compiler = peer("cc");
  if (!existsSync("/usr/include/mbedtls/ssl.h")) return absent("Mbed TLS", "libmbedtls-dev");
  if (compiler === undefined) return undefined;
  const client = join(directory, "mbedtls-client");
  const source = join(houseRoot(), "test/interop/mbedtls-client.c");
  const libraries = ["-lmbedtls", "-lmbedcrypto", "-lmbedx509"];
  const { exit, text } = await runProgram(compiler, ["-O1", source, "-o", client, ...libraries], COMPILE_LIMIT_MS);
  assert.is(exit, 0, text);
  return {
    name: "mbedtls",
    dialect: "zephyr",
    command: (port) => [client, String(port), IDENTITY, KEY, "boat", "1", "256"],
  };
}

export interface ComparisonInput {
  readonly client: StockClient;
  readonly profiles: readonly string[];
  /** Of each combination; the more, the less is left beside what 20 real ones scatter by. */
  readonly simulatedRuns: number;
  readonly directory: string;
  readonly seed: number;
}

export async function* comparedOnLinks(input: ComparisonInput): AsyncGenerator<Comparison> {
  for (const profile of input.profiles) {
    const cargo = { images: { "1": IMAGE }, keys: { [IDENTITY]: KEY }, flags: SESSIONS };
    const serving = await Serving.start(join(input.directory, `${input.client.name}-${profile}`), cargo);
    const startMs = await pullMs(input.client, serving.coapsPort, 0);
    const link = await LinkProgram.start(serving.coapsPort, profile, "--seed", String(input.seed));
    const pulls = Array.from({ length: REAL_UPDATES }, (_, number) => pullMs(input.client, link.port, number));
    const ended = (await Promise.all(pulls)).filter((ms) => ms !== undefined);
    await link.stop();
    await serving.stop();
    // What the program takes without a link is not the link's: it has to be loaded.
    yield comparison(
      expected(profile, input),
      ended.map((ms) => (ms - (startMs ?? 0)) / 1000),
    );
  }
}

/** How long a client took for the whole image, ms; undefined where it gave up. */
async function pullMs(client: StockClient, port: number, number: number): Promise<number | undefined> {
  const began = performance.now();
  const [command, ...args] = client.command(port, number);
  const { stdout } = await runProgram(command, args, CLIENT_LIMIT_MS);
  const ms = performance.now() - began;
  return stdout.equals(IMAGE) ? ms : undefined;
}

function expected(profile: string, { client, simulatedRuns, seed }: ComparisonInput): TuneRow {
  const combinations = combinationsFor({
    profiles: [profileNamed(profile)],
    imageLength: IMAGE.length,
    dialect: client.dialect,
    blockSizes: [dialectNamed(client.dialect).blockSize],
    ackTimeoutsSeconds: [2],
    windows: [],
  });
  const results = Array.from({ length: simulatedRuns }, (_, run) =>
    runOnce(CRYPTO, combinations[0]!, seedOfRun(seed, run)),
  );
  return tuneRows(combinations, [results])[0]!;
}

function comparison({ profile, device, again }: TuneRow, seconds: readonly number[]): Comparison {
  const { completedLow, completedHigh, p50Low, p50High } = again;
  const median = percentile(seconds, 0.5);
  const shareHolds = completedLow <= seconds.length && seconds.length <= completedHigh;
  const timeHolds =
    median === undefined || p50Low === null || p50High === null || (p50Low <= median && median <= p50High);
  const times =
    median === undefined
      ? "nobody ended"
      : `median ${median.toFixed(1)} s of ${p50Low?.toFixed(1) ?? "-"}..${p50High?.toFixed(1) ?? "-"}`;
  const share = `${seconds.length} of ${REAL_UPDATES} ended, tune: ${completedLow}..${completedHigh}`;
  const verdict = shareHolds && timeHolds ? "" : " OUTSIDE";
  return { shareHolds, timeHolds, text: `${device} on ${profile}: ${share}; ${times}${verdict}` };
}
