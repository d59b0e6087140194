// The rows of a cell as charts: one figure by the number of devices at a time, a bar for each combination.

import type { CellRow } from "../../../sim/cell/cell-row.ts";
import { type BarChart, barChart, type ChartFigure, timeUnit } from "./bar-chart.ts";
import { formatAtATime } from "./words.ts";

/** The charts of one profile; the first is the one to look at, and has the legend of all. */
export function cellChartsFor(rows: readonly CellRow[]): readonly BarChart[] {
  const charted = {
    rows,
    categoryName: "Devices:",
    categoryOf: (row: CellRow) => formatAtATime(row),
    seriesOf: ({ blockSize, window, ackTimeoutSeconds }: CellRow) =>
      `block ${blockSize}, window ${window}, timer ${ackTimeoutSeconds} s`,
  };
  return figuresFor(rows).map((figure, i) => barChart(figure, charted, i === 0));
}

function figuresFor(rows: readonly CellRow[]): readonly ChartFigure<CellRow>[] {
  const { limitSeconds } = rows[0]!;
  const end = timeUnit(Math.max(limitSeconds, ...rows.map(({ seconds }) => seconds.last.high)));
  const update = timeUnit(Math.max(...rows.map(({ deviceSeconds }) => deviceSeconds.p95?.median ?? 0)));
  return [
    {
      title: "When the campaign has ended",
      axis: end.name,
      value: ({ seconds }) => seconds.last.median / end.seconds,
      whisker: ({ seconds }) => seconds.last.high / end.seconds,
      isAtLeast: ({ cutShort }) => cutShort !== null,
      limit: limitSeconds / end.seconds,
    },
    {
      title: "An update by itself",
      axis: update.name,
      value: ({ deviceSeconds }) => (deviceSeconds.p50 === null ? null : deviceSeconds.p50.median / update.seconds),
    },
    { title: "Bytes on the air", axis: "MB a SIM", value: ({ bytesPerDevice }) => bytesPerDevice.mean / 1e6 },
    { title: "Energy", axis: "joules a device", value: ({ energyJoules }) => energyJoules },
  ];
}
