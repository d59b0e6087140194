// An instant of a manifest's, for people.

/** Seconds since 1970. */
export function timeWords(seconds: number): string {
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? `${seconds} s after 1970` : time.toISOString();
}
