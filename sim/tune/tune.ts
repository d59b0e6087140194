// Which block size, which timer, which window? Each combination is run as often as asked for, on luck that is the same for
// all of them: run 7 of one combination draws from the same seed as run 7 of another.

import { instant } from "../../src/base/instant.ts";
import type { CryptoProvider } from "../../src/crypto/crypto-provider.ts";
import { type Dialect, type DialectName, dialectNamed, dialectWith } from "../../src/device/dialect.ts";
import { meanExchangeSeconds, suggestedAckTimeoutSeconds } from "../link/exchange-time.ts";
import { Prng } from "../prng.ts";
import type { LinkProfile } from "../profiles/profile.ts";
import { Simulation, type SimulationInput } from "../simulation.ts";
import type { Trace } from "../trace.ts";

/** In virtual time. A run that has not ended by then counts as not completed. */
export const RUN_DAYS_MAX = 30;

/** What is to be compared. An empty list means the default: see combinationsFor. */
export interface TuneInput {
  readonly profiles: readonly LinkProfile[];
  /** Bytes. What they are does not matter: under DTLS all bytes are alike. */
  readonly imageLength: number;
  readonly dialect: DialectName;
  readonly blockSizes: readonly (number | "auto")[];
  readonly ackTimeoutsSeconds: readonly number[];
  readonly windows: readonly (number | "auto")[];
  /** Of every combination; the device's own when absent. */
  readonly dtlsTimeoutSeconds?: number;
  readonly maxRetransmit?: number;
}

/** One way to update one kind of device over one link; plain data. */
export interface Combination {
  readonly profile: LinkProfile;
  readonly imageLength: number;
  readonly dialect: DialectName;
  readonly blockSize: number | "auto";
  readonly ackTimeoutSeconds: number;
  readonly window: number | "auto";
  readonly dtlsTimeoutSeconds?: number;
  readonly maxRetransmit?: number;
}

/** What one run came to; plain data. */
export interface RunResult {
  /** Whether the right image arrived. */
  readonly completed: boolean;
  /** Why not, else "". */
  readonly failure: string;
  /** From the device's first datagram to its last block. */
  readonly seconds: number;
  /** On the air between the device and its neighbour: headers and link retransmissions included. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** On a mesh's other hops, both directions. */
  readonly bytesOtherHops: number;
  readonly requests: number;
  readonly needed: number;
  readonly spurious: number;
  /** Of the device's radio. */
  readonly energyJoules: number;
  /** How long frames that were ready waited for a duty cycle, both directions. */
  readonly dutyCycleWaitSeconds: number;
}

/** What is tried besides the block size that a device of today has, unless it is said. */
const USUAL_BLOCK_SIZES = [128, 256, 512, 1024];

/**
 * Every combination, profile by profile. By default our own device has its own block size and window, and one of today is
 * tried with all usual block sizes, one request at a time; its timer begins at the device's own first timeout and besides,
 * where a mean exchange of the largest block takes longer than that, at what is suggested for such a link.
 */
export function combinationsFor(input: TuneInput): Combination[] {
  const { imageLength, dialect, dtlsTimeoutSeconds, maxRetransmit } = input;
  const common = {
    imageLength,
    dialect,
    ...(dtlsTimeoutSeconds !== undefined && { dtlsTimeoutSeconds }),
    ...(maxRetransmit !== undefined && { maxRetransmit }),
  };
  const own = dialectNamed(dialect);
  const blockSizes = input.blockSizes.length > 0 ? input.blockSizes : defaultBlockSizes(own);
  const windows = input.windows.length > 0 ? input.windows : [own.window];
  return input.profiles.flatMap((profile) => {
    const timeouts =
      input.ackTimeoutsSeconds.length > 0 ? input.ackTimeoutsSeconds : defaultAckTimeouts(profile, blockSizes, own);
    return blockSizes.flatMap((blockSize) =>
      timeouts.flatMap((ackTimeoutSeconds) =>
        windows.map((window) => ({ ...common, profile, blockSize, ackTimeoutSeconds, window })),
      ),
    );
  });
}

function defaultBlockSizes({ blockSize }: Dialect): readonly (number | "auto")[] {
  return blockSize === "auto" ? [blockSize] : [...new Set([blockSize, ...USUAL_BLOCK_SIZES])].sort((a, b) => a - b);
}

function defaultAckTimeouts(
  profile: LinkProfile,
  blockSizes: readonly (number | "auto")[],
  { firstTimeoutMs }: Dialect,
): number[] {
  const usual = firstTimeoutMs / 1000;
  const largest = Math.max(...blockSizes.map((blockSize) => (blockSize === "auto" ? 1024 : blockSize)));
  if (meanExchangeSeconds(profile, largest) <= usual) return [usual];
  return [usual, suggestedAckTimeoutSeconds(profile, largest)];
}

/** The seed of run number `index`, whatever the combination. */
export function seedOfRun(seed: number, index: number): number {
  return new Prng(seed).fork(`run ${index}`).uint32();
}

/** What a combination says of a simulation. */
export function simulationInputFor(
  combination: Combination,
): Pick<SimulationInput, "profile" | "imageLength" | "dialect"> {
  const { profile, imageLength } = combination;
  return { profile, imageLength, dialect: dialectWith(dialectNamed(combination.dialect), combination) };
}

/** One update of one device. */
export function runOnce(crypto: CryptoProvider, combination: Combination, seed: number, trace?: Trace): RunResult {
  const simulation = new Simulation({
    ...simulationInputFor(combination),
    seed,
    crypto,
    deviceCount: 1,
    ...(trace && { trace }),
  });
  const completed = simulation.run(instant(RUN_DAYS_MAX * 86_400_000));
  const [device] = simulation.devices;
  const { outcome, link, ledger, statistics } = device!;
  const { up, down } = link.statistics;
  return {
    completed,
    failure: completed ? "" : (outcome?.detail ?? `not done after ${RUN_DAYS_MAX} days`),
    seconds: outcome?.seconds ?? simulation.now / 1000,
    bytesUp: up.deviceBytesOnAir,
    bytesDown: down.deviceBytesOnAir,
    bytesOtherHops: up.bytesOnAir + down.bytesOnAir - up.deviceBytesOnAir - down.deviceBytesOnAir,
    requests: statistics?.requests ?? 0,
    needed: ledger.needed,
    spurious: ledger.spurious,
    energyJoules: link.energyJoules(simulation.now),
    dutyCycleWaitSeconds: up.dutyCycleWaitSeconds + down.dutyCycleWaitSeconds,
  };
}
