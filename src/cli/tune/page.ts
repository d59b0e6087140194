// Tune's rows as one page that needs nothing but itself: what to do in words, then charts, then every figure.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { rowsByProfile, type TuneRow } from "../../../sim/tune/tune-row.ts";
import { chartsFor, RECOMMENDED_MARK, type TuneChart } from "./charts.ts";
import { PAGE_SCRIPT, PAGE_STYLE } from "./page-parts.ts";
import type { Provenance } from "./provenance.ts";
import { settingsFor } from "./settings.ts";
import { tuneCells } from "./table.ts";
import {
  assumptionsOf,
  formatDuration,
  formatFigure,
  formatKilobytes,
  formatLength,
  formatTimesLimit,
  recommendation,
} from "./words.ts";

/** The whole page, the charting library inside. */
export function tunePage(rows: readonly TuneRow[], { command, seed, version }: Provenance): string {
  const groups = rowsByProfile(rows);
  const charts = groups.map((group) => chartsFor(group));
  const { runs } = rows[0]!;
  const answer = answerOf(groups);
  // A "<" inside JSON could end the script element.
  const json = JSON.stringify(charts.flat()).replaceAll("<", "\\u003c");
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
<p>${runs} simulated update${runs === 1 ? "" : "s"} for each setting, with the real protocol code. A bar is a median with
its value, and a line goes on to the 95th percentile; framed and marked ${RECOMMENDED_MARK} is what to take; dashed is the physical limit.</p>
<div class="cards">${groups.map(card).join("\n")}</div>
</header>
${groups.map((group, i) => section(group, charts[i]!)).join("\n")}
<footer><p>Made with <code>${escaped(command)}</code>, seed ${seed}, Narrowboat ${escaped(version)}.</p></footer>
</main>
<script type="application/json" id="charts">${json}</script>
<script>${chartLibrary()}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

/** So many links are named in the first line; of more the fastest and the slowest are. */
const NAMED_LINKS_MAX = 3;

/** What to set and how long an update takes then, link by link. */
function answerOf(groups: readonly (readonly TuneRow[])[]): string {
  const { imageLength, device } = groups[0]![0]!;
  const subject = `${formatLength(imageLength)} to ${device === "own" ? "our own device" : `a ${device} device`}`;
  const best = groups.flatMap((rows) => rows.filter(({ recommended }) => recommended));
  if (best.length === 0) return `${subject}: no update ended`;
  const ordered = [...best].sort((one, other) => one.seconds.p50! - other.seconds.p50!);
  const named = best.length <= NAMED_LINKS_MAX ? best : [ordered[0]!, ordered.at(-1)!];
  return `${subject}: ${named.map(answerFor).join("; ")}`;
}

function answerFor(row: TuneRow): string {
  const { profile, blockSize, ackTimeoutSeconds, seconds } = row;
  const blocks = blockSize === "auto" ? "blocks of its own choice" : `blocks of ${blockSize} bytes`;
  return `${blocks} and a timer of ${ackTimeoutSeconds} s on ${profile}, ${formatDuration(seconds.p50!)}`;
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
  const sentences = recommendation(rows).map((sentence) => `<p>${escaped(sentence)}.</p>`);
  const settings = settingsFor(best).map(
    ({ place, lines }) => `<h3>${escaped(place)}</h3><pre>${escaped(lines.join("\n"))}</pre>`,
  );
  return `<article class="card">${name}
<p class="figure">${unbroken(seconds.p50!)}</p>
<dl>${figuresOf(best)
    .map(([term, text]) => `<dt>${term}</dt><dd>${escaped(text)}</dd>`)
    .join("")}</dl>
<div class="${completed === runs ? "" : "warning"}">${sentences.join("\n")}</div>
${settings.join("\n")}
<p>${escaped(assumptionsOf(best))}.</p>
</article>`;
}

function figuresOf(row: TuneRow): readonly (readonly [term: string, text: string])[] {
  const { seconds, completed, runs, bytesUp, bytesDown, energyJoules, energyMilliampHours, limitSeconds } = row;
  const charge = energyMilliampHours === null ? "" : `, ${formatFigure(energyMilliampHours)} mAh`;
  return [
    ["95 % within", formatDuration(seconds.p95!)],
    ["ended", `${completed} of ${runs}`],
    ["bytes", `${formatKilobytes(bytesUp!)} kB up, ${formatKilobytes(bytesDown!)} kB down`],
    ["energy", `${formatFigure(energyJoules!)} J${charge}`],
    ["physical limit", `${formatDuration(limitSeconds)} (${formatTimesLimit(row)} times)`],
  ];
}

function section(rows: readonly TuneRow[], charts: readonly TuneChart[]): string {
  const { profile } = rows[0]!;
  const figures = charts.map(
    ({ title, description, barCount }) => `<figure style="--bars:${barCount}"><figcaption>${title}</figcaption>
<div class="chart"><canvas role="img" aria-label="${escaped(`${profile}: ${description}`)}"></canvas></div></figure>`,
  );
  const table = tuneCells(rows).map((cells, i) => tableRow(cells, i === 0));
  return `<section>
<h2>${escaped(profile)}</h2>
<div class="charts">${figures.join("\n")}</div>
<details><summary>All figures</summary><div class="scroll" tabindex="0" role="region" aria-label="All figures of ${escaped(profile)}"><table>${table.join("\n")}</table></div></details>
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

/** A duration that stays on one line. */
function unbroken(seconds: number): string {
  return formatDuration(seconds).replaceAll(" ", "&nbsp;");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
