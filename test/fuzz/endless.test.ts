// The fuzzer for a few seconds, and every case in which it once found something. `npm run fuzz` goes on without end.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FINDINGS } from "./endless/findings.ts";
import { runCase } from "./endless/fuzz-case.ts";

const endless = suite("endless");

const FIRST_SEED = 20_261_127;
const CASES = { server: 40, devices: 40, trust: 1, answers: 5 };

for (const attacked of ["server", "devices", "trust", "answers"] as const) {
  const count = CASES[attacked];
  endless(
    `${count} cases from seed ${FIRST_SEED}: somebody hostile to ${attacked}, and all that must hold does`,
    () => {
      for (let seed = FIRST_SEED; seed < FIRST_SEED + count; seed++) {
        try {
          runCase(seed, attacked);
        } catch (error) {
          assert.unreachable(`npm run fuzz -- --cases 1 --seed ${seed} --attacked ${attacked}: ${error}`);
        }
      }
    },
  );
}

for (const { seed, attacked, what } of FINDINGS) {
  endless(`seed ${seed}, ${attacked}: once ${what}`, () => runCase(seed, attacked));
}

endless.run();
