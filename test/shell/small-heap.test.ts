import { getHeapSpaceStatistics, getHeapStatistics } from "node:v8";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { keepHeapSmall } from "../../src/shell/small-heap.ts";

/** V8 begins with 1 MiB, and without us ends with 32 to 128 MiB by its version. */
const YOUNG_MAX_BYTES = 16 * 2 ** 20;
const OBJECT_COUNT = 6_000_000;
/** So many live at a time that V8 sees survivors, for which it would make the space larger. */
const LIVE_COUNT = 50_000;

const smallHeap = suite("small heap");

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")!.space_size;
}

smallHeap("a server under load keeps its space of new objects small", () => {
  keepHeapSmall();
  const live: unknown[] = [];
  let most = 0;
  for (let i = 0; i < OBJECT_COUNT; i++) {
    live[i % LIVE_COUNT] = { number: i, bytes: [i] };
    if (i % LIVE_COUNT === 0) most = Math.max(most, youngBytes());
  }
  assert.ok(most > 0 && most <= YOUNG_MAX_BYTES, `${most} bytes`);
});

smallHeap("what lives on leaves little room for what is dead: the heap stays near its contents", () => {
  keepHeapSmall();
  const kept: unknown[] = [];
  let most = 0;
  // Each keeps one object of three, as a handshake leaves a session.
  for (let i = 0; i < 600_000; i++) {
    const old = Array.from({ length: 3 }, (_, j) => ({ i, j, text: `${i} ${j}` }));
    kept.push(old[0]);
    if (i % 10_000 === 0) most = Math.max(most, getHeapStatistics().total_heap_size);
  }
  const { used_heap_size: used, total_heap_size: total } = getHeapStatistics();
  assert.ok(kept.length === 600_000 && most <= 2 * used, `${total} bytes for ${used}, and ${most} at the most`);
});

smallHeap.run();
