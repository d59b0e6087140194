// Exchanges as CSV (RFC 4180), a line for each transmission of a request:
//
//   time,device,up,down,rtt,lost
//   0.213,meter-7,92,1113,0.518,0      answered after 0.518 s
//   3.734,meter-7,92,1113,,1           nothing came back
//   4.252,meter-7,92,1113,,0           answered, but nobody can say how soon
//
// The first line names the columns, in any order; `device` may be absent, and what else there is is passed over. Which
// direction lost an exchange cannot be told from this.

import { CsvError, parse } from "csv-parse/sync";
import { type Exchange, FitError } from "./exchange.ts";

/** Longer than any line that means something. */
const RECORD_LENGTH_MAX = 4096;

export const EXCHANGE_CSV_HEADING = "time,device,up,down,rtt,lost";

/** Throws FitError that names the line. */
export function exchangesOfCsv(text: string): readonly Exchange[] {
  const [heading, ...records] = recordsOf(text);
  const columns = new Map((heading ?? []).map((name, i) => [name.trim().toLowerCase(), i]));
  for (const name of ["up", "down", "rtt", "lost"]) {
    if (!columns.has(name)) throw new FitError(`line 1 has no column "${name}": it must be ${EXCHANGE_CSV_HEADING}`);
  }
  return records.map((record, i) => exchangeOf((name) => record[columns.get(name) ?? -1]?.trim() ?? "", i + 2));
}

/** A line of such a file, with its end. */
export function exchangeCsvLine(seconds: number, exchange: Exchange): string {
  const { device, bytesUp, bytesDown, roundTripSeconds, lost } = exchange;
  const name = /[",\r\n]/.test(device) ? `"${device.replaceAll('"', '""')}"` : device;
  const roundTrip = roundTripSeconds === undefined ? "" : roundTripSeconds.toFixed(6);
  return `${seconds.toFixed(3)},${name},${bytesUp},${bytesDown},${roundTrip},${lost ? 1 : 0}\n`;
}

function recordsOf(text: string): readonly (readonly string[])[] {
  try {
    return parse(text, {
      bom: true,
      comment: "#",
      comment_no_infix: true,
      max_record_size: RECORD_LENGTH_MAX,
      relax_column_count: true,
      skip_empty_lines: true,
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new FitError(error.message);
  }
}

function exchangeOf(cell: (name: string) => string, line: number): Exchange {
  const lost = cell("lost");
  if (lost !== "0" && lost !== "1") throw new FitError(`line ${line}: lost must be 0 or 1, and is "${lost}"`);
  const roundTrip = cell("rtt");
  return {
    device: cell("device"),
    bytesUp: numberIn("up", cell("up"), line, 65_535),
    bytesDown: numberIn("down", cell("down"), line, 65_535),
    roundTripSeconds: lost === "1" || roundTrip === "" ? undefined : numberIn("rtt", roundTrip, line, 31_536_000),
    lost: lost === "1",
  };
}

function numberIn(name: string, text: string, line: number, most: number): number {
  const value = /^\d{1,9}(\.\d{1,12})?$/.test(text) ? Number(text) : Number.NaN;
  if (value <= most) return value;
  throw new FitError(`line ${line}: ${name} must be a number from 0 to ${most}, and is "${text}"`);
}
