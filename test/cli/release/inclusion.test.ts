// `release` waits until the release stands in the registry.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inclusionOf } from "../../../src/cli/release/inclusion.ts";
import { CHECKPOINT_INTERVAL_MS } from "../../../src/registry-store/registry.ts";
import { systemCrypto } from "../../../src/shell/system-crypto.ts";
import { ownKey } from "../../../src/trust-store/own-key.ts";
import { RegistryScene, recordOf } from "../../registry-store/scene.ts";
import { scratchDirectories } from "../../store/scratch-directory.ts";

const inclusion = suite("inclusion");
const scratch = scratchDirectories(inclusion);

inclusion("at once where the last checkpoint is old, and when its minute is over where it is not", async () => {
  const directory = scratch();
  const scene = new RegistryScene(directory);
  const told: number[] = [];
  scene.enter("one");
  assert.equal(await inclusionOf(directory, recordOf("one"), (seconds) => told.push(seconds)), { index: 0, size: 1 });
  assert.equal(told, []);
  scene.close();
  const other = scratch();
  const young = new RegistryScene(other);
  young.enter("one");
  // Its minute is over two seconds from now.
  const signedAt = Date.now() - CHECKPOINT_INTERVAL_MS + 2_000;
  assert.is(young.registry.sign(ownKey(other, "log", systemCrypto()), signedAt).kind, "signed");
  young.enter("two");
  assert.equal(await inclusionOf(other, recordOf("two"), (seconds) => told.push(seconds)), { index: 1, size: 2 });
  assert.ok(Date.now() >= signedAt + CHECKPOINT_INTERVAL_MS);
  young.close();
});

inclusion.run();
