// Randomness as an argument, so that a run can be replayed from its seed.

export interface RandomSource {
  /** Fills all of `target` with random bytes. For keys, randoms and secrets the source must be cryptographic. */
  fill(target: Uint8Array): void;
}

/** `length` fresh random bytes. */
export function randomBytes(source: RandomSource, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  source.fill(bytes);
  return bytes;
}

/** A whole number from 0 to 65,535. */
export function randomUint16(source: RandomSource): number {
  const bytes = randomBytes(source, 2);
  return (bytes[0]! << 8) | bytes[1]!;
}

/** A whole number of 32 bits. */
export function randomUint32(source: RandomSource): number {
  const bytes = randomBytes(source, 4);
  return ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0;
}

/** A number in [0, 1) with 32 bits of resolution, for back-off jitter. */
export function randomFraction(source: RandomSource): number {
  return randomUint32(source) / 2 ** 32;
}
