// npm run bench: our server beside others, in turn (A B A B …) on the same machine in the same minutes. Absolute times are
// this machine's; the ratios are what to look at.

import { writeFileSync } from "node:fs";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { named } from "./bench.ts";
import { contendersWith } from "./contenders.ts";
import { nativeLoadAbsence } from "./load/crowd.ts";
import { endProgress, tellProgress } from "./progress.ts";
import { circumstances } from "./report/machine.ts";
import { benchPage } from "./report/page.ts";
import type { Section } from "./report/row.ts";
import { circumstancesText, sectionText } from "./report/table.ts";
import { Resources } from "./resources.ts";
import { allScenes } from "./scenes.ts";

const options = await yargs(hideBin(process.argv))
  .usage("npm run bench -- [options]")
  .option("only", { type: "string", describe: "scenes, with commas: blocks.plain, blocks.dtls.1024.64, idle" })
  .option("runs", { type: "number", default: 5, describe: "alternations" })
  .option("seconds", { type: "number", default: 1.5, describe: "measured time of one run" })
  .option("node", { type: "string", default: process.execPath, describe: "the Node.js that runs our servers" })
  .option("earlier", { type: "string", describe: "a built checkout of an earlier commit, measured beside this one" })
  .option("json", { type: "string", describe: "file for all figures" })
  .option("html", { type: "string", describe: "file for a page with charts" })
  .option("quick", { type: "boolean", default: false, describe: "small sizes: shows that everything runs" })
  .option("list", { type: "boolean", default: false, describe: "name the scenes and end" })
  .strict()
  .parse();

if (options.list) for (const { id, title } of allScenes()) console.log(`${id.padEnd(26)} ${title}`);
else await run();

async function run(): Promise<void> {
  const scenes = named(allScenes(), options.only?.split(",") ?? []);
  const resources = new Resources();
  resources.releaseAtTheEnd();
  const absence = nativeLoadAbsence();
  if (absence !== undefined) console.error(`the load is small: ${absence}`);
  const measureMs = 1000 * options.seconds;
  const { runs, quick, node } = options;
  const bench = {
    resources,
    contenders: contendersWith(node, options.earlier),
    node,
    runs,
    measureMs,
    quick,
    nativeLoad: absence === undefined,
    told: tellProgress,
  };
  const where = circumstances(node, runs, measureMs);
  console.log(circumstancesText(where));
  if (quick) console.log("Quick: sizes are small and nothing is warm, so that no figure is worth quoting.");
  const sections: Section[] = [];
  for (const scene of scenes) {
    const section = await scene.run(bench);
    sections.push(section);
    endProgress();
    console.log(`\n${sectionText(section)}`);
  }
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ ...where, sections }, null, 2)}\n`);
  if (options.html !== undefined) writeFileSync(options.html, benchPage(where, sections));
}
