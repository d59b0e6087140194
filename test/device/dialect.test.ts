// What is known of devices in the field, fact by fact. How they behave is in firmware-device.test.ts.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DIALECT_NAMES, dialectNamed } from "../../src/device/dialect.ts";

const dialect = suite("dialect");

dialect("each name leads to its dialect", () => {
  assert.equal([...DIALECT_NAMES], ["own", "zephyr", "riot", "ncs", "libcoap"]);
  for (const name of DIALECT_NAMES) assert.is(dialectNamed(name).name, name);
});

dialect("devices in the field ask for one block of a fixed size at a time, by RFC 7252's timers", () => {
  const blockSizes = DIALECT_NAMES.filter((name) => name !== "own").map((name) => {
    const { blockSize, window, timer } = dialectNamed(name);
    assert.equal([window, timer], [1, { ackTimeoutMs: 2_000, ackRandomFactor: 1.5, maxRetransmit: 4 }]);
    return blockSize;
  });
  assert.equal(blockSizes, [256, 64, 512, 1024]);
});

dialect("RFC 7959 2.4: only libcoap leaves the block size of its first request to the server", () => {
  const silent = DIALECT_NAMES.filter((name) => !dialectNamed(name).saysBlockSizeFirst);
  assert.equal(silent, ["libcoap"]);
});

dialect("ours and nRF Connect SDK's go on where they were", () => {
  assert.equal(
    DIALECT_NAMES.filter((name) => dialectNamed(name).resumes),
    ["own", "ncs"],
  );
});

dialect.run();
