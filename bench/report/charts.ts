// Rows as charts: blocks by size and by number of clients, and the first figure of every other scene.

import type { BarChart } from "../../src/cli/tune/bar-chart.ts";
import { formatFigure } from "../../src/cli/tune/words.ts";
import type { Figure, Row, Section } from "./row.ts";

/** Hues that stay apart for the colour-blind and on light and dark ground. */
const HUES = ["#3b82c4", "#e08a3c", "#3f9e75", "#b565a7", "#a3882a", "#7a7f87", "#c4533b"] as const;
const FIRST_FIGURE = 0;
const BLOCKS = /^blocks\.(plain|dtls)\.(\d+)\.(\d+)\./;
const USUAL_SIZE = "1024";
const USUAL_CLIENTS = "64";

/** A bar for each label in each series; null where nothing was measured. */
interface BarData {
  readonly title: string;
  readonly axis: string;
  readonly labels: readonly string[];
  readonly series: readonly { readonly name: string; readonly figures: readonly (Figure | undefined)[] }[];
}

export function chartsOf(sections: readonly Section[]): readonly BarChart[] {
  const blockRows = sections.flatMap(({ rows }) => rows).filter(({ id }) => BLOCKS.test(id));
  const others = sections.filter(({ rows }) => !rows.some(({ id }) => BLOCKS.test(id)));
  return [...blockData(blockRows), ...others.flatMap(sectionData)].map(chart);
}

function blockData(rows: readonly Row[]): readonly BarData[] {
  return (["plain", "dtls"] as const).flatMap((protocol) => {
    const name = protocol === "plain" ? "Plain" : "DTLS CCM_8";
    const own = rows.filter(({ id }) => BLOCKS.exec(id)![1] === protocol);
    const bySize = own.filter(({ id }) => BLOCKS.exec(id)![3] === USUAL_CLIENTS);
    const byClients = own.filter(({ id }) => BLOCKS.exec(id)![2] === USUAL_SIZE);
    return [
      ...grouped(`${name}, ${USUAL_CLIENTS} clients`, bySize, (id) => `${BLOCKS.exec(id)![2]} B`),
      ...grouped(`${name}, ${USUAL_SIZE}-byte blocks`, byClients, (id) => `${BLOCKS.exec(id)![3]} clients`),
    ];
  });
}

function grouped(title: string, rows: readonly Row[], labelOf: (id: string) => string): readonly BarData[] {
  const measured = rows.filter(({ figures }) => figures.length > 0);
  if (measured.length === 0) return [];
  const byNumber = (a: string, b: string) => Number.parseInt(a, 10) - Number.parseInt(b, 10);
  const labels = [...new Set(measured.map(({ id }) => labelOf(id)))].sort(byNumber);
  const series = [...new Set(measured.map(({ server }) => server))].map((server) => ({
    name: server,
    figures: labels.map(
      (label) => measured.find((row) => row.server === server && labelOf(row.id) === label)?.figures[FIRST_FIGURE],
    ),
  }));
  return [{ title, axis: measured[0]!.figures[FIRST_FIGURE]!.name, labels, series }];
}

function sectionData({ title, rows }: Section): readonly BarData[] {
  const axis = rows.flatMap(({ figures }) => figures).at(FIRST_FIGURE)?.name;
  if (axis === undefined) return [];
  const own = rows.filter(({ figures }) => figures.some(({ name }) => name === axis));
  const figures = own.map((row) => row.figures.find(({ name }) => name === axis));
  return [{ title, axis, labels: own.map(({ server }) => server), series: [{ name: axis, figures }] }];
}

/** Medians, with a line to the most. */
function chart({ title, axis, labels, series }: BarData): BarChart {
  return {
    title,
    limit: null,
    whiskers: series.map(({ figures }) => figures.map((figure) => figure?.spread.max ?? null)),
    labels: series.map(({ figures }) =>
      figures.map((figure) => (figure === undefined ? "" : formatFigure(figure.spread.median))),
    ),
    description: title,
    barCount: labels.length * series.length,
    config: {
      type: "bar",
      data: {
        labels: [...labels],
        datasets: series.map(({ name, figures }, i) => ({
          label: name,
          data: figures.map((figure) => figure?.spread.median ?? null),
          backgroundColor: HUES[i % HUES.length]!,
          borderRadius: 3,
          maxBarThickness: 26,
        })),
      },
      options: {
        indexAxis: "y",
        maintainAspectRatio: false,
        animation: false,
        plugins: {
          legend: {
            display: series.length > 1,
            position: "top",
            align: "start",
            labels: { boxWidth: 12, boxHeight: 12 },
          },
        },
        scales: {
          x: { beginAtZero: true, title: { display: true, text: axis } },
          y: { grid: { display: false } },
        },
      },
    },
  };
}
