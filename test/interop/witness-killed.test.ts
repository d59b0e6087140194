// `narrowboat log witness` killed at random moments, while two histories are offered to it at once: what it has signed is one.
// NARROWBOAT_WITNESS_KILLS says how often, NARROWBOAT_SEED when.

import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import { formatVkey } from "../../src/registry/note-key.ts";
import { formatConsistencyProof } from "../../src/registry/tlog-proof.ts";
import { TREE, tilesOf } from "../registry/leaves.ts";
import { checkpointNote, keyPair } from "../registry/log-keys.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { CRYPTO } from "../support/crypto.ts";
import { Program } from "../support/program.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { NARROWBOAT } from "../support/serving.ts";

const KILL_COUNT = Number(process.env["NARROWBOAT_WITNESS_KILLS"] ?? 1);
const SEED = Number(process.env["NARROWBOAT_SEED"] ?? process.pid);
const LIMIT_MS = 60_000;
/** From its first answer to its end, ms at the most. */
const LIFE_MS = 150;

const LOG = keyPair(1);

const test = suite("witness-killed");
const scratch = scratchDirectories(test);

/** What was decided: a letter for each entry. Of two that differ in one, one begins another history. */
type History = string;

function bodyOf(history: History, old: number): string {
  const leaves = Array.from(history, (letter, i) => TREE.leaf(toUtf8(`${i} ${letter}`)));
  const tiles = tilesOf(leaves);
  const checkpoint = checkpointNote(LOG, leaves.length, tiles.root(leaves.length));
  return formatConsistencyProof({ old, path: tiles.consistency(old, leaves.length), checkpoint });
}

class Offers {
  readonly signed: History[] = [];
  /** What the witness may have signed last: more than one where it was killed before it answered. */
  #candidates: readonly History[] = [""];

  /** Goes on from each of what may be, in two ways at once; false when nobody answers any more. */
  async offer(url: string): Promise<boolean> {
    const offered = this.#candidates.flatMap((history) => [`${history}a`, `${history}b`]);
    const answers = await Promise.all(offered.map((history) => post(url, history)));
    const signed = offered.filter((_, i) => answers[i] === 200);
    this.signed.push(...signed);
    if (signed.length > 0) this.#candidates = signed;
    else this.#candidates = [...this.#candidates, ...offered];
    return !answers.includes(undefined);
  }

  /** Those that have the length that the witness says. */
  keep(size: number): void {
    this.#candidates = [...new Set(this.#candidates)].filter(({ length }) => length === size);
  }
}

async function post(url: string, history: History): Promise<number | undefined> {
  const body = bodyOf(history, history.length - 1);
  return fetch(`${url}/add-checkpoint`, { method: "POST", body }).then(
    async (response) => {
      await response.text();
      return response.status;
    },
    () => undefined,
  );
}

/** Of what it has signed last, by the 409 to a request that knows nothing. */
async function sizeOf(url: string): Promise<number> {
  const checkpoint = bodyOf("z", 0).replace("old 0\n", "old 1\n");
  const response = await fetch(`${url}/add-checkpoint`, { method: "POST", body: checkpoint });
  const text = await response.text();
  assert.ok(response.status === 409, `${response.status} ${text}`);
  return Number(text);
}

test(`kill -9 of a witness ${KILL_COUNT} times, two histories at once: it has signed one of them`, async () => {
  console.log(`seed ${SEED}`);
  const random = new SeededRandom(SEED);
  const data = scratch();
  const offers = new Offers();
  const command = [NARROWBOAT, "log", "witness", "--listen", "127.0.0.1:0", "--data", data];
  for (let kill = 0; kill < KILL_COUNT; kill++) {
    const program = new Program(process.execPath, [...command, "--log", formatVkey(CRYPTO, LOG.log)], LIMIT_MS);
    const [, url] = await program.waitFor(/^listening +(\S+)$/m);
    offers.keep(await sizeOf(url!));
    assert.ok(await offers.offer(url!));
    const killed = sleep(random.below(LIFE_MS)).then(() => program.kill("SIGKILL"));
    while (await offers.offer(url!));
    await killed;
    assert.is((await program.ended).exit, "SIGKILL");
  }
  const newest = offers.signed.at(-1) ?? "";
  assert.ok(offers.signed.length >= KILL_COUNT, `${offers.signed.length} signed`);
  for (const history of offers.signed)
    assert.ok(newest.startsWith(history), `${history} and ${newest} are both signed`);
});

test.run();
