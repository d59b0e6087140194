// Tune's rows as charts: one figure by block size, a bar for each timer and window.

import type { ChartConfiguration } from "chart.js";
import type { TuneRow } from "../../../sim/tune/tune-row.ts";
import { formatFigure } from "./words.ts";

/** A chart as plain data; the page's script draws it. */
export interface TuneChart {
  readonly title: string;
  readonly config: ChartConfiguration<"bar", (number | null)[], string>;
  /** A line across all bars, in the unit of the axis. */
  readonly limit: number | null;
  /** By dataset and bar: where a line from the bar's end goes. */
  readonly whiskers: readonly (readonly (number | null)[])[];
  /** By dataset and bar: its value, and whether it is the recommended one. */
  readonly labels: readonly (readonly string[])[];
  /** All of it in words, for those who cannot see it. */
  readonly description: string;
  /** How many bars lie one above the other. */
  readonly barCount: number;
}

/** Hues that stay apart for the colour-blind and on light and dark ground. */
const HUES = ["#3b82c4", "#e08a3c", "#3f9e75", "#b565a7", "#a3882a", "#7a7f87"] as const;
/** What is not recommended is paler, and has no mark. */
const PALE = "70";
export const RECOMMENDED_MARK = "◀ recommended";
/** Where the greatest figure is more than so many times the least, a linear scale shows the least no more. */
const LINEAR_RATIO_MAX = 10;

interface Figure {
  readonly title: string;
  readonly axis: string;
  value(row: TuneRow): number | null;
  readonly max?: number;
  readonly limit?: number;
  whisker?(row: TuneRow): number | null;
}

/** The charts of one profile; the first is the one to look at, and has the legend of all. */
export function chartsFor(rows: readonly TuneRow[]): readonly TuneChart[] {
  return figuresFor(rows).map((figure, i) => chartFor(figure, rows, i === 0));
}

function figuresFor(rows: readonly TuneRow[]): readonly Figure[] {
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

function chartFor(figure: Figure, rows: readonly TuneRow[], hasLegend: boolean): TuneChart {
  const blockSizes = [...new Set(rows.map(({ blockSize }) => blockSize))];
  const series = [...new Set(rows.map(seriesOf))];
  const rowsOf = (name: string) =>
    blockSizes.map((blockSize) => rows.find((row) => row.blockSize === blockSize && seriesOf(row) === name));
  const datasets = series.map((name, i) => {
    const hue = HUES[i % HUES.length]!;
    const own = rowsOf(name);
    return {
      label: name,
      data: own.map((row) => (row === undefined ? null : figure.value(row))),
      backgroundColor: own.map((row) => (row?.recommended === true ? hue : hue + PALE)),
      borderRadius: 3,
      maxBarThickness: 26,
    };
  });
  const scale = scaleFor(figure, rows);
  return {
    title: figure.title,
    limit: figure.limit ?? null,
    whiskers: series.map((name) => rowsOf(name).map((row) => (row && figure.whisker?.(row)) ?? null)),
    labels: series.map((name) => rowsOf(name).map((row) => (row === undefined ? "" : labelFor(figure, row)))),
    description: descriptionOf(figure, rows),
    barCount: blockSizes.length * series.length,
    config: {
      type: "bar",
      data: { labels: blockSizes.map((blockSize) => (blockSize === "auto" ? "auto" : `${blockSize} B`)), datasets },
      options: {
        indexAxis: "y",
        maintainAspectRatio: false,
        animation: false,
        plugins: {
          legend: { display: hasLegend, position: "top", align: "start", labels: { boxWidth: 12, boxHeight: 12 } },
        },
        scales: { x: scale, y: { grid: { display: false } } },
      },
    },
  };
}

/** A linear scale from nothing on, or a logarithmic one from below the least figure. */
function scaleFor(figure: Figure, rows: readonly TuneRow[]) {
  const values = rows.flatMap((row) => [figure.value(row), figure.whisker?.(row) ?? null]);
  const shown = [...values, figure.limit ?? null].filter((value) => value !== null && value > 0) as number[];
  const [least, greatest] = [Math.min(...shown), Math.max(...shown)];
  if (figure.max === undefined && greatest > LINEAR_RATIO_MAX * least) {
    const title = { display: true, text: `${figure.axis}, logarithmic` };
    return { type: "logarithmic", title, min: least / 2, suggestedMax: 3 * greatest } as const;
  }
  const title = { display: true, text: figure.axis };
  // Room for what lies beyond the longest bar, its label included.
  const end = figure.max === undefined ? { suggestedMax: 1.3 * Math.max(0, ...shown) } : { max: figure.max };
  return { type: "linear", beginAtZero: true, title, ...end } as const;
}

function labelFor(figure: Figure, row: TuneRow): string {
  const value = figure.value(row);
  if (value === null) return "none ended";
  return `${formatFigure(value)}${row.recommended ? ` ${RECOMMENDED_MARK}` : ""}`;
}

function descriptionOf(figure: Figure, rows: readonly TuneRow[]): string {
  const words = rows.map((row) => `${row.blockSize}, ${seriesOf(row)}: ${labelFor(figure, row).replace("◀ ", "")}`);
  return `${figure.title}, ${figure.axis}. Block size ${words.join("; ")}`;
}

function seriesOf({ window, ackTimeoutSeconds }: TuneRow): string {
  return `window ${window}, timer ${ackTimeoutSeconds} s`;
}

/** A unit in which the longest of a profile's times has few digits. */
function timeUnit(secondsMax: number): { name: string; seconds: number } {
  if (secondsMax < 120) return { name: "seconds", seconds: 1 };
  if (secondsMax < 7_200) return { name: "minutes", seconds: 60 };
  return { name: "hours", seconds: 3_600 };
}
