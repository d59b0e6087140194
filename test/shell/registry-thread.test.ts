// The thread that signs a server's registry.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RegistryThread, RegistryWatch } from "../../src/shell/trust/registry-keeper.ts";
import { RegistryScene } from "../registry-store/scene.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";

const thread = suite("registry-thread");
const scratch = scratchDirectories(thread);

/** Far longer than it takes, for a computer that has much else to do. */
const PATIENCE_MS = 60_000;

async function until(isSo: () => boolean): Promise<void> {
  for (let waited = 0; !isSo() && waited < PATIENCE_MS; waited += 50) await sleep(50);
  assert.ok(isSo());
}

thread("what another process enters is signed, without anybody asking", async () => {
  const directory = scratch();
  const scene = new RegistryScene(directory);
  const signer = new RegistryThread(directory);
  const said: string[] = [];
  signer.start({
    broken: (reason) => said.push(reason),
    unwitnessed: (reason) => said.push(reason),
    failed: (error) => said.push(String(error)),
  });
  scene.enter("one", "two");
  const watch = new RegistryWatch(scene.published, signer);
  watch.refresh();
  await until(() => scene.registry.rows.checkpoint() !== undefined || said.length > 0).finally(() => signer.close());
  scene.published.refresh();
  assert.equal(said, []);
  assert.is(scene.published.checkpoint!.size, 2);
  scene.close();
});

thread("what was there at the start is compared once, though all of it is signed", () => {
  const scene = new RegistryScene(scratch());
  scene.enter("one");
  scene.sign();
  let wakes = 0;
  const watch = new RegistryWatch(scene.published, { wake: () => wakes++ });
  for (let i = 0; i < 3; i++) watch.refresh();
  assert.is(wakes, 1);
  scene.close();
});

thread("a registry that does not fit what was signed is said once, and stays unsigned", async () => {
  const directory = scratch();
  const scene = new RegistryScene(directory);
  scene.enter("one");
  writeFileSync(join(directory, "registry-head"), `x\n9\n${Buffer.alloc(32).toString("base64")}\n`, { mode: 0o600 });
  const signer = new RegistryThread(directory);
  const said: string[] = [];
  signer.start({
    broken: (reason) => said.push(reason),
    unwitnessed: (reason) => said.push(reason),
    failed: (error) => said.push(String(error)),
  });
  for (let i = 0; i < 3; i++) signer.wake();
  await until(() => said.length > 0).finally(() => signer.close());
  assert.is(said.length, 1);
  assert.match(said[0]!, /1 entries are there, and 9 were signed/);
  assert.is(scene.registry.rows.checkpoint(), undefined);
  scene.close();
});

thread.run();
