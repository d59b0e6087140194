// Time as an argument. The cores never read a clock: the shell and the simulator pass `now` in.

declare const instantBrand: unique symbol;

/** A point on a monotonic clock, in milliseconds since an origin that the driver chooses; may have a fraction. */
export type Instant = number & { readonly [instantBrand]: true };

export function instant(ms: number): Instant {
  return ms as Instant;
}

/** `start` moved by `ms` milliseconds. */
export function addMs(start: Instant, ms: number): Instant {
  return (start + ms) as Instant;
}

/** The earlier of two deadlines, either of which may be absent. */
export function earliest(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return a <= b ? a : b;
}
