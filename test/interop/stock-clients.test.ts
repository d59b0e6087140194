// Short form of `npm run test:stock`: how many stock clients get through a link is what tune says of their kind. Their times
// are left to the long form, which has the computer to itself.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { comparedOnLinks, stockLibcoap } from "../support/stock-comparison.ts";

const test = suite("stock-clients");
const scratch = scratchDirectories(test);
const client = stockLibcoap();

if (client !== undefined) {
  test("libcoap: of 20 clients at once as many get through LTE-M and a steady round trip of 4 s as tune says", async () => {
    const profiles = ["lte-m", "ideal:rtt=4s"];
    for await (const comparison of comparedOnLinks({
      client,
      profiles,
      simulatedRuns: 20,
      directory: scratch(),
      seed: 1,
    })) {
      assert.ok(comparison.shareHolds, comparison.text);
    }
  });
}

test.run();
