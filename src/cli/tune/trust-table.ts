// `narrowboat tune --trusted`: what a check-in, its ticket and manifest, a trial and its reports add, link by link.

import type { TrustCostRow } from "../../../sim/tune/trust-cost.ts";
import { formatTable } from "../report.ts";
import { formatDuration } from "./words.ts";

const HEADINGS = ["LINK", "BARE", "TO REBOOT", "x BARE", "CONTACT", "CONFIRMED", "+ UP", "+ DOWN", "ENDED"];

/** `messages` are the lengths of the messages by their names. */
export function formatTrustTable(rows: readonly TrustCostRow[], messages: Readonly<Record<string, number>>): string {
  const lengths = Object.entries(messages).map(([name, length]) => `${name} ${length} B`);
  return `${formatTable([HEADINGS, ...rows.map(cellsOf)])}\n\neach without its headers: ${lengths.join(", ")}`;
}

function cellsOf(row: TrustCostRow): readonly string[] {
  const { bareSeconds, rebootSeconds, completed, runs } = row;
  const times = bareSeconds === null || rebootSeconds === null ? "-" : (rebootSeconds / bareSeconds).toFixed(3);
  return [
    row.profile,
    orDash(bareSeconds, formatDuration),
    orDash(rebootSeconds, formatDuration),
    times,
    orDash(row.contactSeconds, formatDuration),
    orDash(row.confirmedSeconds, formatDuration),
    orDash(row.addedBytesUp, bytesText),
    orDash(row.addedBytesDown, bytesText),
    `${completed.bare} and ${completed.trusted} of ${runs}`,
  ];
}

function orDash(value: number | null, text: (value: number) => string): string {
  return value === null ? "-" : text(value);
}

function bytesText(bytes: number): string {
  return `${Math.round(bytes)} B`;
}
