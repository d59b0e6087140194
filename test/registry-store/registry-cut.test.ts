// A registry that was cut off in the middle of a write opens again with all that was confirmed, and what it signs goes on from
// all that was signed. A disk that loses what it had confirmed makes it refuse. Every byte of every write takes a quarter of an
// hour (npm run test:registry); else the cuts are those between every other two frames, and some within.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromUtf8 } from "../../src/base/bytes.ts";
import { isConsistent, type TreeHead } from "../../src/registry/proof-check.ts";
import { parseConsistencyProof } from "../../src/registry/tlog-proof.ts";
import { StoreError } from "../../src/store/store-error.ts";
import { TREE } from "../registry/leaves.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { type Disk, sceneOn, type Told, type Write, writesOfLife } from "./cut-states.ts";
import type { RegistryScene } from "./scene.ts";

const IS_FULL = process.env["NARROWBOAT_FULL_REGISTRY"] === "1";
const SEED = 6962;

/** SQLite's frames in the write-ahead log: a page, and what is said of it. */
const FRAME_LENGTH = 4096 + 24;

const cut = suite("registry cut");
const scratch = scratchDirectories(cut);
const directory = scratch();
const writes = writesOfLife();

/** After how many bytes of a write of this length to cut. */
function cutsIn(length: number): number[] {
  const all = Array.from({ length: length + 1 }, (_, count) => count);
  if (IS_FULL) return all;
  const random = new SeededRandom(SEED);
  const some = new Set(Array.from({ length: 3 }, () => Math.floor((random.uint32() / 2 ** 32) * length)));
  return all.filter((count) => count === length || count % (2 * FRAME_LENGTH) === 0 || some.has(count));
}

/** Goes on with one more entry and a checkpoint, and says how: fails if that is another history than what was told. */
function goesOn(scene: RegistryScene, { heads }: Told, what: string): "refused" | "signed" {
  try {
    scene.enter("after the cut");
    const head = scene.sign();
    for (const told of heads) assert.ok(continues(scene, told, head), `${what}: signed beside ${told.size}`);
    return "signed";
  } catch (error) {
    if (error instanceof StoreError && error.code === "registryBroken") return "refused";
    throw error;
  }
}

/**
 * The same for each cut, but once for those that leave the same rows and the same head behind: each is opened and read, and
 * what comes then depends on nothing else.
 */
class Continuations {
  readonly #known = new Map<string, "refused" | "signed">();

  after(scene: RegistryScene, told: Told, disk: Disk, what: string): "refused" | "signed" {
    const state = `${scene.state()} ${disk.head === undefined ? "" : fromUtf8(disk.head)}`;
    const outcome = this.#known.get(state) ?? goesOn(scene, told, what);
    this.#known.set(state, outcome);
    return outcome;
  }
}

function continues(scene: RegistryScene, told: TreeHead, head: TreeHead): boolean {
  const text = scene.published.consistencyText(told.size);
  const proof = text === undefined ? undefined : parseConsistencyProof(text);
  return proof?.ok === true && isConsistent(TREE, told, head, proof.value.path);
}

for (const [i, write] of writes.entries()) {
  cut(`write ${i}, ${write.what}: cut in it, the registry opens with all that was confirmed, and goes on`, () => {
    const continuations = new Continuations();
    for (const count of cutsIn(write.length)) {
      const what = `write ${i}, byte ${count} of ${write.length}`;
      const disk = write.diskAfter(count);
      const scene = sceneOn(directory, disk);
      assert.is(scene.registry.fault, undefined, what);
      assert.ok(scene.registry.rows.size() >= write.before.entryCount, what);
      assert.is(continuations.after(scene, write.before, disk, what), "signed", what);
      scene.close();
    }
  });
}

cut("a disk that loses what it confirmed: what was signed is kept to, or nothing is signed any more", () => {
  const ended: Write = writes.at(-1)!;
  const whole = ended.diskAfter(ended.length);
  const outcomes = { refused: 0, signed: 0 };
  for (const write of writes) {
    const continuations = new Continuations();
    for (const count of cutsIn(write.length)) {
      // All of the newest head, and of the rest what stood there when this write had come so far.
      const disk = { ...write.diskAfter(count), head: whole.head };
      const scene = sceneOn(directory, disk);
      outcomes[continuations.after(scene, ended.before, disk, `${write.what}, byte ${count}`)]++;
      scene.close();
    }
  }
  assert.ok(outcomes.refused > 0 && outcomes.signed > 0, JSON.stringify(outcomes));
});

cut.run();
