// kill -9 at moments that nobody chose: what the process said is stored is what the next one finds.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SessionStore } from "../../src/session-store/session-store.ts";
import { SystemRandom } from "../../src/shell/system-random.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { SeededRandom } from "../support/seeded-random.ts";

const test = suite("session-store-killed");
const scratch = scratchDirectories(test);

const KILL_COUNT = 12;
const PROGRAM = fileURLToPath(new URL("./session-series.js", import.meta.url));

/** The last number that the process said before it was killed. */
async function runAndKill(words: readonly string[], afterCount: number): Promise<number> {
  const child: ChildProcess = spawn(process.execPath, [PROGRAM, ...words], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  let lines = 0;
  child.stdout!.on("data", (data: Buffer) => {
    said += data.toString();
    lines = said.split("\n").length - 1;
    if (lines >= afterCount) child.kill("SIGKILL");
  });
  await once(child, "close");
  return Number(said.split("\n").at(-2));
}

test("killed at any moment: the next process finds the last that was said, or the one after", async () => {
  const [directory, markDirectory] = [scratch(), scratch()];
  const random = new SeededRandom(9);
  let from = 0;
  for (let kill = 0; kill < KILL_COUNT; kill++) {
    const bytes = new Uint8Array(1);
    random.fill(bytes);
    const said = await runAndKill([directory, markDirectory, `${from}`], 1 + bytes[0]!);
    const store = SessionStore.open({ directory, markDirectory, machineStart: "one", random: new SystemRandom() });
    const [found] = [...store.stored()];
    store.close();
    assert.is(store.loss, undefined);
    assert.ok(found !== undefined && found !== "damaged");
    const count = Number(Buffer.from(found.bytes).toString());
    assert.ok(count >= said, `${said} was said to be stored, and ${count} is`);
    from = count + 1;
  }
});

test.run();
