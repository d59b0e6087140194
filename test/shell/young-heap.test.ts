import { getHeapSpaceStatistics } from "node:v8";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { keepYoungHeapSmall } from "../../src/shell/young-heap.ts";

/** V8 begins with 1 MiB, and without us ends with 32 to 128 MiB by its version. */
const YOUNG_MAX_BYTES = 16 * 2 ** 20;
const OBJECT_COUNT = 6_000_000;
/** So many live at a time that V8 sees survivors, for which it would make the space larger. */
const LIVE_COUNT = 50_000;

const youngHeap = suite("young heap");

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")!.space_size;
}

youngHeap("a server under load keeps its space of new objects small", () => {
  keepYoungHeapSmall();
  const live: unknown[] = [];
  let most = 0;
  for (let i = 0; i < OBJECT_COUNT; i++) {
    live[i % LIVE_COUNT] = { number: i, bytes: [i] };
    if (i % LIVE_COUNT === 0) most = Math.max(most, youngBytes());
  }
  assert.ok(most > 0 && most <= YOUNG_MAX_BYTES, `${most} bytes`);
});

youngHeap.run();
