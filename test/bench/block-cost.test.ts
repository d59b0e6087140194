import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type BlockCost, blockCost } from "../../bench/block-cost.ts";
import { spreadOf } from "../../bench/statistics.ts";
import { startNarrowboat } from "../../bench/target.ts";
import { cipherSuiteNamed } from "../../src/dtls/cipher-suite.ts";

const cost = suite("block-cost");

const IMAGE = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 7) & 255);

/** A smoke size: that it measures at all, and that every answer is compared. */
async function smallCost(suiteName: string | undefined, image = IMAGE): Promise<BlockCost> {
  const narrowboat = await startNarrowboat(IMAGE);
  try {
    const suite = suiteName === undefined ? undefined : cipherSuiteNamed(suiteName);
    const load = { clients: 3, blockSize: 256, suite, warmUpMs: 100, measureMs: 200 };
    return await blockCost(narrowboat, load, image);
  } finally {
    await narrowboat.stop();
  }
}

for (const suiteName of [undefined, "TLS_PSK_WITH_AES_128_CCM_8"]) {
  cost(`the benchmark gets blocks and sees what they cost: ${suiteName ?? "plain CoAP"}`, async () => {
    const { cpuMicrosecondsPerBlock, blocksPerSecond } = await smallCost(suiteName);
    assert.ok(cpuMicrosecondsPerBlock > 0);
    assert.ok(blocksPerSecond > 0);
  });
}

cost("the median of an even number of runs lies between the two in the middle", () => {
  assert.equal(spreadOf([4, 1, 3, 2]), { min: 1, median: 2.5, max: 4 });
  assert.equal(spreadOf([5, 1, 3]), { min: 1, median: 3, max: 5 });
});

cost.run();
