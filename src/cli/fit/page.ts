// What a fit found, as one page that needs nothing but itself: figures with their intervals drawn, then the round trips.

import type { LinkFit } from "../../../sim/fit/link-fit.ts";
import { PAGE_STYLE } from "../tune/page-parts.ts";
import { histogramOf } from "./histogram.ts";
import { directionText, fitRows } from "./report.ts";

const PLOT_WIDTH = 800;
const PLOT_HEIGHT = 220;
const LABEL_HEIGHT = 24;
const GAP = 3;

const STYLE = `
svg { width: 100%; height: auto; display: block }
rect { fill: var(--mark) }
text { fill: var(--soft); font: 14px system-ui, sans-serif }
td:first-child, th:first-child { text-align: left }
td { white-space: normal }
`;

/** `source` is the name of the file that was fitted. */
export function fitPage(fit: LinkFit, source: string): string {
  const { profile, exchangeCount, time } = fit;
  const rows = fitRows(fit).map((cells) => `<tr>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`);
  const roundTrip = `${(1000 * time.roundTrip.value).toFixed(0)} ms`;
  const loss = `${(100 * fit.either.share.value).toFixed(1)} %`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Narrowboat: the link in ${escaped(source)}</title>
<style>${PAGE_STYLE}${STYLE}</style>
</head>
<body>
<header>
<h1>${escaped(profile.name)}: ${loss} of exchanges lost, a round trip of ${roundTrip}</h1>
<p>Fitted to ${exchangeCount} exchanges in ${escaped(source)}. ${escaped(directionText(fit))}</p>
</header>
<section><h2>Figures</h2><div class="scroll"><table>
<tr><th>Figure</th><th>Value</th><th>95 % interval</th></tr>
${rows.join("\n")}
</table></div></section>
<section><h2>Round trips</h2>${histogramPlot(time.roundTrips)}</section>
<section><h2>The profile</h2><div class="scroll"><pre>${escaped(JSON.stringify(profile, undefined, 2))}</pre></div></section>
</body>
</html>
`;
}

function histogramPlot(roundTrips: readonly number[]): string {
  const bins = histogramOf(roundTrips);
  const most = Math.max(...bins.map(({ count }) => count));
  const width = PLOT_WIDTH / bins.length;
  const bars = bins.map(({ low, high, count }, i) => {
    const height = (PLOT_HEIGHT * count) / most;
    const title = `${(1000 * low).toFixed(0)} to ${(1000 * high).toFixed(0)} ms: ${count}`;
    return `<rect x="${(i * width).toFixed(1)}" y="${(PLOT_HEIGHT - height).toFixed(1)}" width="${(width - GAP).toFixed(1)}" height="${height.toFixed(1)}"><title>${title}</title></rect>`;
  });
  const label = (x: number, anchor: string, seconds: number) =>
    `<text x="${x}" y="${PLOT_HEIGHT + LABEL_HEIGHT - 6}" text-anchor="${anchor}">${(1000 * seconds).toFixed(0)} ms</text>`;
  const ends = label(0, "start", bins[0]!.low) + label(PLOT_WIDTH, "end", bins.at(-1)!.high);
  return `<svg viewBox="0 0 ${PLOT_WIDTH} ${PLOT_HEIGHT + LABEL_HEIGHT}" role="img" aria-label="How round trips are spread">${bars.join("")}${ends}</svg>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
