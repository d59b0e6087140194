// Installs and builds when stale, silent and quick when not: `npm start`, `npm test` and `npm run bench` begin here.
// Plain JavaScript without dependencies, because it runs before there are any.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

const NODE_OLDEST = [20, 19];
const INSTALL_STAMP = "node_modules/.narrowboat-stamp";
const BUILD_STAMP = "dist/.narrowboat-stamp";
const LOCK = ".build/lock";
const LOCK_WAIT_MAX_MS = 600_000;
const LOCK_POLL_MS = 100;
const ENTRY = "src/cli/main.js";

class BuildError extends Error {
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

function main() {
  requireNode();
  process.chdir(import.meta.dirname);
  if (isInstalled() && isBuilt()) return;
  mkdirSync(".build", { recursive: true });
  acquireLock();
  try {
    // Asked again under the lock: another process may have done the work while this one waited.
    if (!isInstalled()) install();
    if (!isBuilt()) build();
  } finally {
    rmSync(LOCK, { force: true });
  }
}

function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > NODE_OLDEST[0] || (major === NODE_OLDEST[0] && minor >= NODE_OLDEST[1])) return;
  throw new BuildError(`Narrowboat needs Node.js ${NODE_OLDEST.join(".")} or newer; this is ${process.version}.`, 2);
}

// Native parts, our own and those of packages, fit every version of Node.js on their platform. npm builds our own.
function installState() {
  const native = filesIn("src/native").filter((path) => /\.(c|h|mjs)$/.test(path));
  const digest = digestOf(["package-lock.json", ...["binding.gyp"].filter(existsSync), ...native]);
  return `${digest} ${process.platform} ${process.arch}`;
}

function isInstalled() {
  return readStamp(INSTALL_STAMP) === installState();
}

function install() {
  console.error("installing dependencies...");
  const npmScript = process.env.npm_execpath;
  const [command, ...script] = npmScript?.endsWith("npm-cli.js") ? [process.execPath, npmScript] : ["npm"];
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
  const failure = "npm ci failed, see above. Check the network and the registry that npm uses, then try again.";
  run(command, [...script, "ci", "--include=dev", "--no-audit", "--no-fund"], env, failure);
  writeFileSync(INSTALL_STAMP, installState());
}

// Contents, not times: a branch switch, a fresh clone and a deleted source are all seen.
function buildState() {
  const sources = readJson("tsconfig.json").include.flatMap((folder) => filesIn(folder));
  const compiled = sources.filter((path) => /\.(ts|json)$/.test(path));
  return digestOf(["build.mjs", "package.json", "package-lock.json", "tsconfig.json", ...compiled]);
}

function isBuilt() {
  return readStamp(BUILD_STAMP) === buildState();
}

// Compiled beside dist/ and moved there file by file: a failed build leaves dist/ alone, and a program that runs from
// dist/ never reads half a file.
function build() {
  const state = buildState();
  const next = ".build/next";
  rmSync(next, { recursive: true, force: true });
  const typescript = "node_modules/typescript";
  const compiler = join(typescript, readJson(join(typescript, "package.json")).bin.tsc);
  const compile = [compiler, "--pretty", "false", "--outDir", next];
  run(process.execPath, compile, process.env, "The build failed, see above.");
  if (existsSync(join(next, ENTRY))) chmodSync(join(next, ENTRY), 0o755);
  replaceFiles(next, "dist");
  rmSync(next, { recursive: true, force: true });
  writeFileSync(BUILD_STAMP, state);
}

/** Makes `target` hold the files of `next` and no others; the stamp of the last build goes first of all. */
function replaceFiles(next, target) {
  rmSync(BUILD_STAMP, { force: true });
  const fresh = new Set(filesIn(next).map((path) => path.slice(next.length + 1)));
  for (const path of filesIn(target)) if (!fresh.has(path.slice(target.length + 1))) rmSync(path);
  for (const path of fresh) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    renameSync(join(next, path), join(target, path));
  }
}

/** Runs a command to its end; on failure shows all its output and throws with the advice. */
function run(command, args, env, advice) {
  const result = spawnSync(command, args, { env, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (result.status === 0) return;
  const output = `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`;
  process.stderr.write(output.endsWith("\n") ? output : `${output}\n`);
  throw new BuildError(advice, 1);
}

// `npm start` in one terminal and `npm test` in another: the second waits. The lock is a file that names its process,
// linked into place so that it is never seen empty.
function acquireLock() {
  const mine = `${LOCK}-${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    for (let waitedMs = 0; !linked(mine, LOCK); waitedMs += LOCK_POLL_MS) {
      if (waitedMs >= LOCK_WAIT_MAX_MS) {
        throw new BuildError(`Another build holds ${LOCK}. If none is running, delete that file and try again.`, 1);
      }
      if (!breakDeadLock()) sleep(LOCK_POLL_MS);
    }
  } finally {
    rmSync(mine);
  }
}

function linked(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

/** Removes the lock of a process that is gone; false when its owner lives. */
function breakDeadLock() {
  const owner = readStamp(LOCK);
  if (owner === undefined) return true;
  if (isAlive(Number(owner))) return false;
  // Two waiting processes may both see the dead owner. A rename has one winner; what it caught is looked at again.
  const caught = `${LOCK}-broken-by-${process.pid}`;
  try {
    renameSync(LOCK, caught);
  } catch {
    return true;
  }
  if (readStamp(caught) !== owner) linked(caught, LOCK);
  rmSync(caught);
  return true;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function readStamp(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}

/** All files below `folder`, in a stable order; none when there is no such folder. */
function filesIn(folder) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name)).sort();
}

function digestOf(paths) {
  const hash = createHash("sha256");
  for (const path of paths) {
    const bytes = readFileSync(path);
    hash.update(`${path} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest("hex");
}

try {
  main();
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}
