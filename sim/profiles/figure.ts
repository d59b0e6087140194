// The kinds of figures that a profile holds, each with a message that says what is allowed. Units end the names.

import * as v from "valibot";

function within(low: number, high: number, what: string) {
  const message = `must be ${what}`;
  return v.pipe(v.number(message), v.minValue(low, message), v.maxValue(high, message));
}

function wholeWithin(low: number, high: number, what: string) {
  return v.pipe(within(low, high, what), v.integer(`must be ${what}`));
}

/** A share of a whole or the chance of an event. */
export const fraction = within(0, 1, "a fraction from 0 to 1");
/** A share that is not nothing, such as a duty cycle. */
export const positiveFraction = within(1e-9, 1, "a fraction above 0, at most 1");
/** A span of time; no link holds anything longer than a year. */
export const seconds = within(0, 31_536_000, "a number of seconds from 0 to a year");
/** A span of time that is repeated, and so cannot be nothing. */
export const positiveSeconds = within(0.001, 31_536_000, "a number of seconds from 0.001 to a year");
export const milliseconds = within(0, 86_400_000, "a number of milliseconds from 0 to a day");
export const bitsPerSecond = within(1, 1e12, "a number of bits per second of at least 1");
export const watts = within(0, 1000, "a number of watts from 0 to 1000");
export const volts = within(0.1, 1000, "a number of volts from 0.1 to 1000");
export const joules = within(0, 1e6, "a number of joules of at least 0");
/** How many bytes something adds. */
export const overheadLength = wholeWithin(0, 1000, "a whole number of bytes from 0 to 1000");
/** How many bytes something holds. */
export const capacityLength = wholeWithin(1, 65_535, "a whole number of bytes from 1 to 65535");

/** A whole number of things. */
export function count(low: number, high: number) {
  return wholeWithin(low, high, `a whole number from ${low} to ${high}`);
}

/** One of a few numbers. */
export function oneOf<const Options extends readonly number[]>(...options: Options) {
  return v.picklist(options, `must be one of ${options.join(", ")}`);
}

/** An object with these members and no others. */
export function group<Entries extends v.ObjectEntries>(entries: Entries) {
  const known = Object.keys(entries).join(", ");
  return v.strictObject(entries, ({ expected }) => {
    if (expected === "never") return `is not known here; known are ${known}`;
    return expected === "Object" ? `must be an object of ${known}` : "is missing";
  });
}
