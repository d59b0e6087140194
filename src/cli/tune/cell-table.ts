// The rows of cells as tables for people, profile by profile, with the best number of devices at a time below each.

import { type CellRow, type Figure, groupedByProfile } from "../../../sim/cell/cell-row.ts";
import { formatTable } from "../report.ts";
import { formatDuration, formatLength, formatSpan } from "./words.ts";

const HEADINGS = [
  "",
  "AT A TIME",
  "DONE",
  "HALF",
  "P95",
  "LAST",
  "x LIMIT",
  "AN UPDATE",
  "AIRTIME",
  "FAIR",
  "MB A SIM",
  "J",
];
/** Only where combinations differ. */
const SETTING_HEADINGS = ["BLOCK", "ACK_TIMEOUT", "WINDOW"];

export function formatCellTable(rows: readonly CellRow[]): string {
  return groupedByProfile(rows, ({ profile }) => profile)
    .map(formatProfile)
    .join("\n\n");
}

function formatProfile(rows: readonly CellRow[]): string {
  const [{ profile, devices, imageLength, spreadSeconds, limitSeconds }] = rows as [CellRow];
  const coming = spreadSeconds === 0 ? "at once" : `over ${formatDuration(spreadSeconds)}`;
  const heading =
    `${profile}: ${devices} devices on one channel, which come ${coming} for ${formatLength(imageLength)} each, ` +
    `cannot take less than ${formatDuration(limitSeconds)}`;
  const settings = hasSettings(rows);
  const lines = rows.map((row) => [...cells(row), ...(settings ? settingsOf(row) : [])]);
  return [heading, formatTable([[...HEADINGS, ...(settings ? SETTING_HEADINGS : [])], ...lines]), advice(rows)].join(
    "\n",
  );
}

function cells(row: CellRow): string[] {
  const { airtimeShare, seconds } = row;
  return [
    row.recommended ? ">" : "",
    String(row.atATime),
    `${row.completed}/${row.runs * row.devices}`,
    formatMedian(seconds.half),
    formatMedian(seconds.p95),
    `${row.brokenOff ? "> " : ""}${formatMedian(seconds.last)} (${formatSpan(seconds.last.low, seconds.last.high)})`,
    (seconds.last.median / row.limitSeconds).toFixed(2),
    formatMedian(row.deviceSeconds.p50),
    `${(100 * (airtimeShare.up + airtimeShare.down)).toFixed(0)} %`,
    row.fairness.toFixed(2),
    (row.bytesPerDevice.mean / 1e6).toFixed(3),
    row.energyJoules.toPrecision(3),
  ];
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
  const alike =
    equals.length === 0 ? "" : ` (${equals.map(nameOf).join(" or ")} cannot be told apart from it, but sends more)`;
  const settings = hasSettings(rows) ? `block ${settingsOf(best).join(", ")}: ` : "";
  const others = all === undefined || all === best ? "" : `; ${outcome(all)}`;
  return `${settings}${outcome(best)}${alike}${others}`;
}

function outcome(row: CellRow): string {
  const failed = 1 - row.completed / (row.runs * row.devices);
  const end = `${row.brokenOff ? "more than " : ""}${formatDuration(row.seconds.last.median)}`;
  if (failed === 0) return `${nameOf(row)}: ${end}`;
  const share = `${(100 * failed).toPrecision(failed < 0.1 ? 1 : 2)} %`;
  return `${nameOf(row)}: ${end} and ${share} ${row.brokenOff ? "have no image then" : "fail"}`;
}

function nameOf({ atATime, devices }: CellRow): string {
  return atATime === devices ? "all at once" : `${atATime} at a time`;
}
