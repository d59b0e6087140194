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

/** By device, whether each of its exchanges got lost, one way or the other. */
export function exchangeSeries(exchanges: readonly Exchange[]): readonly LossSeries[] {
  const series = new Map<string, boolean[]>();
  for (const { device, lost } of exchanges) {
    const own = series.get(device);
    if (own === undefined) series.set(device, [lost]);
    else own.push(lost);
  }
  return [...series.values()];
}
