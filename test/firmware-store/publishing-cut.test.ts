// Every step of publishing, cut before it, in its middle and after it; by a kill and by two kinds of power cut.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { contentName } from "../../firmware-store/image-index.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { type CutPlace, CuttingDisk, type Loss } from "./cutting-disk.ts";
import { holdsWhole, requestFor, sampleBytes } from "./sample-image.ts";

const test = suite("publishing-cut");
const scratch = scratchDirectories(test);

const NEVER = Number.POSITIVE_INFINITY;
const OLD_BYTES = sampleBytes(1, 70_000);
/** Two writes. */
const NEW_BYTES = sampleBytes(2, 1_100_000);

/** Publishes version 2 beside version 1 through `disk`; gives back the directory and whether it was published. */
function publishThrough(disk: CuttingDisk, bytes: Uint8Array): { directory: string; published: boolean } {
  const directory = scratch();
  const first = FirmwareStore.open(directory);
  first.publish(requestFor(directory, "1", OLD_BYTES));
  first.close();
  const store = FirmwareStore.open(directory, { disk });
  try {
    store.publish(requestFor(directory, "2", bytes));
    return { directory, published: true };
  } catch {
    return { directory, published: false };
  } finally {
    store.close();
  }
}

/** Fails unless the store is in the old state or the new one, and publishing again makes it the new one. */
async function isOldOrNew(directory: string, published: boolean, bytes: Uint8Array): Promise<void> {
  const store = FirmwareStore.open(directory);
  const versions = store.list().map(({ version }) => version);
  assert.equal(versions, published ? ["1", "2"] : ["1"]);
  await holdsWhole(store, "1", OLD_BYTES);
  if (published) await holdsWhole(store, "2", bytes);
  else assert.is(store.find("boat", "2"), undefined);
  assert.is(store.publish(requestFor(directory, "2", bytes)).created, !published);
  await holdsWhole(store, "1", OLD_BYTES);
  await holdsWhole(store, "2", bytes);
  const names = new Set(store.list().map(({ sha256 }) => contentName(sha256)));
  assert.equal(new Set(readdirSync(join(directory, "images"))), names, "something is left over");
  store.close();
}

function stepCountOf(bytes: Uint8Array): number {
  const disk = new CuttingDisk(NEVER, "before");
  assert.ok(publishThrough(disk, bytes).published);
  return disk.stepCount;
}

const COPY = ["create", "write", "sync", "close"];

/** What is published, and what the disk is asked for. A copy that cannot be removed is the next publisher's to overwrite. */
const SCENES: readonly (readonly [string, Uint8Array, readonly string[]])[] = [
  ["a new image", NEW_BYTES, [...COPY, "write", "rename", "syncDirectory"]],
  ["another version of the same bytes", OLD_BYTES, [...COPY, "remove"]],
];
for (const [what, bytes, steps] of SCENES) {
  for (const loss of ["nothing", "bytes", "names"] satisfies Loss[]) {
    test(`${what}, cut at each step, losing ${loss}: the old state, and it can be published again`, async () => {
      const stepCount = stepCountOf(bytes);
      assert.is(stepCount, steps.length);
      for (let step = 0; step < stepCount; step++) {
        for (const place of ["before", "middle", "after"] satisfies CutPlace[]) {
          const disk = new CuttingDisk(step, place);
          const { directory, published } = publishThrough(disk, bytes);
          assert.is(published, steps[step] === "remove", `step ${step} was not cut`);
          disk.lose(loss);
          await isOldOrNew(directory, published, bytes);
        }
      }
    });

    test(`${what}, published, then losing ${loss}: the new state`, async () => {
      const disk = new CuttingDisk(NEVER, "before");
      const { directory, published } = publishThrough(disk, bytes);
      disk.lose(loss);
      await isOldOrNew(directory, published, bytes);
    });
  }
}

test.run();
