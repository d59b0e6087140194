// What cells and gateways carry at this moment, and what they may: the downloads that run there, and what these are expected to
// take in a minute. An offer claims its part before it is made and holds it until its download has come to an end.

/** Of a cell, a gateway, or the whole server; what is absent is not limited. */
export interface Budget {
  readonly downloads?: number;
  readonly bytesPerMinute?: number;
  readonly airtimeMsPerMinute?: number;
  /** What a KiB on the wire takes of the air there, ms: from the link's profile. */
  readonly airtimeMsPerKib?: number;
}

export interface Load {
  readonly downloads: number;
  readonly bytesPerMinute: number;
  readonly airtimeMsPerMinute: number;
}

export const NO_LOAD: Load = { downloads: 0, bytesPerMinute: 0, airtimeMsPerMinute: 0 };

/** A step copies one bucket and the row of buckets, however many cells there are. */
const BUCKETS = 64;

type Bucket = ReadonlyMap<string, Load>;

export interface CellLoads {
  readonly total: Load;
  readonly buckets: readonly Bucket[];
}

export const NO_LOADS: CellLoads = {
  total: NO_LOAD,
  buckets: Array.from({ length: BUCKETS }, () => new Map()),
};
