// Tune's rows as one page that needs nothing but itself: what to do in words, then charts, then every figure.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { rowsByProfile, type TuneRow } from "../../../sim/tune/tune-row.ts";
import { chartsFor, type TuneChart } from "./charts.ts";
import { PAGE_SCRIPT, PAGE_STYLE } from "./page-parts.ts";
import { settingsFor } from "./settings.ts";
import { tuneCells } from "./table.ts";
import { formatDuration, formatLength, formatTimesLimit } from "./words.ts";

/** The whole page, the charting library inside. */
export function tunePage(rows: readonly TuneRow[], seed: number): string {
  const groups = rowsByProfile(rows);
  const charts = groups.map((group) => chartsFor(group));
  const { imageLength, device, runs } = rows[0]!;
  const subject = `${formatLength(imageLength)} to ${device === "own" ? "our own device" : `${device} devices`}`;
  // A "<" inside JSON could end the script element.
  const json = JSON.stringify(charts.flat()).replaceAll("<", "\\u003c");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>Narrowboat tune: ${escaped(subject)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>How to send ${escaped(subject)}</h1>
<p>${runs} simulated update${runs === 1 ? "" : "s"} for each setting, with the real protocol code. Seed ${seed}.
Strong colour is recommended; a bar is a median, with a line to the 95th percentile; dashed is the physical limit.</p>
<div class="cards">${groups.map(card).join("\n")}</div>
</header>
${groups.map((group, i) => section(group, charts[i]!)).join("\n")}
<script type="application/json" id="charts">${json}</script>
<script>${chartLibrary()}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

/** What to do about a profile, to be read from across the room. */
function card(rows: readonly TuneRow[]): string {
  const { profile, failure } = rows[0]!;
  const name = `<h2>On ${escaped(profile)}</h2>`;
  const best = rows.find(({ recommended }) => recommended);
  if (best === undefined) {
    return `<article class="card failed">${name}<p class="figure">no update ended</p><p>${escaped(failure)}</p></article>`;
  }
  const { completed, runs, seconds } = best;
  const share = completed === runs ? "" : `<p class="warning">Only ${completed} of ${runs} updates ended.</p>`;
  return `<article class="card">${name}
<p class="figure">${unbroken(seconds.p50!)}</p>
<p>${formatTimesLimit(best)} times the physical limit of ${unbroken(best.limitSeconds)}</p>${share}
${settingsFor(best)
  .map(({ place, lines }) => `<h3>${escaped(place)}</h3><pre>${escaped(lines.join("\n"))}</pre>`)
  .join("\n")}
</article>`;
}

function section(rows: readonly TuneRow[], charts: readonly TuneChart[]): string {
  const { profile } = rows[0]!;
  const figures = charts.map(
    ({ title, barCount }) => `<figure style="--bars:${barCount}"><figcaption>${title}</figcaption>
<div class="chart"><canvas role="img" aria-label="${title} on ${escaped(profile)}"></canvas></div></figure>`,
  );
  const table = tuneCells(rows).map((cells, i) => tableRow(cells, i === 0));
  return `<section>
<h2>${escaped(profile)}</h2>
<div class="charts">${figures.join("\n")}</div>
<details><summary>All figures</summary><div class="scroll"><table>${table.join("\n")}</table></div></details>
</section>`;
}

function tableRow(cells: readonly string[], isHeading: boolean): string {
  const tag = isHeading ? "th" : "td";
  return `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;
}

/** The library's own build for browsers, which stands beside what Node.js would load. */
function chartLibrary(): string {
  const entry = createRequire(import.meta.url).resolve("chart.js");
  return readFileSync(join(dirname(entry), "chart.umd.min.js"), "utf8");
}

/** A duration that stays on one line. */
function unbroken(seconds: number): string {
  return formatDuration(seconds).replaceAll(" ", "&nbsp;");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
