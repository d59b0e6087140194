// build.mjs in a small house of its own: the real compiler, and in npm's place a script that links to what is installed.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { houseRoot } from "./tidy/house.ts";

const root = houseRoot();

const NPM = `
  import { appendFileSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
  appendFileSync("npm-runs.log", process.argv.slice(2).join(" ") + "\\n");
  rmSync("node_modules", { recursive: true, force: true });
  mkdirSync("node_modules");
  for (const name of ["typescript", "@typescript", "@types", "undici-types"]) {
    symlinkSync(${JSON.stringify(join(root, "node_modules"))} + "/" + name, "node_modules/" + name);
  }
`;
const BROKEN_NPM = 'console.error("npm error network"); process.exitCode = 1;';

const building = suite("build", { folder: "" });

building.before.each((context) => {
  const folder = mkdtempSync(join(tmpdir(), "narrowboat-build-"));
  context.folder = folder;
  for (const name of ["build.mjs", "tsconfig.json", "package.json"]) copyFileSync(join(root, name), join(folder, name));
  write(folder, "package-lock.json", "{}");
  write(folder, "npm/package.json", '{ "type": "module" }');
  write(folder, "npm/npm-cli.js", NPM);
  write(folder, "src/lock.ts", "export const lock: number = 1;\n");
});

building.after.each((context) => {
  rmSync(context.folder, { recursive: true });
});

function write(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function environment(folder: string) {
  return { ...process.env, npm_execpath: join(folder, "npm/npm-cli.js") };
}

function build(folder: string) {
  return spawnSync(process.execPath, ["build.mjs"], { cwd: folder, env: environment(folder), encoding: "utf8" });
}

function compiled(folder: string, name: string): string | undefined {
  const path = join(folder, "dist/src", name);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function npmRunCount(folder: string): number {
  return readFileSync(join(folder, "npm-runs.log"), "utf8").trim().split("\n").length;
}

building("a fresh clone is installed and built", ({ folder }) => {
  const { status, stderr } = build(folder);
  assert.is(status, 0, stderr);
  assert.is(stderr, "installing dependencies...\n");
  assert.match(compiled(folder, "lock.js") ?? "", "lock = 1");
});

building("what is fresh is left alone, in silence", ({ folder }) => {
  build(folder);
  const builtAt = statSync(join(folder, "dist/src/lock.js")).mtimeMs;
  const { status, stdout, stderr } = build(folder);
  assert.equal([status, stdout, stderr], [0, "", ""]);
  assert.is(statSync(join(folder, "dist/src/lock.js")).mtimeMs, builtAt);
  assert.is(npmRunCount(folder), 1);
});

building("a changed source is built again, even when its time did not change", ({ folder }) => {
  build(folder);
  write(folder, "src/lock.ts", "export const lock: number = 2;\n");
  build(folder);
  assert.match(compiled(folder, "lock.js") ?? "", "lock = 2");
});

building("what a deleted source was compiled to is deleted too", ({ folder }) => {
  write(folder, "src/weir.ts", "export const weir = 1;\n");
  build(folder);
  rmSync(join(folder, "src/weir.ts"));
  build(folder);
  assert.is(compiled(folder, "weir.js"), undefined);
  assert.ok(compiled(folder, "lock.js"));
});

building("a compiler error is shown, and the last good build stays", ({ folder }) => {
  build(folder);
  write(folder, "src/lock.ts", 'export const lock: number = "two";\n');
  const { status, stderr } = build(folder);
  assert.is(status, 1);
  assert.match(stderr, "src/lock.ts(1,14): error TS2322");
  assert.match(compiled(folder, "lock.js") ?? "", "lock = 1");
});

building("a build that failed is tried again", ({ folder }) => {
  write(folder, "src/lock.ts", 'export const lock: number = "two";\n');
  build(folder);
  assert.is(build(folder).status, 1);
});

building("a changed package-lock.json is installed again", ({ folder }) => {
  build(folder);
  write(folder, "package-lock.json", '{ "lockfileVersion": 3 }');
  build(folder);
  assert.is(npmRunCount(folder), 2);
});

building("packages that another platform installed are installed again", ({ folder }) => {
  build(folder);
  const stamp = join(folder, "node_modules/.narrowboat-stamp");
  writeFileSync(stamp, readFileSync(stamp, "utf8").replace(process.platform, "amiga"));
  build(folder);
  assert.is(npmRunCount(folder), 2);
});

building("a failed installation shows npm's output and says what to do", ({ folder }) => {
  write(folder, "npm/npm-cli.js", BROKEN_NPM);
  const { status, stderr } = build(folder);
  assert.is(status, 1);
  assert.match(stderr, "npm error network");
  assert.match(stderr, "Check the network and the registry");
});

building("the command line's entry can be executed", ({ folder }) => {
  write(folder, "src/cli/main.ts", "#!/usr/bin/env node\nexport const answer = 42;\n");
  build(folder);
  assert.is(statSync(join(folder, "dist/src/cli/main.js")).mode & 0o111, 0o111);
});

building("the lock of a process that is gone is broken", ({ folder }) => {
  const gone = spawnSync(process.execPath, ["--version"]).pid;
  write(folder, ".build/lock", String(gone));
  assert.is(build(folder).status, 0);
  assert.not(existsSync(join(folder, ".build/lock")));
});

building("of several builds at once one works and the others wait for it", async ({ folder }) => {
  const start = () =>
    spawn(process.execPath, ["build.mjs"], { cwd: folder, env: environment(folder), stdio: "ignore" });
  const statuses = await Promise.all([start(), start(), start()].map(exitOf));
  assert.equal(statuses, [0, 0, 0]);
  assert.is(npmRunCount(folder), 1);
  assert.ok(compiled(folder, "lock.js"));
});

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.on("exit", resolve);
  });
}

building("an older Node.js is refused in one line", ({ folder }) => {
  const source = readFileSync(join(folder, "build.mjs"), "utf8");
  write(folder, "build.mjs", source.replace("[20, 19]", "[9999, 0]"));
  const { status, stderr } = build(folder);
  assert.is(status, 2);
  assert.is(stderr, `Narrowboat needs Node.js 9999.0 or newer; this is ${process.version}.\n`);
});

building.run();
