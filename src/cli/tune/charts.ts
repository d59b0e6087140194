// Tune's rows as charts: one figure by block size, a bar for each timer and window.

import type { TuneRow } from "../../../sim/tune/tune-row.ts";
import { type BarChart, barChart, type ChartFigure, timeUnit } from "./bar-chart.ts";

/** The charts of one profile; the first is the one to look at, and has the legend of all. */
export function chartsFor(rows: readonly TuneRow[]): readonly BarChart[] {
  const charted = {
    rows,
    categoryName: "Block size",
    categoryOf: ({ blockSize }: TuneRow) => (blockSize === "auto" ? "auto" : `${blockSize} B`),
    seriesOf: ({ window, ackTimeoutSeconds }: TuneRow) => `window ${window}, timer ${ackTimeoutSeconds} s`,
  };
  return figuresFor(rows).map((figure, i) => barChart(figure, charted, i === 0));
}

function figuresFor(rows: readonly TuneRow[]): readonly ChartFigure<TuneRow>[] {
  const { limitSeconds } = rows[0]!;
  const { name, seconds } = timeUnit(Math.max(limitSeconds, ...rows.map((row) => row.seconds.p95 ?? 0)));
  const inUnit = (value: number | null) => (value === null ? null : value / seconds);
  return [
    {
      title: "Time to update",
      axis: name,
      value: (row) => inUnit(row.seconds.p50),
      whisker: (row) => inUnit(row.seconds.p95),
      limit: limitSeconds / seconds,
    },
    {
      title: "Bytes on the air",
      axis: "kB, both directions",
      value: ({ bytesUp, bytesDown }) => (bytesUp === null || bytesDown === null ? null : (bytesUp + bytesDown) / 1000),
    },
    {
      title: "Updates completed",
      axis: "% of runs",
      value: ({ completed, runs }) => (100 * completed) / runs,
      max: 100,
    },
    { title: "Energy", axis: "joules", value: (row) => row.energyJoules },
  ];
}
