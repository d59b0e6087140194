// C2SP tlog-proof, and the text of C2SP tlog-witness that shows that one checkpoint goes on from another.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  formatConsistencyProof,
  formatTlogProof,
  parseConsistencyProof,
  parseTlogProof,
} from "../../src/registry/tlog-proof.ts";
import { leafHashes } from "./leaves.ts";

const HASH = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=";
const CHECKPOINT =
  "example.com/log\n8\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\u2014 example.com/log AAAAAAA=\n";
const PROOF = `c2sp.org/tlog-proof@v1\nextra YWdl\nindex 7\n${HASH}\n${HASH}\n\n${CHECKPOINT}`;
const OLD = `old 3\n${HASH}\n\n${CHECKPOINT}`;

const proof = suite("proofs as texts");

proof("C2SP tlog-proof: a proof is read and written again, with an extra line and without", () => {
  const bare = PROOF.replace("extra YWdl\n", "");
  const alone = bare.replaceAll(`${HASH}\n`, "");
  for (const text of [PROOF, bare, alone]) {
    const parsed = parseTlogProof(text);
    assert.ok(parsed.ok);
    assert.is(formatTlogProof(parsed.value), text);
    assert.is(parsed.value.index, 7);
    assert.is(parsed.value.checkpoint, CHECKPOINT);
  }
});

proof("C2SP tlog-proof: lines in another order, or that are none of its, are refused", () => {
  const wrong = {
    "another version": PROOF.replace("@v1", "@v2"),
    "extra behind the index": PROOF.replace("extra YWdl\nindex 7\n", "index 7\nextra YWdl\n"),
    "extra twice": PROOF.replace("extra YWdl\n", "extra YWdl\nextra YWdl\n"),
    "extra without base64": PROOF.replace("YWdl", "YWd"),
    "no index": PROOF.replace("index 7\n", ""),
    "an index with zeros in front": PROOF.replace("index 7", "index 07"),
    "a short hash": PROOF.replace(HASH, "YWdl"),
    "no empty line": PROOF.replaceAll("\n\n", "\n"),
    "64 hashes": PROOF.replace(`${HASH}\n`, `${HASH}\n`.repeat(63)),
    "far too long": PROOF + "a".repeat(40_000),
  };
  for (const [what, text] of Object.entries(wrong)) assert.not(parseTlogProof(text).ok, what);
});

proof("C2SP tlog-witness: old size, hashes and checkpoint are read and written again", () => {
  const parsed = parseConsistencyProof(OLD);
  assert.ok(parsed.ok);
  assert.is(parsed.value.old, 3);
  assert.is(formatConsistencyProof(parsed.value), OLD);
  const path = leafHashes(63);
  assert.equal(parseConsistencyProof(formatConsistencyProof({ old: 1, path, checkpoint: CHECKPOINT })), {
    ok: true,
    value: { old: 1, path, checkpoint: CHECKPOINT },
  });
});

proof("C2SP tlog-witness: other texts are refused", () => {
  for (const text of ["", "old 3", OLD.replace("old 3", "old 03"), OLD.replace("old 3", "new 3"), OLD.slice(6)]) {
    assert.not(parseConsistencyProof(text).ok, text);
  }
  assert.not(parseConsistencyProof(OLD.replace(`${HASH}\n`, `${HASH}\n`.repeat(64))).ok);
});

proof.run();
