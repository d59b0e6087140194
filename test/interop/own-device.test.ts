// Short form of `npm run test:pull`: real pulls through a real link take what `tune` simulated, neither less nor more.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { ownDevice } from "../support/compared-clients.ts";
import { comparedOnLink } from "../support/link-comparison.ts";
import { WHOLE_RANGE } from "../support/tune-comparison.ts";

const SIMULATED_RUNS = 100;
const LIMIT_MS = 280_000;

const test = suite("own-device");
const scratch = scratchDirectories(test);

test("pull: over three hops of 6LoWPAN three at once get the image, in a time between all that tune simulated", async () => {
  const [imageLength, count] = [4096, 3];
  const link = { client: ownDevice(), profile: "6lowpan-3hop", imageLength, seeds: [1], count, limitMs: LIMIT_MS };
  const conditions = { directory: scratch(), simulatedRuns: SIMULATED_RUNS, expectation: WHOLE_RANGE };
  const { cells, timesAgree } = await comparedOnLink(link, conditions);
  assert.is(cells[3], "3 of 3");
  assert.ok(timesAgree, cells.join("  "));
});

test.run();
