// A registry that was cut off in the middle of a write opens again with all that was confirmed, and what it signs goes on from
// all that was signed. A disk that loses what it had confirmed makes it refuse. Every byte of every write takes some minutes
// (npm run test:registry); else the cuts are those between every other two frames, and some within.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromUtf8 } from "../../src/base/bytes.ts";
import { isConsistent, type TreeHead } from "../../src/registry/proof-check.ts";
import { parseConsistencyProof } from "../../src/registry/tlog-proof.ts";
import { StoreError } from "../../src/store/store-error.ts";
import { TREE } from "../registry/leaves.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { type Disk, recoveredFrom, sceneOn, type Told, type Write, writesOfLife } from "./cut-states.ts";
import type { RegistryScene } from "./scene.ts";

const IS_FULL = process.env["NARROWBOAT_FULL_REGISTRY"] === "1";
const SEED = 6962;

/** SQLite's frames in the write-ahead log: a page, and what is said of it. */
const FRAME_LENGTH = 4096 + 24;

const cut = suite("registry cut");
// In memory where there is such a place: what is cut off here was never meant to last.
const directory = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "narrowboat-"));
cut.after(() => rmSync(directory, { recursive: true }));
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
function goesOn(scene: RegistryScene, { heads }: Told, what: string): Outcome {
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

/** Of each cut what SQLite recovers from it: for both kinds of cut the same. */
class RecoveredStates {
  readonly #known = new Map<string, string>();

  at(index: number, count: number, disk: Disk): string {
    const cutName = `${index} ${count}`;
    const state = this.#known.get(cutName) ?? recoveredFrom(directory, disk);
    this.#known.set(cutName, state);
    return state;
  }
}

type Outcome = "refused" | "signed";

/** How a registry opens and goes on, found out once for those cuts that leave the same database and the same heads behind. */
class Continuations {
  readonly #told: Told;
  readonly #known = new Map<string, Outcome>();

  constructor(told: Told) {
    this.#told = told;
  }

  after(recovered: string, disk: Disk, what: string, look?: (scene: RegistryScene) => void): Outcome {
    const heads = [disk.head, disk.nextHead].map((head) => (head === undefined ? "none" : fromUtf8(head)));
    const state = [recovered, ...heads].join("|");
    const outcome = this.#known.get(state) ?? this.#find(disk, what, look);
    this.#known.set(state, outcome);
    return outcome;
  }

  #find(disk: Disk, what: string, look?: (scene: RegistryScene) => void): Outcome {
    const scene = sceneOn(directory, disk);
    look?.(scene);
    const outcome = goesOn(scene, this.#told, what);
    scene.close();
    return outcome;
  }
}

function continues(scene: RegistryScene, told: TreeHead, head: TreeHead): boolean {
  const text = scene.published.consistencyText(told.size);
  const proof = text === undefined ? undefined : parseConsistencyProof(text);
  return proof?.ok === true && isConsistent(TREE, told, head, proof.value.path);
}

const states = new RecoveredStates();

for (const [i, write] of writes.entries()) {
  cut(`write ${i}, ${write.what}: cut in it, the registry opens with all that was confirmed, and goes on`, () => {
    const continuations = new Continuations(write.before);
    for (const count of cutsIn(write.length)) {
      const what = `write ${i}, byte ${count} of ${write.length}`;
      const disk = write.diskAfter(count);
      const outcome = continuations.after(states.at(i, count, disk), disk, what, ({ registry }) => {
        assert.is(registry.fault, undefined, what);
        assert.ok(registry.rows.size() >= write.before.entryCount, what);
      });
      assert.is(outcome, "signed", what);
    }
  });
}

cut("a disk that loses what it confirmed: what was signed is kept to, or nothing is signed any more", () => {
  const ended: Write = writes.at(-1)!;
  const whole = ended.diskAfter(ended.length);
  const continuations = new Continuations(ended.before);
  const outcomes = { refused: 0, signed: 0 };
  for (const [i, write] of writes.entries()) {
    for (const count of cutsIn(write.length)) {
      // All of the newest head, and of the rest what stood there when this write had come so far.
      const disk = { ...write.diskAfter(count), head: whole.head };
      outcomes[continuations.after(states.at(i, count, disk), disk, `${write.what}, byte ${count}`)]++;
    }
  }
  assert.ok(outcomes.refused > 0 && outcomes.signed > 0, JSON.stringify(outcomes));
  if (IS_FULL)
    console.log(`lost after all: ${outcomes.refused} cuts refused, ${outcomes.signed} went on from what was signed`);
});

cut.run();
