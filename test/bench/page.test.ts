import { suite } from "uvu";
import * as assert from "uvu/assert";
import { benchPage } from "../../bench/report/page.ts";
import type { Row } from "../../bench/report/row.ts";
import { sectionText } from "../../bench/report/table.ts";
import { spreadOf } from "../../bench/statistics.ts";

const page = suite("page");

const WHERE = {
  commit: "0123456789",
  node: "20.19.0",
  loadNode: "20.19.0",
  machine: "2 × processor",
  date: "2026-01-02T03:04:05.000Z",
  runs: 3,
  measuredSeconds: 1,
};

function row(id: string, server: string, values: readonly number[]): Row {
  const figures = [{ name: "CPU µs per block", values, spread: spreadOf(values) }];
  return { id, server, figures, comparisons: [], notes: [] };
}

const OURS: Row = {
  ...row("blocks.plain.1024.64.narrowboat", "narrowboat", [3, 2, 4]),
  comparisons: [
    { with: "libcoap", figure: "CPU µs per block", ratio: spreadOf([0.75]), limit: { atMost: 0.6 }, held: false },
  ],
};
const SECTION = {
  title: "Plain & simple",
  rows: [
    OURS,
    row("blocks.plain.1024.64.libcoap-openssl", "libcoap", [4]),
    { ...row("blocks.plain.1024.64.echo-c", "echo", [1]), figures: [], skipped: "no C compiler" },
  ],
};

page("a table has medians with their spread, ratios with what was promised, and reasons", () => {
  assert.is(
    sectionText(SECTION),
    `### Plain & simple

| server | CPU µs per block | beside |
| --- | --- | --- |
| narrowboat | 3.00 [2.00 to 4.00] | 0.75 × libcoap, promised at most 0.6: **not held** |
| libcoap | 4.00 |  |
| echo | skipped: no C compiler |`,
  );
});

page("the page has a card for each promise, its charts as data, and the library inside", () => {
  const html = benchPage(WHERE, [SECTION, { title: "idle", rows: [row("idle.0.narrowboat", "narrowboat", [1])] }]);
  assert.match(html, /<article class="card failed"><h2>Plain &amp; simple<\/h2>/);
  const charts = JSON.parse(/<script type="application\/json" id="charts">(.*?)<\/script>/s.exec(html)![1]!);
  assert.is(charts.length, 3);
  assert.equal(charts[0].config.data.labels, ["1024 B"]);
  assert.equal(
    charts[0].config.data.datasets.map(({ data }: { data: number[] }) => data),
    [[3], [4]],
  );
  assert.not.match(html, /<(?:script|link|img)[^>]+(?:src|href)=/);
  assert.ok(html.includes("Chart.js"));
});

page.run();
