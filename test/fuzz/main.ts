// npm run fuzz -- --seconds N --seed S: cases without end, or for as long as asked. The seed is fresh unless given, and
// printed; a finding says with which words it comes again.

import { randomInt } from "node:crypto";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { type Attacked, runCase } from "./endless/fuzz-case.ts";

const SEED_BOUND = 2 ** 32;
/** Whoever finds so many has something to mend first. */
const FINDINGS_MAX = 10;
const TOLD_EVERY_MS = 5_000;
const ATTACKED: readonly Attacked[] = ["server", "devices", "trust", "answers"];

const options = await yargs(hideBin(process.argv))
  .usage("npm run fuzz -- [options]")
  .option("seconds", {
    type: "number",
    default: Number.POSITIVE_INFINITY,
    describe: "how long; without end when absent",
  })
  .option("seed", { type: "number", describe: "of the first case; each further one has the next; fresh when absent" })
  .option("cases", { type: "number", default: Number.POSITIVE_INFINITY, describe: "how many at the most" })
  .option("attacked", { choices: ATTACKED, describe: "whom; all in turn when absent" })
  .strict()
  .parse();

const seed = options.seed ?? randomInt(SEED_BOUND);
console.log(`seed ${seed}`);
process.exitCode = fuzz() === 0 ? 0 : 1;

/** How much was found. */
function fuzz(): number {
  const begun = performance.now();
  let told = begun;
  let findings = 0;
  let count = 0;
  while (findings < FINDINGS_MAX && count < options.cases && performance.now() - begun < 1_000 * options.seconds) {
    findings += findingsOf((seed + count) % SEED_BOUND);
    count++;
    if (performance.now() - told < TOLD_EVERY_MS) continue;
    told = performance.now();
    console.log(`${count} cases, ${findings} findings, ${Math.round((told - begun) / 1_000)} s`);
  }
  console.log(`${count} cases from seed ${seed}, ${findings} findings`);
  return findings;
}

function findingsOf(caseSeed: number): number {
  let findings = 0;
  for (const attacked of options.attacked === undefined ? ATTACKED : [options.attacked]) {
    try {
      runCase(caseSeed, attacked);
    } catch (error) {
      findings++;
      console.log(`finding: npm run fuzz -- --cases 1 --seed ${caseSeed} --attacked ${attacked}`);
      console.log(error);
    }
  }
  return findings;
}
