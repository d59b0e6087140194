// A witness with a memory: what it has cosigned it never contradicts, over restarts, and of two that write at once.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { lineOfWitness } from "../../src/registry/cosignature.ts";
import type { TreeHead } from "../../src/registry/proof-check.ts";
import { parseNote, parseSignatures } from "../../src/registry/signed-note.ts";
import { formatConsistencyProof } from "../../src/registry/tlog-proof.ts";
import { answerWitnessRequest } from "../../src/registry/witness-http.ts";
import { WitnessStore } from "../../src/registry-store/witness-store.ts";
import { leafHashes, tilesOf } from "../registry/leaves.ts";
import { checkpointNote, keyPair } from "../registry/log-keys.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { CRYPTO } from "../support/crypto.ts";
import { START } from "./scene.ts";

const witness = suite("witness store");
const scratch = scratchDirectories(witness);

const LOG = keyPair(1);
const WITNESS = keyPair(2);

/** Two histories that part after 100 entries. */
const ONE = tilesOf(leafHashes(300));
const OTHER = tilesOf([...leafHashes(100), ...leafHashes(300).slice(101), leafHashes(1)[0]!]);

type Tiles = typeof ONE;

function open(directory: string): WitnessStore {
  return WitnessStore.open(directory, { key: WITNESS.signer, logs: [LOG.log], crypto: CRYPTO, clock: () => START });
}

function bodyOf(tiles: Tiles, old: number, size: number): string {
  const checkpoint = checkpointNote(LOG, size, tiles.root(size));
  return formatConsistencyProof({ old, path: tiles.consistency(old, size), checkpoint });
}

function post(store: WitnessStore, body: string): { status: number; body: string } {
  return answerWitnessRequest({ method: "POST", path: "/add-checkpoint", body }, store.cosign);
}

/** Whether the answer is what the witness's key has signed of this head. */
function isLine(answer: string, { size, root }: TreeHead): boolean {
  const note = parseNote(checkpointNote(LOG, size, root));
  assert.ok(note.ok);
  return lineOfWitness(CRYPTO, WITNESS.public, note.value.text, answer) !== undefined;
}

witness("what goes on from what it cosigned is cosigned, with a line that its key alone proves", () => {
  const store = open(scratch());
  const first = post(store, bodyOf(ONE, 0, 100));
  assert.is(first.status, 200);
  assert.ok(isLine(first.body, { size: 100, root: ONE.root(100) }));
  assert.not(isLine(first.body, { size: 100, root: ONE.root(99) }));
  assert.is(parseSignatures(first.body).ok, true);
  assert.is(post(store, bodyOf(ONE, 100, 300)).status, 200);
  assert.is(post(store, bodyOf(ONE, 300, 300)).status, 200);
  store.close();
});

witness("another history is refused, also after a restart, and the size that was cosigned is told", () => {
  const directory = scratch();
  let store = open(directory);
  assert.is(post(store, bodyOf(ONE, 0, 200)).status, 200);
  store.close();
  store = open(directory);
  const other = post(store, bodyOf(OTHER, 100, 300));
  assert.equal([other.status, other.body], [409, "200\n"]);
  assert.is(post(store, bodyOf(OTHER, 200, 300)).status, 422);
  assert.is(post(store, bodyOf(OTHER, 200, 200)).status, 409);
  assert.is(post(store, bodyOf(ONE, 200, 300)).status, 200);
  store.close();
});

witness("of two processes that have it open, the second sees what the first has cosigned", () => {
  const directory = scratch();
  const [one, two] = [open(directory), open(directory)];
  assert.is(post(one, bodyOf(ONE, 0, 200)).status, 200);
  assert.is(post(two, bodyOf(OTHER, 0, 200)).status, 409);
  assert.is(post(two, bodyOf(ONE, 200, 201)).status, 200);
  assert.is(post(one, bodyOf(ONE, 200, 300)).status, 409);
  one.close();
  two.close();
});

witness("a signature is made when the head is on the disk: where it cannot be written there is none", () => {
  const directory = scratch();
  const store = open(directory);
  store.close();
  assert.throws(() => post(store, bodyOf(ONE, 0, 200)));
  const again = open(directory);
  assert.is(post(again, bodyOf(OTHER, 0, 300)).status, 200);
  again.close();
});

witness.run();
