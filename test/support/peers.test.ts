import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const PEERS = new URL("peers.js", import.meta.url).href;

const peers = suite("peers", { folder: "" });

peers.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), "narrowboat-peers-"));
});

peers.after.each((context) => {
  rmSync(context.folder, { recursive: true });
});

/** What a test file that asks for openssl sees when PATH is `folder` alone. */
function askForOpenssl(folder: string, require: "0" | "1") {
  const script = `import { peer } from ${JSON.stringify(PEERS)}; console.log("found", peer("openssl"));`;
  const env = { PATH: folder, NARROWBOAT_REQUIRE_PEERS: require };
  return spawnSync(process.execPath, ["--input-type=module", "-e", script], { env, encoding: "utf8" });
}

peers("an installed peer is found on PATH", ({ folder }) => {
  const path = join(folder, "openssl");
  writeFileSync(path, "");
  chmodSync(path, 0o755);
  assert.match(askForOpenssl(folder, "1").stdout, `found ${path}`);
});

peers("a file that cannot be executed is no peer", ({ folder }) => {
  writeFileSync(join(folder, "openssl"), "");
  assert.match(askForOpenssl(folder, "0").stdout, "found undefined");
});

peers("a missing peer is skipped aloud, with the package that brings it", ({ folder }) => {
  const { stdout, status } = askForOpenssl(folder, "0");
  assert.match(stdout, /^skipped: openssl not installed \(apt install openssl\)$/m);
  assert.is(status, 0);
});

peers("a missing peer fails the file where peers are required, as in CI", ({ folder }) => {
  const { stderr, status } = askForOpenssl(folder, "1");
  assert.match(stderr, "openssl not installed (apt install openssl)");
  assert.is(status, 1);
});

peers.run();
