// Builds the native parts at install time where a compiler is, and says in one line why not where there is none: then
// the parts in TypeScript serve. Plain JavaScript, because it runs before anything is compiled.

import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const packageDirectory = join(import.meta.dirname, "../..");
const buildDirectory = join(packageDirectory, "build");

/** What node-gyp says when it finds no tools, in the words of somebody who could mend it. */
const REASONS = [
  [/Could not find any Python/i, "node-gyp needs python3"],
  [/not found: make/i, "node-gyp needs make"],
  [/\b(?:g?cc|c\+\+|g\+\+)\b.*(?:not found|No such file)/i, "node-gyp needs a C compiler (gcc)"],
  [/node-gyp.*(?:not found|ENOENT)|ENOENT.*node-gyp/i, "node-gyp was not found: npm brings it along"],
  [/ENOTFOUND|ECONNREFUSED|EAI_AGAIN|network|headers/i, "node-gyp could not get the headers of Node.js (see nodedir)"],
];

function main() {
  if (process.platform !== "linux") return;
  // An older one may not fit the sources.
  rmSync(buildDirectory, { recursive: true, force: true });
  const gypBuild = join(dirname(createRequire(import.meta.url).resolve("node-gyp-build/package.json")), "bin.js");
  const result = spawnSync(process.execPath, [gypBuild], {
    cwd: packageDirectory,
    env: environment(),
    encoding: "utf8",
  });
  if (result.status === 0) return;
  rmSync(buildDirectory, { recursive: true, force: true });
  const output = `${result.stdout}${result.stderr}`;
  const reason = REASONS.find(([pattern]) => pattern.test(output))?.[1];
  // Nobody but a developer can mend what the compiler says.
  if (reason === undefined) process.stderr.write(output);
  console.error(`no native parts: ${reason ?? "see above"}. The parts in TypeScript serve in their place.`);
}

function environment() {
  // node-gyp would link with g++, which a computer with a C compiler need not have.
  const environment = { LINK: process.env.CC ?? "cc", ...process.env };
  // The headers that came with this Node.js need no network.
  const prefix = join(dirname(process.execPath), "..");
  if (existsSync(join(prefix, "include/node/node_api.h"))) environment.npm_config_nodedir ??= prefix;
  return environment;
}

main();
