// Rows as Markdown.

import type { Spread } from "../statistics.ts";
import type { Circumstances } from "./machine.ts";
import type { Comparison, Figure, Row, Section } from "./row.ts";

/** Who and where, above all tables. */
export function circumstancesText({ commit, node, machine, date, runs }: Circumstances): string {
  return `Commit ${commit}, Node.js ${node}, ${machine}, ${date.slice(0, 10)}; medians of ${runs} runs, least and most in brackets`;
}

/** A heading and a table with a column for each figure that any of the rows has. */
export function sectionText({ title, rows }: Section): string {
  const names = figureNames(rows);
  const lines = [
    `### ${title}`,
    "",
    `| server | ${[...names, "beside"].join(" | ")} |`,
    `| --- |${" --- |".repeat(names.length + 1)}`,
    ...rows.map((row) => rowText(row, names)),
  ];
  return lines.join("\n");
}

export function figureNames(rows: readonly Row[]): readonly string[] {
  return [...new Set(rows.flatMap(({ figures }) => figures.map(({ name }) => name)))];
}

function rowText(row: Row, names: readonly string[]): string {
  if (row.skipped !== undefined) return `| ${row.server} | skipped: ${row.skipped} |`;
  const cells = names.map((name) => figureText(row.figures.find((figure) => figure.name === name)));
  const words = [...row.comparisons.map(comparisonText), ...row.notes];
  return `| ${[row.server, ...cells, words.join("; ")].join(" | ")} |`;
}

export function figureText(figure: Figure | undefined): string {
  if (figure === undefined) return "";
  const { median, min, max } = figure.spread;
  return figure.values.length === 1 ? amount(median) : `${amount(median)} [${amount(min)} to ${amount(max)}]`;
}

/** "0.55 × libcoap (OpenSSL) [0.52 to 0.57], promised at most 0.6: held". */
export function comparisonText({ with: other, ratio, limit, held }: Comparison): string {
  const text = `${amount(ratio.median)} × ${other}${rangeText(ratio)}`;
  if (limit === undefined) return text;
  const promised = "atMost" in limit ? `at most ${limit.atMost}` : `at least ${limit.atLeast}`;
  return `${text}, promised ${promised}: ${held ? "held" : "**not held**"}`;
}

function rangeText({ min, max }: Spread): string {
  return min === max ? "" : ` [${amount(min)} to ${amount(max)}]`;
}

/** Three digits that count, and no fraction from a hundred on. */
export function amount(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return String(Math.round(value));
  if (size >= 10) return value.toFixed(1);
  return value.toFixed(2);
}
