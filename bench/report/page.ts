// All rows as one page that needs nothing but itself: what was promised, then charts, then every figure.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { PAGE_SCRIPT, PAGE_STYLE } from "../../src/cli/tune/page-parts.ts";
import { chartsOf } from "./charts.ts";
import type { Circumstances } from "./machine.ts";
import type { Row, Section } from "./row.ts";
import { circumstancesText, comparisonText, figureNames, figureText } from "./table.ts";

/** Beside tune's: one chart under the other, names to the left. */
const STYLE = `
.charts { grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)) }
figure:first-child { grid-column: auto }
.chart, figure:first-child .chart { height: calc(6rem + var(--bars) * 1.6rem) }
td:first-child, th:first-child, td:last-child, th:last-child { text-align: left }
td:last-child { white-space: normal; min-width: 24rem }
`;

/** The whole page, the charting library inside. */
export function benchPage(where: Circumstances, sections: readonly Section[]): string {
  const charts = chartsOf(sections);
  // A "<" inside JSON could end the script element.
  const json = JSON.stringify(charts).replaceAll("<", "\\u003c");
  const figures = charts.map(
    ({ title, barCount }) => `<figure style="--bars:${barCount}"><figcaption>${escaped(title)}</figcaption>
<div class="chart"><canvas role="img" aria-label="${escaped(title)}"></canvas></div></figure>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>Narrowboat bench, ${escaped(where.commit)}</title>
<style>${PAGE_STYLE}${STYLE}</style>
</head>
<body>
<header>
<h1>What things cost</h1>
<p>${escaped(circumstancesText(where))}. A bar is a median, with a line to the most. Absolute figures are this machine's;
the ratios are what to look at.</p>
<div class="cards">${promiseCards(sections).join("\n")}</div>
</header>
<section><div class="charts">${figures.join("\n")}</div></section>
${sections.map(sectionHtml).join("\n")}
<script type="application/json" id="charts">${json}</script>
<script>${chartLibrary()}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

/** A card for each row that something was promised of. */
function promiseCards(sections: readonly Section[]): readonly string[] {
  return sections.flatMap(({ title, rows }) =>
    rows.flatMap((row) => {
      const promised = row.comparisons.filter(({ limit }) => limit !== undefined);
      if (promised.length === 0) return [];
      const failed = promised.some(({ held }) => held === false);
      const lines = promised.map((comparison) => `<p>${marked(comparisonText(comparison))}</p>`);
      return `<article class="card${failed ? " failed" : ""}"><h2>${escaped(title)}</h2>
<p>${escaped(row.server)}</p>${lines.join("")}</article>`;
    }),
  );
}

function sectionHtml({ title, rows }: Section): string {
  const names = figureNames(rows);
  const head = ["server", ...names, "beside"].map((name) => `<th>${escaped(name)}</th>`).join("");
  const body = rows.map((row) => `<tr>${cells(row, names).join("")}</tr>`).join("\n");
  return `<section><h2>${escaped(title)}</h2>
<div class="scroll"><table><tr>${head}</tr>
${body}</table></div></section>`;
}

function cells(row: Row, names: readonly string[]): readonly string[] {
  const figures = names.map((name) => figureText(row.figures.find((figure) => figure.name === name)));
  const words =
    row.skipped === undefined ? [...row.comparisons.map(comparisonText), ...row.notes] : [`skipped: ${row.skipped}`];
  return [row.server, ...figures, words.join("; ")].map((cell) => `<td>${marked(cell)}</td>`);
}

/** Markdown's stars become bold; nothing else means anything. */
function marked(text: string): string {
  return escaped(text).replace(/\*\*(.*?)\*\*/g, "<strong>$1</strong>");
}

/** The library's own build for browsers, which stands beside what Node.js would load. */
function chartLibrary(): string {
  const entry = createRequire(import.meta.url).resolve("chart.js");
  return readFileSync(join(dirname(entry), "chart.umd.min.js"), "utf8");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
