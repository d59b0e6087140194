// What `npm pack` would publish: what runs, the types of the cores, and nothing else.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratchDirectories } from "./store/scratch-directory.ts";
import { houseRoot } from "./tidy/house.ts";

const published = suite("package");
const scratch = scratchDirectories(published);

interface Pack {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string }>>;
}

const root = houseRoot();
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;

function npmPack(...args: readonly string[]): Pack {
  const { status, stdout, stderr } = spawnSync("npm", ["pack", "--json", "--ignore-scripts", ...args], {
    cwd: root,
    encoding: "utf8",
  });
  assert.is(status, 0, stderr);
  return (JSON.parse(stdout) as readonly Pack[])[0]!;
}

published("npm pack lists no test, no benchmark and no source map, and all that runs", () => {
  const paths = npmPack("--dry-run").files.map(({ path }) => path);
  assert.equal(
    paths.filter((path) => /(?:^|\/)(?:test|bench|examples)\/|\.test\.|\.map$|quick-start/.test(path)),
    [],
  );
  for (const path of ["dist/src/cli/main.js", "dist/src/server/firmware-server.d.ts", "src/native/addon.c"]) {
    assert.ok(paths.includes(path), `${path} is missing`);
  }
});

published("every export leads to a folder whose files have types", () => {
  for (const [name, { types, default: code }] of Object.entries(manifest.exports)) {
    assert.is(types.replace(/\.d\.ts$/, ".js"), code, name);
    const folder = join(root, dirname(code));
    const compiled = readdirSync(folder).filter((file) => file.endsWith(".js"));
    assert.ok(compiled.length > 0, name);
    for (const file of compiled) assert.ok(existsSync(join(folder, file.replace(/\.js$/, ".d.ts"))), file);
  }
});

/** The package as npm would install it, in the node_modules of a fresh directory, with its dependencies and no others. */
function installedPackage(): string {
  const directory = scratch();
  const modules = join(directory, "node_modules");
  const installed = join(modules, "narrowboat");
  mkdirSync(installed, { recursive: true });
  const { filename } = npmPack("--pack-destination", directory);
  const unpacked = spawnSync("tar", ["xf", join(directory, filename), "-C", installed, "--strip-components=1"]);
  assert.is(unpacked.status, 0, String(unpacked.stderr));
  for (const name of Object.keys(manifest.dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(modules, name));
  }
  return directory;
}

function runNode(directory: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...args], { cwd: directory, encoding: "utf8" });
  assert.is(status, 0, `${stdout}${stderr}`);
  return stdout;
}

published("who installs the package runs its command, with `dependencies` alone", () => {
  const main = "node_modules/narrowboat/dist/src/cli/main.js";
  assert.match(runNode(installedPackage(), main, "--help"), /narrowboat <command>/);
});

published("every example compiles against the package's types, runs, and prints what it is for", () => {
  const directory = installedPackage();
  const names = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".ts"));
  for (const name of names) cpSync(join(root, "examples", name), join(directory, name));
  writeFileSync(join(directory, "package.json"), JSON.stringify({ type: "module" }));
  const compiler = join(root, "node_modules/typescript");
  const { bin } = JSON.parse(readFileSync(join(compiler, "package.json"), "utf8")) as { readonly bin: { tsc: string } };
  const flags = "--strict --module nodenext --target es2023 --types node --skipLibCheck false --typeRoots";
  runNode(directory, join(compiler, bin.tsc), ...flags.split(" "), join(root, "node_modules/@types"), ...names);
  const printed = names.map((name) => [
    name,
    runNode(directory, name.replace(/\.ts$/, ".js")).replace(/in \d+ s/, "in N s"),
  ]);
  assert.equal(Object.fromEntries(printed), {
    "read-message.ts": "Uri-Path fw\nUri-Path pump\nBlock2 2 of 64 bytes\n",
    "read-uri.ts":
      '2001:db8::1 port 5684, fw / pump / 2\n"http://example.org/" is not a CoAP URI: write coaps://HOST/PATH or coap://HOST/PATH\n',
    "serve-in-memory.ts": "new firmware\n",
    "simulate-link.ts": "done in N s\n",
  });
});

published.run();
