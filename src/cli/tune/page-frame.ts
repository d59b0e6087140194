// A page that needs nothing but itself: the answer in words, then charts, then every figure.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type BarChart, RECOMMENDED_MARK } from "./bar-chart.ts";
import { PAGE_SCRIPT, PAGE_STYLE } from "./page-parts.ts";
import type { Provenance } from "./provenance.ts";
import type { Settings } from "./settings.ts";

export interface PageInput {
  /** What the page answers, in a line. */
  readonly answer: string;
  /** What was simulated. */
  readonly basis: string;
  /** What a bar and the line behind it are. */
  readonly bars: string;
  readonly cards: readonly Card[];
  readonly sections: readonly Section[];
  readonly provenance: Provenance;
}

/** What to do about a profile, to be read from across the room. */
export interface Card {
  readonly profile: string;
  readonly figure: string;
  readonly figures: readonly (readonly [term: string, text: string])[];
  readonly sentences: readonly string[];
  /** Whether the sentences tell of something that is not as it should be. */
  readonly isWarning: boolean;
  readonly settings: readonly Settings[];
  /** What the figures rest on; "" where there are none. */
  readonly footing: string;
}

/** The charts of a profile, and all of its figures: the first line has the headings. */
export interface Section {
  readonly profile: string;
  readonly charts: readonly BarChart[];
  readonly table: readonly (readonly string[])[];
}

/** The whole page, the charting library inside. */
export function pageFor({ answer, basis, bars, cards, sections, provenance }: PageInput): string {
  const { command, seed, version } = provenance;
  // A "<" inside JSON could end the script element.
  const json = JSON.stringify(sections.flatMap(({ charts }) => charts)).replaceAll("<", "\\u003c");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>Narrowboat tune: ${escaped(answer)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<header>
<h1>${escaped(answer)}</h1>
<p>${escaped(basis)}, with the real protocol code. ${escaped(bars)}; framed and marked ${RECOMMENDED_MARK} is what to take;
dashed is the physical limit.</p>
<div class="cards">${cards.map(cardElement).join("\n")}</div>
</header>
${sections.map(sectionElement).join("\n")}
<footer><p>Made with <code>${escaped(command)}</code>, seed ${seed}, Narrowboat ${escaped(version)}.</p></footer>
</main>
<script type="application/json" id="charts">${json}</script>
<script>${chartLibrary()}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

/** So many links are named in the first line; of more the first and the last are. */
const NAMED_LINKS_MAX = 3;

/** A line about `subject` out of what is said of each link, which stand in order from the fastest to the slowest. */
export function answerOf(subject: string, links: readonly string[], none: string): string {
  if (links.length === 0) return `${subject}: ${none}`;
  const named = links.length <= NAMED_LINKS_MAX ? links : [links[0]!, links.at(-1)!];
  return `${subject}: ${named.join("; ")}`;
}

/** A card of a profile on which nothing ended. */
export function failedCard(profile: string, figure: string, failure: string): Card {
  return { profile, figure, figures: [], sentences: [failure], isWarning: true, settings: [], footing: "" };
}

function cardElement({ profile, figure, figures, sentences, isWarning, settings, footing }: Card): string {
  const hasFailed = figures.length === 0;
  const terms = figures.map(([term, text]) => `<dt>${escaped(term)}</dt><dd>${escaped(text)}</dd>`);
  const told = sentences.map((sentence) => `<p>${escaped(sentence)}${hasFailed ? "" : "."}</p>`);
  const lines = settings.map((one) => `<h3>${escaped(one.place)}</h3><pre>${escaped(one.lines.join("\n"))}</pre>`);
  return `<article class="card${hasFailed ? " failed" : ""}"><h2>On ${escaped(profile)}</h2>
<p class="figure">${escaped(figure).replaceAll(" ", "&nbsp;")}</p>
${hasFailed ? "" : `<dl>${terms.join("")}</dl>`}
<div class="${isWarning ? "warning" : ""}">${told.join("\n")}</div>
${lines.join("\n")}
${footing === "" ? "" : `<p>${escaped(footing)}.</p>`}
</article>`;
}

function sectionElement({ profile, charts, table }: Section): string {
  const figures = charts.map(
    ({ title, description, barCount }) => `<figure style="--bars:${barCount}"><figcaption>${title}</figcaption>
<div class="chart"><canvas role="img" aria-label="${escaped(`${profile}: ${description}`)}"></canvas></div></figure>`,
  );
  const rows = table.map((cells, i) => tableRow(cells, i === 0));
  return `<section>
<h2>${escaped(profile)}</h2>
<div class="charts">${figures.join("\n")}</div>
<details><summary>All figures</summary><div class="scroll" tabindex="0" role="region" aria-label="All figures of ${escaped(profile)}"><table>${rows.join("\n")}</table></div></details>
</section>`;
}

function tableRow(cells: readonly string[], isHeading: boolean): string {
  if (!isHeading) return `<tr>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`;
  return `<tr>${cells.map((cell) => `<th scope="col">${escaped(cell === "" ? "TAKE" : cell)}</th>`).join("")}</tr>`;
}

/** The library's own build for browsers, which stands beside what Node.js would load. */
function chartLibrary(): string {
  const entry = createRequire(import.meta.url).resolve("chart.js");
  return readFileSync(join(dirname(entry), "chart.umd.min.js"), "utf8");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
