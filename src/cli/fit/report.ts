// What a fit found, in a terminal: figures with their intervals, how round trips are spread, and what to do next.

import type { LinkFit } from "../../../sim/fit/link-fit.ts";
import type { Estimate, LossFit } from "../../../sim/fit/loss-fit.ts";
import { formatFields, formatTable } from "../report.ts";
import { histogramOf } from "./histogram.ts";

const BAR_LENGTH_MAX = 40;

export function fitText(fit: LinkFit): string {
  const { profile } = fit;
  return [
    formatFields({ profile: profile.name, exchanges: fit.exchangeCount, devices: fit.deviceCount }),
    formatTable([["FIGURE", "VALUE", "95 % INTERVAL"], ...fitRows(fit)]),
    histogramText(fit),
    directionText(fit),
    "--json gives the profile: save it and use it as --profile ./FILE.json",
  ].join("\n\n");
}

/** Name, value, interval. */
export function fitRows({ either, up, down, time }: LinkFit): readonly (readonly string[])[] {
  const { rateUp, rateDown, roundTrip } = time;
  return [
    ...lossRows("exchanges", either),
    ...(up === undefined ? [] : lossRows("up", up)),
    ...(down === undefined ? [] : lossRows("down", down)),
    row(
      `round trip, ${Math.round(time.bytesUp)} B up and ${Math.round(time.bytesDown)} B down`,
      roundTrip,
      milliseconds,
    ),
    ...rateRows("up", rateUp),
    ...rateRows("down", rateDown),
  ];
}

function lossRows(name: string, { share, burst, lostCount, sentCount }: LossFit): readonly (readonly string[])[] {
  const rows = [row(`loss, ${name} (${lostCount} of ${sentCount})`, share, (value) => `${(100 * value).toFixed(2)} %`)];
  return burst === undefined ? rows : [...rows, row(`burst, ${name}`, burst, (value) => value.toFixed(2))];
}

function rateRows(name: string, rate: Estimate | undefined): readonly (readonly string[])[] {
  if (rate === undefined) return [[`rate ${name}`, "-", "cannot be told: all datagrams were about as long"]];
  if (!Number.isFinite(rate.high)) return [[`rate ${name}`, "-", `at least ${bitRate(rate.low)}`]];
  return [row(`rate ${name}`, rate, bitRate)];
}

function row(name: string, { value, low, high }: Estimate, text: (value: number) => string): readonly string[] {
  return [name, text(value), `${text(low)} to ${text(high)}`];
}

function histogramText({ time }: LinkFit): string {
  const bins = histogramOf(time.roundTrips);
  const most = Math.max(...bins.map(({ count }) => count));
  const rows = bins.map(({ low, high, count }) => {
    const bar = "#".repeat(Math.ceil((BAR_LENGTH_MAX * count) / most));
    return [`${(1000 * low).toFixed(0)} to ${(1000 * high).toFixed(0)} ms`, String(count), bar];
  });
  return formatTable([["ROUND TRIP", "EXCHANGES", ""], ...rows]);
}

/** How the profile shares the loss out between the directions. */
export function directionText({ up }: LinkFit): string {
  return up === undefined
    ? "Which direction lost an exchange cannot be told from this: the profile loses half each way. A pcap of DTLS tells."
    : "Lost in which direction is told by the numbers of the DTLS records.";
}

function milliseconds(seconds: number): string {
  return `${(1000 * seconds).toFixed(1)} ms`;
}

function bitRate(value: number): string {
  return value < 10_000 ? `${value.toFixed(0)} bit/s` : `${(value / 1000).toFixed(1)} kbit/s`;
}
