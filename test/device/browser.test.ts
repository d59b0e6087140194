// The device's core where there is no Node.js: bundled for a browser, and run in one.

import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Prng } from "../../sim/prng.ts";
import { CHROMIUM_FLAGS } from "../support/chromium.ts";
import type { PagePull } from "../support/page-pull.ts";
import { peer } from "../support/peers.ts";
import { houseRoot } from "../tidy/house.ts";

const browser = suite("browser");

/** What Node.js has and a browser has not, and as what a use of it that is bound to nothing stands in the bundle. */
const AMBIENT = ["Buffer", "process", "global", "require", "setImmediate", "__dirname"];
const FOUND = "ambientOfNode_";

const IMAGE_LENGTH = 5_000;

/** One script for a page; a module of Node.js in it is an error, for a browser has none. */
async function bundle(contents: string): Promise<string> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: houseRoot() },
    ...{ bundle: true, platform: "browser", format: "iife", globalName: "page", write: false, logLevel: "silent" },
    metafile: true,
    define: Object.fromEntries(AMBIENT.map((name) => [name, FOUND + name])),
  });
  const external = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  assert.equal(external, []);
  return outputFiles[0]!.text;
}

const messageOf = (error: unknown) => (error as Error).message;

browser(
  "a bundle of all of src/device on noble's provider has no module of Node.js, and none of its globals",
  async () => {
    const device = readdirSync(join(houseRoot(), "src/device"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `device/${name.replace(/\.ts$/, "")}`);
    const names = [...device, "crypto/noble-crypto"];
    const text = await bundle(names.map((name) => `export * from "narrowboat/${name}";`).join("\n"));
    assert.match(text, /\bFirmwareDevice = class\b/);
    assert.equal([...text.matchAll(new RegExp(`${FOUND}\\w+`, "g"))].map(String), []);
  },
);

browser("and where there is one, that is seen", async () => {
  assert.match(await bundle("Buffer.from([1]);").catch(messageOf), new RegExp(`${FOUND}Buffer`));
  const nodeCrypto = await bundle('export * from "narrowboat/crypto/node-crypto";').catch(messageOf);
  assert.match(nodeCrypto, /Could not resolve "node:crypto"/);
});

const executablePath = peer("chromium");
if (executablePath !== undefined) {
  browser("in Chromium a device shakes hands with a server and pulls an image, each tenth datagram lost", async () => {
    const image = new Uint8Array(IMAGE_LENGTH);
    new Prng(1).fill(image);
    const script = await bundle('export * from "./dist/test/support/page-pull.js";');
    const directory = mkdtempSync(join(tmpdir(), "narrowboat-chromium-"));
    const context = await chromium.launchPersistentContext(directory, { executablePath, args: CHROMIUM_FLAGS });
    try {
      const tab = await context.newPage();
      await tab.addScriptTag({ content: script });
      const pull = (await tab.evaluate(`page.pullInPage(${JSON.stringify([...image])})`)) as PagePull;
      assert.equal(Uint8Array.from(pull.bytes), image);
      assert.equal(Buffer.from(pull.sha256), createHash("sha256").update(image).digest());
      assert.is(pull.cipherSuite, "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256");
      assert.ok(pull.retransmissions > 0);
    } finally {
      await context.close();
      rmSync(directory, { recursive: true, force: true });
    }
  });
}

browser.run();
