// The style of tune's page, and the script that draws its charts in the browser, again when light turns to dark.

export const PAGE_STYLE = `
:root { color-scheme: light dark; --ground: #f6f7f8; --paper: #fff; --text: #1d2329; --soft: #5d6770; --rule: #d9dee3; --mark: #1f6f4a; --warn: #a8480f }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14181c; --paper: #1d2329; --text: #e6e9ec; --soft: #9aa5af; --rule: #343d46; --mark: #6cc79a; --warn: #f0a06a }
}
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1.5rem clamp(.75rem, 3vw, 2rem); max-width: 76rem; background: var(--ground); color: var(--text); font: 16px/1.45 system-ui, sans-serif }
h1 { font-size: 1.5rem; margin: 0 }
h2 { font-size: 1.1rem; margin: 0 0 .5rem }
h3 { font-size: .9rem; margin: .75rem 0 .25rem; font-weight: 600 }
pre { margin: 0; padding: .4rem .6rem; background: var(--ground); border-radius: 6px; font-size: .8rem; white-space: pre-wrap; overflow-wrap: anywhere }
dl { display: grid; grid-template-columns: auto 1fr; gap: .1rem .75rem; margin: .5rem 0 }
dt { color: var(--soft) }
dd { margin: 0; font-variant-numeric: tabular-nums }
footer { color: var(--soft); margin-top: 1rem; font-size: .85rem; overflow-wrap: anywhere }
header > p { color: var(--soft); margin: .25rem 0 1rem }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1rem }
.card, section { background: var(--paper); border: 1px solid var(--rule); border-radius: 10px; padding: 1rem }
.card { border-top: 4px solid var(--mark) }
.card.failed { border-top-color: var(--warn) }
.card p { margin: .25rem 0 }
.figure { font-size: 2rem; font-weight: 650; line-height: 1.15 }
.warning { color: var(--warn); font-weight: 600 }
code { background: var(--ground); border-radius: 4px; padding: .05em .35em; font-size: .9em }
section { margin-top: 1rem }
.charts { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 1.25rem }
figure { margin: 0; min-width: 0 }
figure:first-child { grid-column: 1 / -1 }
figure:first-child .chart { height: calc(7rem + var(--bars) * 1.4rem) }
figcaption { font-weight: 600 }
.chart { position: relative; height: calc(4rem + var(--bars) * 1.4rem) }
details { margin-top: .75rem }
summary { cursor: pointer; color: var(--soft) }
.scroll { overflow-x: auto }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; margin-top: .5rem }
th, td { padding: .2rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--rule) }
th { color: var(--soft); font-weight: 600 }
@media (max-width: 50rem) { .charts { grid-template-columns: minmax(0, 1fr) } }
`;

export const PAGE_SCRIPT = `
const charts = JSON.parse(document.getElementById("charts").textContent);
const canvases = document.querySelectorAll("canvas");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const marks = (one) => ({
  id: "marks",
  afterDatasetsDraw(chart) {
    const { ctx, chartArea, scales } = chart;
    ctx.save();
    ctx.strokeStyle = colour("--text");
    ctx.lineWidth = 1.5;
    const line = (fromX, fromY, toX, toY) => {
      ctx.beginPath();
      ctx.moveTo(fromX, fromY);
      ctx.lineTo(toX, toY);
      ctx.stroke();
    };
    one.whiskers.forEach((ends, dataset) => ends.forEach((end, bar) => {
      if (end === null || !chart.isDatasetVisible(dataset)) return;
      const { x, y } = chart.getDatasetMeta(dataset).data[bar];
      const endX = scales.x.getPixelForValue(end);
      line(x, y, endX, y);
      line(endX, y - 4, endX, y + 4);
    }));
    ctx.fillStyle = colour("--text");
    ctx.textBaseline = "middle";
    one.labels.forEach((texts, dataset) => texts.forEach((text, bar) => {
      if (text === "" || !chart.isDatasetVisible(dataset)) return;
      const recommended = text.includes("◀");
      ctx.font = (recommended ? "bold " : "") + "12px system-ui, sans-serif";
      const { x, y, base, width, height } = chart.getDatasetMeta(dataset).data[bar];
      if (recommended) ctx.strokeRect(base, y - height / 2, x - base, height);
      const end = one.whiskers[dataset][bar];
      const from = Math.max(Number.isFinite(x) ? x : chartArea.left, end === null ? 0 : scales.x.getPixelForValue(end)) + 6;
      const length = ctx.measureText(text).width;
      // What finds no room behind its bar stands in front of the edge, on ground of its own.
      const at = Math.min(from, chart.width - length - 4);
      if (at < from) {
        ctx.fillStyle = colour("--paper");
        ctx.fillRect(at - 3, y - 8, length + 6, 16);
        ctx.fillStyle = colour("--text");
      }
      ctx.fillText(text, at, y);
    }));
    if (one.limit !== null) {
      ctx.setLineDash([6, 4]);
      const x = scales.x.getPixelForValue(one.limit);
      line(x, chartArea.top, x, chartArea.bottom);
    }
    ctx.restore();
  },
});
let drawn = [];
const draw = () => {
  for (const chart of drawn) chart.destroy();
  Chart.defaults.color = colour("--soft");
  Chart.defaults.borderColor = colour("--rule");
  Chart.defaults.font.family = "system-ui, sans-serif";
  drawn = charts.map((one, i) => new Chart(canvases[i], { ...one.config, plugins: [marks(one)] }));
};
draw();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
`;
