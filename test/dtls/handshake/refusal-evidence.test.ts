// When a client may say that its key was refused: a server that refuses one is silent, and so is a way that loses much.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Instant, instant } from "../../../src/base/instant.ts";
import { RefusalEvidence } from "../../../src/dtls/handshake/refusal-evidence.ts";

const refusalEvidence = suite("refusal-evidence");

const LATE = instant(75_000);

/** So many other flights before the first Finished and after it, of each as many answered as said, and the Finished in vain. */
function evidence(before: [sent: number, answered: number], after: [sent: number, answered: number], finished: number) {
  const seen = new RefusalEvidence();
  const others = (at: Instant, [sent, answered]: [number, number]) => {
    for (let i = 0; i < sent; i++) seen.sent(at, false);
    for (let i = 0; i < answered; i++) seen.answered();
  };
  others(instant(0), before);
  for (let i = 0; i < finished; i++) seen.sent(instant(0), true);
  others(instant(1), after);
  return seen;
}

refusalEvidence("a way that lost nothing, and six Finished in vain: the key was refused", () => {
  const seen = evidence([2, 2], [4, 4], 6);
  assert.ok(seen.isConclusive(LATE));
  assert.not(seen.isConclusive(instant(74_999)), "its server may wait for its store of keys");
});

refusalEvidence("a few flights say little of a way: three of four answered may be one that loses half of all", () => {
  assert.not(evidence([1, 0], [3, 3], 6).isConclusive(LATE));
});

refusalEvidence("where much is lost it takes many Finished, and more flights that tell how much", () => {
  assert.not(evidence([20, 5], [12, 3], 20).isConclusive(LATE));
  assert.ok(evidence([20, 5], [12, 3], 60).isConclusive(LATE));
});

refusalEvidence("a server that answers nothing any more has refused nothing", () => {
  assert.not(evidence([30, 30], [20, 0], 20).isConclusive(LATE));
});

refusalEvidence("a Finished that was answered ends all suspicion", () => {
  const seen = evidence([2, 2], [4, 4], 6);
  seen.established();
  assert.not(seen.isConclusive(LATE));
});

refusalEvidence.run();
