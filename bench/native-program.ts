// The benchmarks' own parts in C, compiled when they are first needed and kept by the digest of what they were made from.
// The product has no part in this.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { commandOnPath } from "../src/shell/command-path.ts";

/** Why there is no native part, in one line. */
export class NativeAbsence extends Error {
  override readonly name = "NativeAbsence";
}

const FLAGS = ["-std=gnu11", "-O2", "-Wall", "-Wextra"] as const;

/** The path of what native/`source` compiles to: a program, or an add-on for Node.js. Throws NativeAbsence. */
export function compiled(source: string, kind: "program" | "addon", flags: readonly string[] = []): string {
  if (process.platform !== "linux") throw new NativeAbsence("the C parts of the benchmarks need Linux");
  const root = packageDirectory();
  const path = join(root, "bench/native", source);
  const all = [...FLAGS, ...flags, ...(kind === "addon" ? ["-shared", "-fPIC", `-I${headerDirectory()}`] : [])];
  const digest = createHash("sha256")
    .update(readFileSync(path))
    .update(`${process.arch} ${all.join(" ")}`);
  const folder = join(root, ".build/bench");
  const made = join(folder, `${digest.digest("hex").slice(0, 16)}${kind === "addon" ? ".node" : ""}`);
  if (!existsSync(made)) compile(path, made, all);
  return made;
}

function compile(path: string, made: string, flags: readonly string[]): void {
  const compiler = commandOnPath("cc") ?? commandOnPath("gcc") ?? commandOnPath("clang");
  if (compiler === undefined) throw new NativeAbsence("no C compiler (apt install gcc)");
  mkdirSync(dirname(made), { recursive: true });
  // Renamed into place: another benchmark may be looking for it.
  const fresh = `${made}.${process.pid}`;
  const { status, stderr } = spawnSync(compiler, [...flags, path, "-o", fresh], { encoding: "utf8" });
  if (status !== 0) throw new NativeAbsence(`${path} does not compile: ${stderr.split("\n")[0]}`);
  renameSync(fresh, made);
}

/** Where node_api.h and uv.h are. */
function headerDirectory(): string {
  const { version } = process;
  const given = process.env["npm_config_nodedir"];
  const candidates = [
    ...(given === undefined ? [] : [join(given, "include/node"), given]),
    join(dirname(process.execPath), "../include/node"),
    join(homedir(), ".cache/node-gyp", version.slice(1), "include/node"),
    "/usr/include/node",
  ];
  const found = candidates.find((folder) => existsSync(join(folder, "node_api.h")) && existsSync(join(folder, "uv.h")));
  if (found === undefined) {
    throw new NativeAbsence(
      `no headers of Node.js ${version} (npm_config_nodedir names the folder that has include/node)`,
    );
  }
  return found;
}

/** Above this file, wherever it was compiled to. */
export function packageDirectory(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}
