// How long an exchange takes on a link, and how much of it is the bytes' own: a line through round trips over the bytes that
// came down, and over those that went up where their number varied.

import type { DelayModel } from "../link/delay.ts";
import { mean } from "../tune/sample-statistics.ts";
import type { Exchange } from "./exchange.ts";
import { DEVIATE, type Estimate } from "./loss-fit.ts";

/** What both ends take themselves, at the most: a link alone may be faster by this much than what was measured. */
const ENDS_SECONDS = 0.005;

/** Below this standard deviation lengths do not vary enough to tell a rate from a delay. */
const LENGTH_DEVIATION_MIN = 16;

/** As good as the clocks and timers are that a round trip is taken with. */
const CLOCK_SECONDS = 0.0001;

/** Of the round trips that two unknowns take; with fewer an interval would mean nothing. */
export const ROUND_TRIPS_MIN = 30;

const GAMMA_SHAPE_MAX = 100;

/** A delay whose deviation is below this share of its mean is a fixed one: the ends' own times scatter as much. */
const FIXED_DEVIATION = 0.02;

export interface RoundTripFit {
  readonly count: number;
  /** Of exchanges of the lengths that were seen, in the mean; seconds. */
  readonly roundTrip: Estimate;
  /** Mean lengths of those exchanges. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Bits per second; undefined where all datagrams of the direction had about one length. `high` may be infinite. */
  readonly rateUp: Estimate | undefined;
  readonly rateDown: Estimate | undefined;
  /** One way, where both ways are alike: what remains of the round trip without the bytes' own time. */
  readonly delay: DelayModel;
  /** All of them, for plots; seconds. */
  readonly roundTrips: readonly number[];
}

/** Needs ROUND_TRIPS_MIN exchanges with a round trip. */
export function fitRoundTrip(exchanges: readonly Exchange[], headerLength: number): RoundTripFit {
  const seen = exchanges.filter((one) => one.roundTripSeconds !== undefined);
  const y = seen.map((one) => one.roundTripSeconds!);
  const columns = {
    up: seen.map(({ bytesUp }) => bytesUp),
    down: seen.map(({ bytesDown }) => bytesDown),
  };
  const roundTrips = [...y].sort((a, b) => a - b);
  const level = mean(y)!;
  const error = (DEVIATE * deviationOf(y)) / Math.sqrt(y.length);
  const varied = (["up", "down"] as const).filter((one) => deviationOf(columns[one]) >= LENGTH_DEVIATION_MIN);
  const slopes = linearFit(
    varied.map((one) => columns[one]),
    y,
  );
  const slopeOf = (direction: "up" | "down") => slopes[varied.indexOf(direction)];
  // A slope that may be none is no rate: then all of the time is delay.
  const used = (direction: "up" | "down") => {
    const slope = slopeOf(direction);
    return slope !== undefined && slope.value - slope.error > 0 ? slope.value : 0;
  };
  const rest = y.map((seconds, i) => {
    const up = used("up") * (columns.up[i]! + headerLength);
    return Math.max(0, seconds - up - used("down") * (columns.down[i]! + headerLength));
  });
  return {
    count: y.length,
    roundTrip: { value: level, low: Math.max(0, level - error - ENDS_SECONDS), high: level + error },
    bytesUp: mean(columns.up)!,
    bytesDown: mean(columns.down)!,
    rateUp: rateOf(slopeOf("up")),
    rateDown: rateOf(slopeOf("down")),
    delay: delayOf(rest),
    roundTrips,
  };
}

interface Slope {
  readonly value: number;
  /** Half of its 95 % interval. */
  readonly error: number;
}

function rateOf(slope: Slope | undefined): Estimate | undefined {
  if (slope === undefined) return undefined;
  const { value, error } = slope;
  const rate = (secondsPerByte: number) => (secondsPerByte <= 0 ? Number.POSITIVE_INFINITY : 8 / secondsPerByte);
  return { value: rate(value), low: rate(value + error), high: rate(value - error) };
}

/**
 * Least squares of `y` over one or two columns and a constant, with errors that hold where longer datagrams scatter more
 * (White's). None for no column.
 */
function linearFit(columns: readonly (readonly number[])[], y: readonly number[]): readonly Slope[] {
  const [a, b] = columns.map(centred);
  if (a === undefined) return [];
  const yc = centred(y);
  if (b === undefined) return [slopeOver(a, yc)];
  // Each column without what the other explains of it has its own slope (Frisch and Waugh).
  return [slopeOver(without(a, b), without(yc, b)), slopeOver(without(b, a), without(yc, a))];
}

function slopeOver(x: readonly number[], y: readonly number[]): Slope {
  const square = dot(x, x);
  if (square === 0) return { value: 0, error: Number.POSITIVE_INFINITY };
  const value = dot(x, y) / square;
  const scatter = x.reduce((sum, one, i) => sum + (one * (y[i]! - value * one)) ** 2, 0);
  return { value, error: (DEVIATE * Math.sqrt(scatter)) / square + CLOCK_SECONDS / deviationOf(x) };
}

function without(values: readonly number[], other: readonly number[]): readonly number[] {
  const share = dot(values, other) / dot(other, other);
  return values.map((value, i) => value - share * other[i]!);
}

function centred(values: readonly number[]): readonly number[] {
  const middle = mean(values) ?? 0;
  return values.map((value) => value - middle);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

function deviationOf(values: readonly number[]): number {
  const own = centred(values);
  return Math.sqrt(dot(own, own) / Math.max(1, values.length - 1));
}

/** Half of a round trip's delay: a floor and a gamma on it, with the mean, deviation and skewness that were seen. */
function delayOf(seconds: readonly number[]): DelayModel {
  const ms = seconds.map((one) => one * 1000);
  const level = mean(ms)!;
  const deviation = deviationOf(ms);
  if (deviation <= FIXED_DEVIATION * level) return { kind: "fixed", ms: level / 2 };
  const skewness = mean(centred(ms).map((one) => (one / deviation) ** 3))!;
  // A sum of two gammas of shape k has the skewness 2/sqrt(2k) and the deviation of one of them times sqrt(2).
  const wanted = skewness <= 0 ? GAMMA_SHAPE_MAX : Math.round(2 / skewness ** 2);
  // Not so many that the floor would lie below zero.
  const most = Math.floor((level / deviation) ** 2 / 2);
  const shape = Math.max(1, Math.min(wanted, most, GAMMA_SHAPE_MAX));
  const meanMs = Math.min(level / 2, deviation * Math.sqrt(shape / 2));
  return { kind: "gamma", floorMs: level / 2 - meanMs, shape, meanMs };
}
