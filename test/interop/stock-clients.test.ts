// Short form of `npm run test:stock`: how many stock clients get through a link is what tune says of their kind. Their times
// are left to the long form, which has the computer to itself.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { stockLibcoap } from "../support/compared-clients.ts";
import { comparedOnLink } from "../support/link-comparison.ts";
import { AS_PRINTED } from "../support/tune-comparison.ts";

const SIMULATED_RUNS = 20;
const LIMIT_MS = 280_000;

const test = suite("stock-clients");
const scratch = scratchDirectories(test);
const client = stockLibcoap();

if (client !== undefined) {
  test("libcoap: of 20 clients at once as many get through LTE-M and a geostationary satellite as tune says", async () => {
    for (const profile of ["lte-m", "nb-ntn-geo"]) {
      const link = { client, profile, imageLength: 4096, seeds: [1], limitMs: LIMIT_MS };
      const conditions = { directory: scratch(), simulatedRuns: SIMULATED_RUNS, expectation: AS_PRINTED };
      const { cells, endsAgree } = await comparedOnLink(link, conditions);
      assert.ok(endsAgree, cells.join("  "));
    }
  });
}

test.run();
