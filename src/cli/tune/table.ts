// Tune's rows as tables for people, profile by profile, with what to do below each.

import { rowsByProfile } from "../../../sim/tune/combination-row.ts";
import { REAL_UPDATES, type TuneRow } from "../../../sim/tune/tune-row.ts";
import { formatFoldedTable } from "./folded-table.ts";
import { whatToSet } from "./settings.ts";
import {
  formatDuration,
  formatFigure,
  formatKilobytes,
  formatLength,
  formatSpan,
  formatTimesLimit,
  recommendation,
} from "./words.ts";

/** The columns that tell rows apart stand first, and again in each part of a table that is too wide. */
const KEY_COLUMNS = 4;
const HEADINGS: readonly string[] = [
  "",
  "BLOCK",
  "TIMER",
  "WINDOW",
  "DONE",
  "P50",
  "P95",
  "x LIMIT",
  "kB UP",
  "kB DOWN",
  "J",
  "mAh",
  "REQUESTS",
  "RESENT",
  "IN VAIN",
  `OF ${REAL_UPDATES} REAL`,
  "THEIR P50",
];
/** Only on a mesh. */
const OTHER_HOPS_HEADING = "kB OTHER HOPS";
/** Only where something waited. */
const DUTY_CYCLE_HEADING = "DUTY-CYCLE WAIT";

/** In `width` columns where that is a terminal's: what does not fit stands below. */
export function formatTuneTable(rows: readonly TuneRow[], width = Number.POSITIVE_INFINITY): string {
  return rowsByProfile(rows)
    .map((group) => formatProfile(group, width))
    .join("\n\n");
}

function formatProfile(rows: readonly TuneRow[], width: number): string {
  const [{ profile, imageLength, limitSeconds }] = rows as [TuneRow];
  const heading = `${profile}: ${formatLength(imageLength)} cannot take less than ${formatDuration(limitSeconds)}`;
  const table = formatFoldedTable(tuneCells(rows), KEY_COLUMNS, width);
  return [heading, table, ...recommendation(rows), ...whatToSet(rows.find(({ recommended }) => recommended))].join(
    "\n",
  );
}

/** The rows of one profile as text, below their headings. */
export function tuneCells(rows: readonly TuneRow[]): readonly (readonly string[])[] {
  const columns: (readonly string[])[] = [];
  if (rows.some(({ bytesOtherHops }) => (bytesOtherHops ?? 0) > 0)) {
    columns.push([OTHER_HOPS_HEADING, ...rows.map((row) => figure(row.bytesOtherHops, formatKilobytes))]);
  }
  if (rows.some(({ dutyCycleWaitSeconds }) => (dutyCycleWaitSeconds ?? 0) > 0)) {
    columns.push([DUTY_CYCLE_HEADING, ...rows.map((row) => figure(row.dutyCycleWaitSeconds, formatDuration))]);
  }
  return [HEADINGS, ...rows.map(cells)].map((line, i) => [...line, ...columns.map((column) => column[i]!)]);
}

function cells(row: TuneRow): string[] {
  const { seconds, again, retransmissions } = row;
  return [
    row.recommended ? ">" : "",
    String(row.blockSize),
    `${row.ackTimeoutSeconds} s`,
    String(row.window),
    `${row.completed}/${row.runs}`,
    figure(seconds.p50, formatDuration),
    figure(seconds.p95, formatDuration),
    formatTimesLimit(row),
    figure(row.bytesUp, formatKilobytes),
    figure(row.bytesDown, formatKilobytes),
    figure(row.energyJoules, formatFigure),
    figure(row.energyMilliampHours, formatFigure),
    figure(row.requests, (count) => count.toFixed(0)),
    figure(retransmissions.needed, (count) => count.toFixed(1)),
    figure(retransmissions.spurious, (count) => count.toFixed(1)),
    `${again.completedLow}..${again.completedHigh}`,
    figure(again.p50Low, (low) => formatSpan(low, again.p50High!)),
  ];
}

function figure(value: number | null, format: (value: number) => string): string {
  return value === null ? "-" : format(value);
}
