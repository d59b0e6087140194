// One host begins handshakes without end, and devices come from elsewhere on a link with a long round trip.

import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { toUtf8 } from "../../src/base/bytes.ts";
import { MemoryFlash } from "../../src/device/memory-flash.ts";
import { KEY, pullFrom } from "../shell/loopback.ts";
import { DelayingPath } from "./delaying-path.ts";
import { HalfOpenFlood } from "./half-open-flood.ts";
import { SeededRandom } from "./seeded-random.ts";

export const halfOpenIdentity = (device: number) => `meter-${device}`;

const PAGE_LENGTH = 4_096;
const LOOK_MS = 50;

export interface HalfOpenInput {
  /** Of the server on 127.0.0.1. It has the KEY of loopback.ts for each `halfOpenIdentity`. */
  readonly port: number;
  /** What /fw/boat/1.0 is. */
  readonly image: Uint8Array;
  /** The server's: the flood has begun so many before the first device comes. */
  readonly handshakesMax: number;
  /** The flood's. */
  readonly perSecond: number;
  readonly addressCount: number;
  readonly seed: number;
  readonly deviceCount: number;
  readonly roundTripMs: number;
  /** The devices come one after the other in this time. */
  readonly spreadMs: number;
  readonly limitMs: number;
  /** Told again and again while it goes on. */
  readonly told?: (outcome: HalfOpenOutcome) => void;
}

export interface HalfOpenOutcome {
  /** How long each device took that has all of the image, in seconds and in order. */
  readonly servedSeconds: readonly number[];
  /** Devices that gave up, or have another image. */
  readonly failedCount: number;
  /** First hellos of the flood, handshakes for which it was given a cookie and showed it, and in what time. */
  readonly helloCount: number;
  readonly begunCount: number;
  readonly seconds: number;
}

export async function serveBesideHalfOpen(input: HalfOpenInput): Promise<HalfOpenOutcome> {
  const { deviceCount, spreadMs } = input;
  const flood = new HalfOpenFlood({ ...input, random: new SeededRandom(input.seed) });
  const servedSeconds: number[] = [];
  let failedCount = 0;
  const outcome = (): HalfOpenOutcome => ({
    servedSeconds: servedSeconds.toSorted((a, b) => a - b),
    failedCount,
    helloCount: flood.helloCount,
    begunCount: flood.begunCount,
    seconds: flood.seconds,
  });
  const end = performance.now() + input.limitMs;
  const isLate = () => performance.now() > end;
  const paths: DelayingPath[] = [];
  const patience = new AbortController();
  setMaxListeners(input.deviceCount, patience.signal);
  try {
    while (flood.begunCount < input.handshakesMax && !isLate()) await sleep(LOOK_MS);
    const since = performance.now();
    while (servedSeconds.length + failedCount < deviceCount && !isLate()) {
      const due = 1 + ((performance.now() - since) * deviceCount) / spreadMs;
      while (paths.length < Math.min(deviceCount, due)) {
        const number = paths.length;
        const path = await DelayingPath.open(input.port, `127.${100 + number}.${number}.1`, input.roundTripMs);
        paths.push(path);
        void pulls(path, number, input.image, patience.signal).then((seconds) => {
          if (seconds === undefined) failedCount++;
          else servedSeconds.push(seconds);
        });
      }
      input.told?.(outcome());
      await sleep(LOOK_MS);
    }
    return outcome();
  } finally {
    flood.end();
    patience.abort();
    for (const path of paths) path.close();
  }
}

/** How many seconds one of our devices took for the image; undefined where it did not get it. */
async function pulls(
  path: DelayingPath,
  number: number,
  image: Uint8Array,
  patience: AbortSignal,
): Promise<number | undefined> {
  const began = performance.now();
  const slot = new MemoryFlash(PAGE_LENGTH * Math.ceil(image.length / PAGE_LENGTH), PAGE_LENGTH);
  const identity = toUtf8(halfOpenIdentity(number));
  const { bytes } = await pullFrom(path.port, { identity, key: KEY, slot, patience });
  return Buffer.from(bytes).equals(image) ? (performance.now() - began) / 1_000 : undefined;
}
