// The rows of cells as tables for people, profile by profile, with the best number of devices at a time below each.

import { type CutShort, countsAtATime } from "../../../sim/cell/campaign.ts";
import type { CellRow, Figure } from "../../../sim/cell/cell-row.ts";
import { rowsByProfile } from "../../../sim/tune/combination-row.ts";
import { formatFoldedTable } from "./folded-table.ts";
import { whatToSet } from "./settings.ts";
import { formatAtATime, formatDuration, formatFigure, formatLength, formatList, formatSpan } from "./words.ts";

/** What tells rows apart. */
const KEY_HEADINGS = ["", "AT A TIME"];
/** Only where combinations differ. */
const SETTING_HEADINGS = ["BLOCK", "TIMER", "WINDOW"];
const HEADINGS = ["DONE", "HALF", "P95", "LAST", "x LIMIT", "AN UPDATE", "AIRTIME", "FAIR", "MB A SIM", "J"];

/** In `width` columns where that is a terminal's: what does not fit stands below. */
export function formatCellTable(rows: readonly CellRow[], width = Number.POSITIVE_INFINITY): string {
  return rowsByProfile(rows)
    .map((group) => formatProfile(group, width))
    .join("\n\n");
}

function formatProfile(rows: readonly CellRow[], width: number): string {
  const keyCount = KEY_HEADINGS.length + (hasSettings(rows) ? SETTING_HEADINGS.length : 0);
  const table = formatFoldedTable(cellTableCells(rows), keyCount, width);
  const best = rows.find(({ recommended }) => recommended);
  return [`${cellHeading(rows)}`, table, advice(rows), ...notRun(rows), ...whatToSet(best)].join("\n");
}

/** "nb-iot-ce1: 20 devices on one channel, …" */
export function cellHeading(rows: readonly CellRow[]): string {
  const [{ profile, devices, imageLength, spreadSeconds, limitSeconds }] = rows as [CellRow];
  const coming = spreadSeconds === 0 ? "at once" : `over ${formatDuration(spreadSeconds)}`;
  return (
    `${profile}: ${devices} devices on one channel, which come ${coming} for ${formatLength(imageLength)} each, ` +
    `cannot take less than ${formatDuration(limitSeconds)}`
  );
}

/** The rows of one profile as text, below their headings. */
export function cellTableCells(rows: readonly CellRow[]): readonly (readonly string[])[] {
  const settings = hasSettings(rows);
  const headings = [...KEY_HEADINGS, ...(settings ? SETTING_HEADINGS : []), ...HEADINGS];
  const lines = rows.map((row) => [
    row.recommended ? ">" : "",
    String(row.atATime),
    ...(settings ? settingsOf(row) : []),
    ...cells(row),
  ]);
  return [headings, ...lines];
}

function cells(row: CellRow): string[] {
  const { airtimeShare, seconds } = row;
  return [
    `${row.completed}/${row.runs * row.devices}`,
    formatMedian(seconds.half),
    formatMedian(seconds.p95),
    formatLast(row),
    (seconds.last.median / row.limitSeconds).toFixed(2),
    formatMedian(row.deviceSeconds.p50),
    `${(100 * (airtimeShare.up + airtimeShare.down)).toFixed(0)} %`,
    row.fairness.toFixed(2),
    (row.bytesPerDevice.mean / 1e6).toFixed(3),
    formatFigure(row.energyJoules),
  ];
}

/** One campaign alone says nothing of others. */
function formatLast({ cutShort, runs, seconds: { last } }: CellRow): string {
  if (cutShort !== null) return `> ${formatDuration(last.median)}`;
  return `${formatDuration(last.median)}${runs > 1 ? ` (${formatSpan(last.low, last.high)})` : ""}`;
}

function formatMedian(figure: Figure | null): string {
  return figure === null ? "-" : formatDuration(figure.median);
}

function hasSettings(rows: readonly CellRow[]): boolean {
  return new Set(rows.map((row) => settingsOf(row).join())).size > 1;
}

function settingsOf({ blockSize, ackTimeoutSeconds, window }: CellRow): string[] {
  return [String(blockSize), `${ackTimeoutSeconds} s`, String(window)];
}

/** "10 at a time: 3 h 10 min; all at once: 7 h 2 min and 4 % fail"; `rows` are all of one profile. */
export function advice(rows: readonly CellRow[]): string {
  const best = rows.find(({ recommended }) => recommended);
  if (best === undefined) return `no device got the image: ${rows[0]?.failure ?? "nothing was run"}`;
  const all = rows.findLast((row) => row.atATime === row.devices && settingsOf(row).join() === settingsOf(best).join());
  const equals = rows.filter((row) => row.asGood && row !== best);
  const names = equals.map(formatAtATime).join(" or ");
  const alike = equals.length === 0 ? "" : ` (${names} cannot be told apart from it, but sends more)`;
  const settings = hasSettings(rows) ? `block ${settingsOf(best).join(", ")}: ` : "";
  const others = all === undefined || all === best ? "" : `; ${outcome(all)}`;
  return `${settings}${outcome(best)}${alike}${others}`;
}

function outcome(row: CellRow): string {
  const end = formatDuration(row.seconds.last.median);
  if (row.cutShort !== null) return `${formatAtATime(row)}: more than ${end}`;
  const failed = 1 - row.completed / (row.runs * row.devices);
  if (failed === 0) return `${formatAtATime(row)}: ${end}`;
  return `${formatAtATime(row)}: ${end} and ${(100 * failed).toPrecision(failed < 0.1 ? 1 : 2)} % fail`;
}

const WHY_CUT_SHORT: Readonly<Record<CutShort, string>> = {
  later: "longer than the best",
  fewer: "more devices fail than with the best",
};

/** What was not run to its end and why, and what was not run at all; `rows` are all of one profile. */
export function notRun(rows: readonly CellRow[]): readonly string[] {
  const cut = rows.flatMap((row) =>
    row.cutShort === null ? [] : [`${formatAtATime(row)}: not run to its end: ${WHY_CUT_SHORT[row.cutShort]}`],
  );
  const { devices } = rows[0]!;
  const run = new Set(rows.map(({ atATime }) => atATime));
  const left = countsAtATime(devices).filter((atATime) => !run.has(atATime));
  if (left.length === 0) return cut;
  return [...cut, `${formatList(left.map(String))} at a time: not run, as fewer are worth more already`];
}
