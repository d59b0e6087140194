// What `npm pack` would publish: what runs, the types of the cores, and nothing else.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
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

published("who installs the package runs its command and imports a core, with `dependencies` alone", () => {
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
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [...args], { cwd: directory, encoding: "utf8" });
  const help = run(join(installed, "dist/src/cli/main.js"), "--help");
  assert.is(help.status, 0, help.stderr);
  const code = 'import { Code } from "narrowboat/coap/code"; console.log(Code.CONTENT)';
  assert.is(run("--input-type=module", "--eval", code).stdout, "69\n");
});

published.run();
