// A chart of bars lying one above the other: one figure of all rows, by category, a bar for each series. Plain data, which
// the page's script draws.

import type { ChartConfiguration } from "chart.js";
import { formatFigure } from "./words.ts";

export interface BarChart {
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

/** What a chart shows of each row. */
export interface ChartFigure<Row> {
  readonly title: string;
  readonly axis: string;
  value(row: Row): number | null;
  readonly max?: number;
  readonly limit?: number;
  whisker?(row: Row): number | null;
  /** Whether the value is only known to be at least so much. */
  isAtLeast?(row: Row): boolean;
}

/** What the rows of a page have in common. */
export interface ChartedRows<Row> {
  readonly rows: readonly Row[];
  /** What the categories are. */
  readonly categoryName: string;
  categoryOf(row: Row): string;
  seriesOf(row: Row): string;
}

export function barChart<Row extends { readonly recommended: boolean }>(
  figure: ChartFigure<Row>,
  charted: ChartedRows<Row>,
  hasLegend: boolean,
): BarChart {
  const { rows, categoryOf, seriesOf } = charted;
  const categories = [...new Set(rows.map(categoryOf))];
  const series = [...new Set(rows.map(seriesOf))];
  const rowsOf = (name: string) =>
    categories.map((category) => rows.find((row) => categoryOf(row) === category && seriesOf(row) === name));
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
    description: descriptionOf(figure, charted),
    barCount: categories.length * series.length,
    config: {
      type: "bar",
      data: { labels: categories, datasets },
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
function scaleFor<Row>(figure: ChartFigure<Row>, rows: readonly Row[]) {
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

function labelFor<Row extends { readonly recommended: boolean }>(figure: ChartFigure<Row>, row: Row): string {
  const value = figure.value(row);
  if (value === null) return "none ended";
  const atLeast = figure.isAtLeast?.(row) === true ? "more than " : "";
  return `${atLeast}${formatFigure(value)}${row.recommended ? ` ${RECOMMENDED_MARK}` : ""}`;
}

function descriptionOf<Row extends { readonly recommended: boolean }>(
  figure: ChartFigure<Row>,
  { rows, categoryName, categoryOf, seriesOf }: ChartedRows<Row>,
): string {
  const words = rows.map((row) => `${categoryOf(row)}, ${seriesOf(row)}: ${labelFor(figure, row).replace("◀ ", "")}`);
  return `${figure.title}, ${figure.axis}. ${categoryName} ${words.join("; ")}`;
}

/** A unit in which the longest of some times has few digits. */
export function timeUnit(secondsMax: number): { readonly name: string; readonly seconds: number } {
  if (secondsMax < 120) return { name: "seconds", seconds: 1 };
  if (secondsMax < 7_200) return { name: "minutes", seconds: 60 };
  if (secondsMax < 4 * 86_400) return { name: "hours", seconds: 3_600 };
  return { name: "days", seconds: 86_400 };
}
