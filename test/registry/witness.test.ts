// C2SP tlog-witness: what a witness answers to add-checkpoint.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { TreeHead } from "../../src/registry/proof-check.ts";
import { formatConsistencyProof } from "../../src/registry/tlog-proof.ts";
import { decideCheckpoint, type WitnessDecision } from "../../src/registry/witness.ts";
import { CRYPTO } from "../support/crypto.ts";
import { flipped, leafHashes, tilesOf } from "./leaves.ts";
import { checkpointNote, keyPair } from "./log-keys.ts";

const LOG = keyPair(1);
const TILES = tilesOf(leafHashes(300));

function headOf(size: number): TreeHead {
  return { size, root: TILES.root(size) };
}

function bodyOf(old: number, size: number, root = TILES.root(size), key = LOG): string {
  return formatConsistencyProof({
    old,
    path: TILES.consistency(old, size),
    checkpoint: checkpointNote(key, size, root),
  });
}

function decide(body: string, head: TreeHead | undefined): WitnessDecision {
  return decideCheckpoint(CRYPTO, body, (origin) => (origin === LOG.log.name ? { keys: [LOG.log], head } : undefined));
}

function statusOf(decision: WitnessDecision): number {
  return decision.kind === "cosign" ? 200 : decision.status;
}

const witness = suite("witness");

witness("a first checkpoint is cosigned, then one that goes on from it, and one that is the same", () => {
  assert.is(statusOf(decide(bodyOf(0, 8), undefined)), 200);
  assert.is(statusOf(decide(bodyOf(8, 300), headOf(8))), 200);
  const again = decide(bodyOf(300, 300), headOf(300));
  assert.ok(again.kind === "cosign");
  assert.equal(again.checkpoint, { origin: LOG.log.name, ...headOf(300) });
  assert.is(statusOf(decide(bodyOf(0, 0), undefined)), 200);
});

witness("404 for an unknown log, 403 where none of its keys has signed", () => {
  const stranger = bodyOf(0, 8, TILES.root(8), keyPair(2));
  assert.is(statusOf(decide(stranger, undefined)), 404);
  assert.is(statusOf(decide(stranger.replace(`\n${keyPair(2).log.name}\n`, `\n${LOG.log.name}\n`), undefined)), 403);
  assert.is(statusOf(decide(bodyOf(0, 8, flipped(TILES.root(8))).replace("\n8\n", "\n9\n"), undefined)), 403);
});

witness("400 for what is no request, and for an old size above the checkpoint's", () => {
  for (const body of ["", "old 0\n\n", bodyOf(0, 8).slice(0, -1), bodyOf(0, 8).replace("old 0", "old 00")]) {
    assert.is(statusOf(decide(body, undefined)), 400, body);
  }
  assert.is(statusOf(decide(bodyOf(0, 8).replace("old 0", "old 9"), headOf(9))), 400);
});

witness("409 with the size that was cosigned last, for another old size and for another root at the same", () => {
  assert.equal(decide(bodyOf(8, 300), headOf(9)), { kind: "conflict", status: 409, size: 9 });
  assert.equal(decide(bodyOf(0, 300), headOf(9)), { kind: "conflict", status: 409, size: 9 });
  assert.equal(decide(bodyOf(8, 300), undefined), { kind: "conflict", status: 409, size: 0 });
  const other = bodyOf(8, 8, flipped(TILES.root(8)));
  assert.equal(decide(other, headOf(8)), { kind: "conflict", status: 409, size: 8 });
});

witness("422 for a history that does not go on from the one before, however it is proven", () => {
  const forked = { size: 8, root: flipped(TILES.root(8)) };
  assert.is(statusOf(decide(bodyOf(8, 300), forked)), 422);
  assert.is(statusOf(decide(bodyOf(8, 300, flipped(TILES.root(300))), headOf(8))), 422);
  assert.is(statusOf(decide(bodyOf(8, 300).replace(/\n[^\n]+\n/, "\n"), headOf(8))), 422);
  assert.is(statusOf(decide(bodyOf(0, 0, flipped(TILES.root(0))), undefined)), 409);
});

witness.run();
