// The page in a real browser: nothing that a reader with other eyes, another screen or no pointer cannot use.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import { chromium, type Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { CampaignResult } from "../../../sim/cell/campaign.ts";
import { type CampaignRuns, cellRows } from "../../../sim/cell/cell-row.ts";
import { profileNamed } from "../../../sim/profiles/profiles.ts";
import type { Combination, RunResult } from "../../../sim/tune/tune.ts";
import { tuneRows } from "../../../sim/tune/tune-row.ts";
import { cellPage } from "../../../src/cli/tune/cell-page.ts";
import { tunePage } from "../../../src/cli/tune/page.ts";
import { CHROMIUM_FLAGS } from "../../support/chromium.ts";
import { peer } from "../../support/peers.ts";

const page = suite("tune-page");

const WIDTHS = [1280, 390] as const;
const SCHEMES = ["light", "dark"] as const;

function combination(profile: string, blockSize: number, ackTimeoutSeconds: number): Combination {
  const common = { imageLength: 102_400, dialect: "zephyr", window: 1 } as const;
  return { ...common, profile: profileNamed(profile), blockSize, ackTimeoutSeconds };
}

function runs(seconds: number, bytes: number): RunResult[] {
  const figures = { bytesOtherHops: 0, requests: 7, needed: 2, spurious: 1, dutyCycleWaitSeconds: 0, failure: "" };
  const bytesUp = bytes / 10;
  return Array.from({ length: 6 }, (_, i) => {
    return { ...figures, completed: true, seconds: seconds + i, energyJoules: seconds / 4, bytesUp, bytesDown: bytes };
  });
}

const PAGE = tunePage(
  tuneRows(
    [combination("nb-iot-ce1", 64, 2), combination("nb-iot-ce1", 1024, 2), combination("nb-iot-ce1", 1024, 5)],
    [runs(3600, 300_000), runs(420, 220_000), runs(340, 110_000)],
  ),
  { command: "narrowboat tune --profile nb-iot-ce1 --seed 1", seed: 1, version: "0.0.0" },
);

function campaigns(
  atATime: number,
  last: number,
  runCount: number,
  changes: Partial<CampaignResult> = {},
): CampaignRuns {
  const result: CampaignResult = {
    completed: 500,
    cutShort: undefined,
    failure: "",
    half: last / 2,
    p95: 0.95 * last,
    last,
    deviceSeconds: { p50: 300 * atATime, p95: 400 * atATime },
    airtimeShare: { up: 0.2, down: 0.7 },
    fairness: 0.9,
    bytesPerDevice: { mean: 123_000, max: 150_000 },
    energyJoules: 80,
    ...changes,
  };
  const campaign = { combination: combination("nb-iot-ce1", 1024, 5), deviceCount: 500, spreadSeconds: 3600, atATime };
  return { campaign, results: Array.from({ length: runCount }, () => result), isCandidate: runCount > 1 };
}

const CELL_PAGE = cellPage(
  cellRows([
    campaigns(1, 90_000, 1),
    campaigns(2, 79_000, 4),
    campaigns(500, 90_000, 1, { cutShort: "later", completed: 3, half: undefined, p95: undefined }),
  ]),
  {
    command: "narrowboat tune --profile nb-iot-ce1 --devices 500 --shared --spread 1h --seed 1",
    seed: 1,
    version: "0.0.0",
  },
);

page("a cell's first line says how many at a time, and the card what was not run", () => {
  assert.match(CELL_PAGE, /<h1>100 KiB to 500 devices on one channel: 2 at a time on nb-iot-ce1, 21 h 57 min<\/h1>/);
  for (const text of [
    "all at once: more than 1 d 1 h.",
    "all at once: not run to its end: longer than the best.",
    "5, 10, 20, 50, 100 and 200 at a time: not run, as fewer are worth more already.",
    "CONFIG_COAP_CLIENT_BLOCK_SIZE=1024",
    "0.123 MB, 0.150 at most",
  ]) {
    assert.ok(CELL_PAGE.includes(text), text);
  }
});

page("its first line answers the question, and the card has what it costs", () => {
  assert.match(
    PAGE,
    /<h1>100 KiB to a zephyr device: blocks of 1024 bytes and a timer of 5 s on nb-iot-ce1, 5 min 43 s<\/h1>/,
  );
  for (const figure of [
    "5 min 45 s",
    "6 of 6",
    "11.0 kB up, 110.0 kB down",
    "85.0 J",
    "CONFIG_COAP_CLIENT_BLOCK_SIZE=1024",
  ]) {
    assert.ok(PAGE.includes(figure), figure);
  }
});

page("it says how it can be had again", () => {
  assert.match(PAGE, /<code>narrowboat tune --profile nb-iot-ce1 --seed 1<\/code>, seed 1, Narrowboat 0\.0\.0/);
});

/** What axe finds of the tab as it is now, and how far it goes beyond its window. */
async function seriousFindings(tab: Page): Promise<readonly string[]> {
  const { violations } = (await tab.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as AxeResults;
  const overflow = (await tab.evaluate("document.documentElement.scrollWidth - innerWidth")) as number;
  const found = violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  return overflow > 0 ? [...found, `${overflow} pixels too wide`] : found;
}

const executablePath = peer("chromium");
if (executablePath !== undefined) {
  page("in Chromium, wide and narrow, light and dark: axe finds nothing serious, and nothing is too wide", async () => {
    const directory = mkdtempSync(join(tmpdir(), "narrowboat-chromium-"));
    const context = await chromium.launchPersistentContext(directory, { executablePath, args: CHROMIUM_FLAGS });
    try {
      const tab = await context.newPage();
      for (const [name, content] of [["devices", PAGE] as const, ["a cell", CELL_PAGE] as const]) {
        await tab.setContent(content);
        await tab.click("summary");
        await tab.evaluate(readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
        for (const width of WIDTHS) {
          await tab.setViewportSize({ width, height: 900 });
          for (const colorScheme of SCHEMES) {
            await tab.emulateMedia({ colorScheme });
            assert.equal(await seriousFindings(tab), [], `${name}, ${width} pixels, ${colorScheme}`);
          }
        }
      }
    } finally {
      await context.close();
      rmSync(directory, { recursive: true, force: true });
    }
  });
}

page.run();
