// What cells and gateways carry at this moment, and what they may: the downloads that run there, and what these are expected to
// take in a minute at most. An offer claims its part before it is made and holds it until its download has come to an end, so
// that what is used never is more than what was claimed, and what was claimed never more than the budget.

import type { Claim } from "./assignment.ts";
import type { Device, LinkFigures } from "./device.ts";

/** Of a cell, a gateway, or the whole server; what is absent is not limited. */
export interface Budget {
  readonly downloads?: number;
  readonly bytesPerMinute?: number;
  readonly airtimeMsPerMinute?: number;
  /** What a KiB on the wire takes of the air there, ms: from the link's profile. Needed where airtime is limited. */
  readonly airtimeMsPerKib?: number;
}

export interface Load {
  readonly downloads: number;
  readonly bytesPerMinute: number;
  readonly airtimeMsPerMinute: number;
  /** Downloads by coverage level, of devices that tell it. */
  readonly byRadioLevel: readonly number[];
}

export const NO_LOAD: Load = { downloads: 0, bytesPerMinute: 0, airtimeMsPerMinute: 0, byRadioLevel: [0, 0, 0] };

/** Downloads at a time in one cell by coverage level, as networks of NB-IoT bear them: deep coverage repeats up to 2,048 times. */
export const DOWNLOADS_BY_RADIO_LEVEL = [50, 10, 1];

/** CoAP, DTLS, UDP and IP of a block and of its request, bytes. */
export const BLOCK_OVERHEAD_LENGTH = 160;

/** What is assumed of a device that never transferred anything. */
const UNMEASURED: Pick<LinkFigures, "blockSize" | "roundTripMs"> = { blockSize: 512, roundTripMs: 1_000 };

/** Measured figures vary: a claim is a bit more, and is made anew when it would be less than this share of the other. */
const CLAIM_MARGIN = 1.1;
const CLAIM_SAME_SHARE = 0.9;

/** A step copies one bucket and the row of buckets, however many cells there are. */
const BUCKETS = 64;

type Bucket = ReadonlyMap<string, Load>;

export interface CellLoads {
  /** Of the whole server. */
  readonly total: Load;
  readonly buckets: readonly Bucket[];
}

export const NO_LOADS: CellLoads = {
  total: NO_LOAD,
  buckets: Array.from({ length: BUCKETS }, () => new Map()),
};

/** What a transfer of this device takes in a minute at most, one block after the other. */
export function claimOf(device: Device, budget: Budget | undefined): Claim {
  const { blockSize, roundTripMs } = device.link ?? UNMEASURED;
  const bytesPerMinute = Math.ceil(
    (CLAIM_MARGIN * 60_000 * (blockSize + BLOCK_OVERHEAD_LENGTH)) / Math.max(1, roundTripMs),
  );
  return {
    bytesPerMinute,
    airtimeMsPerMinute: (bytesPerMinute / 1_024) * (budget?.airtimeMsPerKib ?? 0),
    radioLevel: device.radioLevel,
  };
}

/** Whether what was measured since says so much else that the claim is to be made anew. */
export function isOutdated(claim: Claim, measured: Claim): boolean {
  const [less, more] = [claim.bytesPerMinute, measured.bytesPerMinute].sort((a, b) => a - b) as [number, number];
  return less < CLAIM_SAME_SHARE * more;
}

export function loadOf({ buckets }: CellLoads, cell: string): Load {
  return buckets[bucketOf(cell)]!.get(cell) ?? NO_LOAD;
}

/** `sign` 1: the claim is held from now on; -1: it is given back. */
export function withClaim(loads: CellLoads, cell: string | undefined, claim: Claim, sign: 1 | -1): CellLoads {
  const total = loadAfter(loads.total, claim, sign);
  if (cell === undefined) return { total, buckets: loads.buckets };
  const at = bucketOf(cell);
  const bucket = new Map(loads.buckets[at]);
  const load = loadAfter(bucket.get(cell) ?? NO_LOAD, claim, sign);
  // A cell in which nothing runs is no cell to keep: phones of the road pass through thousands.
  if (load.downloads === 0) bucket.delete(cell);
  else bucket.set(cell, load);
  return { total, buckets: loads.buckets.with(at, bucket) };
}

function loadAfter(load: Load, claim: Claim, sign: 1 | -1): Load {
  const downloads = load.downloads + sign;
  // Sums of fractions come back to nothing when nothing runs.
  if (downloads === 0) return NO_LOAD;
  const { radioLevel } = claim;
  return {
    downloads,
    bytesPerMinute: load.bytesPerMinute + sign * claim.bytesPerMinute,
    airtimeMsPerMinute: load.airtimeMsPerMinute + sign * claim.airtimeMsPerMinute,
    byRadioLevel:
      radioLevel === undefined
        ? load.byRadioLevel
        : load.byRadioLevel.with(radioLevel, load.byRadioLevel[radioLevel]! + sign),
  };
}

/** What stands against one more download, in words; undefined where nothing does. One alone always fits. */
export function excessOf(load: Load, claim: Claim, budget: Budget, where: string): string | undefined {
  const { downloads, bytesPerMinute, airtimeMsPerMinute } = budget;
  if (downloads !== undefined && load.downloads >= downloads)
    return `${where} has its ${downloads} downloads at a time`;
  if (load.downloads === 0) return undefined;
  if (bytesPerMinute !== undefined && load.bytesPerMinute + claim.bytesPerMinute > bytesPerMinute) {
    return `${where} has its ${bytesPerMinute} bytes a minute`;
  }
  if (airtimeMsPerMinute !== undefined && load.airtimeMsPerMinute + claim.airtimeMsPerMinute > airtimeMsPerMinute) {
    return `${where} has its ${airtimeMsPerMinute} ms of airtime a minute`;
  }
  return undefined;
}

function bucketOf(cell: string): number {
  let hash = 0;
  for (let i = 0; i < cell.length; i++) hash = (Math.imul(hash, 31) + cell.charCodeAt(i)) | 0;
  return (hash ^ (hash >>> 16)) & (BUCKETS - 1);
}
