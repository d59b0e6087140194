// The rows of cells as a page: how many devices at a time, then charts, then every figure.

import type { CellRow } from "../../../sim/cell/cell-row.ts";
import { rowsByProfile } from "../../../sim/tune/combination-row.ts";
import { cellChartsFor } from "./cell-charts.ts";
import { advice, cellTableCells, notRun } from "./cell-table.ts";
import { answerOf, type Card, failedCard, pageFor } from "./page-frame.ts";
import type { Provenance } from "./provenance.ts";
import { settingsFor } from "./settings.ts";
import { assumptionsOf, formatAtATime, formatDuration, formatFigure, formatLength, formatSpan } from "./words.ts";

export function cellPage(rows: readonly CellRow[], provenance: Provenance): string {
  const groups = rowsByProfile(rows);
  const { imageLength, devices, spreadSeconds } = rows[0]!;
  const best = groups.flatMap((group) => group.filter(({ recommended }) => recommended));
  const ordered = [...best].sort((one, other) => one.seconds.last.median - other.seconds.last.median);
  const runs = Math.max(...rows.map((row) => row.runs));
  return pageFor({
    answer: answerOf(
      `${formatLength(imageLength)} to ${devices} devices on one channel`,
      ordered.map((row) => `${formatAtATime(row)} on ${row.profile}, ${formatDuration(row.seconds.last.median)}`),
      "no device got it",
    ),
    basis:
      `${runs} simulated campaign${runs === 1 ? "" : "s"} of each number that may be the best, one of each other, of devices ` +
      (spreadSeconds === 0 ? "that come at once" : `that come over ${formatDuration(spreadSeconds)}`),
    bars: "A bar is a median with its value, and a line goes on to the latest that a campaign comes to",
    cards: groups.map(cardFor),
    sections: groups.map((group) => ({
      profile: group[0]!.profile,
      charts: cellChartsFor(group),
      table: cellTableCells(group),
    })),
    provenance,
  });
}

function cardFor(rows: readonly CellRow[]): Card {
  const { profile, failure } = rows[0]!;
  const best = rows.find(({ recommended }) => recommended);
  if (best === undefined) return failedCard(profile, "no device got it", failure);
  return {
    profile,
    figure: formatAtATime(best),
    figures: figuresOf(best),
    sentences: [advice(rows), ...notRun(rows)],
    isWarning: best.completed < best.runs * best.devices,
    settings: settingsFor(best),
    footing: assumptionsOf(best),
  };
}

function figuresOf(row: CellRow): Card["figures"] {
  const { seconds, deviceSeconds, airtimeShare, bytesPerDevice, energyJoules, limitSeconds } = row;
  const { half, p95, last } = seconds;
  const isWhole = half !== null && p95 !== null && deviceSeconds.p50 !== null;
  return [
    ["the last one", `${formatDuration(last.median)} (${formatSpan(last.low, last.high)})`],
    ...(isWhole
      ? ([
          ["half, 95 % have it", `${formatDuration(half.median)}, ${formatDuration(p95.median)}`],
          ["an update", formatDuration(deviceSeconds.p50.median)],
        ] as const)
      : []),
    ["airtime", `${(100 * (airtimeShare.up + airtimeShare.down)).toFixed(0)} %`],
    ["a SIM", `${formatFigure(bytesPerDevice.mean / 1e6)} MB, ${formatFigure(bytesPerDevice.max / 1e6)} at most`],
    ["energy", `${formatFigure(energyJoules)} J`],
    ["physical limit", `${formatDuration(limitSeconds)} (${(last.median / limitSeconds).toFixed(2)} times)`],
  ];
}
