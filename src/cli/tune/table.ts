// Tune's rows as tables for people, profile by profile, with what to do below each.

import { REAL_UPDATES, rowsByProfile, type TuneRow } from "../../../sim/tune/tune-row.ts";
import { formatTable } from "../report.ts";
import { settingsFor } from "./settings.ts";
import {
  formatDuration,
  formatFigure,
  formatKilobytes,
  formatLength,
  formatSpan,
  formatTimesLimit,
  recommendation,
} from "./words.ts";

const HEADINGS: readonly string[] = [
  "",
  "BLOCK",
  "ACK_TIMEOUT",
  "WINDOW",
  "DONE",
  "P50",
  "P95",
  "x LIMIT",
  "kB UP",
  "kB DOWN",
  "REQUESTS",
  "RESENT",
  "IN VAIN",
  "J",
  "mAh",
];
/** Only on a mesh. */
const OTHER_HOPS_HEADING = "kB OTHER HOPS";
/** Only where something waited. */
const DUTY_CYCLE_HEADING = "DUTY-CYCLE WAIT";

export function formatTuneTable(rows: readonly TuneRow[]): string {
  return rowsByProfile(rows).map(formatProfile).join("\n\n");
}

function formatProfile(rows: readonly TuneRow[]): string {
  const [{ profile, imageLength, limitSeconds }] = rows as [TuneRow];
  const heading = `${profile}: ${formatLength(imageLength)} cannot take less than ${formatDuration(limitSeconds)}`;
  return [heading, formatTable(tuneCells(rows)), ...recommendation(rows), ...whatToSet(rows)].join("\n");
}

function whatToSet(rows: readonly TuneRow[]): readonly string[] {
  const best = rows.find(({ recommended }) => recommended);
  if (best === undefined) return [];
  const settings = settingsFor(best).flatMap(({ place, lines }) => [
    `  ${place}:`,
    ...lines.map((line) => `    ${line}`),
  ]);
  return ["what to set:", ...settings, assumptionsOf(best)];
}

function assumptionsOf({ profile, figures: { all, assumed } }: TuneRow): string {
  return `${assumed} of the ${all} figures of this link are assumptions: narrowboat profiles ${profile}`;
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
    `${row.completed}/${row.runs} (${again.completedLow}..${again.completedHigh} of ${REAL_UPDATES})`,
    figure(seconds.p50, (p50) => `${formatDuration(p50)} (${formatSpan(again.p50Low!, again.p50High!)})`),
    figure(seconds.p95, formatDuration),
    formatTimesLimit(row),
    figure(row.bytesUp, formatKilobytes),
    figure(row.bytesDown, formatKilobytes),
    figure(row.requests, (count) => count.toFixed(0)),
    figure(retransmissions.needed, (count) => count.toFixed(1)),
    figure(retransmissions.spurious, (count) => count.toFixed(1)),
    figure(row.energyJoules, formatFigure),
    figure(row.energyMilliampHours, formatFigure),
  ];
}

function figure(value: number | null, format: (value: number) => string): string {
  return value === null ? "-" : format(value);
}
