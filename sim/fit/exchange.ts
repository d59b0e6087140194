// What was seen of a link from outside: exchanges, and which transmissions got lost.

/** A request and what came of it. */
export interface Exchange {
  /** Whose it is: exchanges of different devices make no common series. */
  readonly device: string;
  /** Of UDP payload; 0 where nobody saw it. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Undefined where it is not known which transmission was answered, and for a lost one. */
  readonly roundTripSeconds: number | undefined;
  readonly lost: boolean;
  /** The device gave up after this one: how many more it would have lost in a row nobody knows. */
  readonly isGivenUp?: boolean;
}

/** True where a transmission got lost, in the order in which they were sent; one series for each device. */
export type LossSeries = readonly boolean[];

export interface Observations {
  readonly exchanges: readonly Exchange[];
  /** Where it can be told in which direction a datagram got lost; else undefined. */
  readonly directions: { readonly up: readonly LossSeries[]; readonly down: readonly LossSeries[] } | undefined;
}

/** What an operator gave cannot be fitted; the message says what to change. */
export class FitError extends Error {
  override readonly name = "FitError";
}

/**
 * By device, whether each of its exchanges got lost, one way or the other. Where a device gave up its series ends without the
 * end of the burst, and another one begins: what stands at a gap follows nothing.
 */
export function exchangeSeries(exchanges: readonly Exchange[]): readonly LossSeries[] {
  const all: boolean[][] = [];
  const open = new Map<string, boolean[]>();
  for (const { device, lost, isGivenUp } of exchanges) {
    const own = open.get(device) ?? [];
    if (own.length === 0) all.push(own);
    own.push(lost);
    if (isGivenUp === true) open.delete(device);
    else open.set(device, own);
  }
  return all;
}
