// Holds the house to its rules, and shows for each rule that it finds what breaks it.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AMBIENT_RULES } from "./tidy/ambient-rules.ts";
import { houseRoot, readHouse } from "./tidy/house.ts";
import { IMPORT_RULES } from "./tidy/import-rules.ts";
import { PLANTED } from "./tidy/planted.ts";
import type { Rule } from "./tidy/rule.ts";
import { type SourceFile, sourceFile } from "./tidy/source-file.ts";
import { STYLE_RULES } from "./tidy/style-rules.ts";

const RULES: readonly Rule[] = [...AMBIENT_RULES, ...IMPORT_RULES, ...STYLE_RULES];

const root = houseRoot();
const house = readHouse(root);

const tidy = suite("tidy");

function filesOf(texts: Readonly<Record<string, string>>): SourceFile[] {
  return Object.entries(texts).map(([path, text]) => sourceFile(path, text));
}

tidy("the whole house was read", () => {
  for (const path of ["package.json", "src/base/assert.ts", "test/tidy.test.ts"]) {
    assert.ok(
      house.some((file) => file.path === path),
      `${path} is not among the ${house.length} files that were read`,
    );
  }
});

for (const rule of RULES) {
  tidy(rule.name, () => {
    const found = rule.violations(house);
    assert.ok(found.length === 0, `${rule.reason}\n      ${found.join("\n      ")}`);
  });

  tidy(`planted: ${rule.name}`, () => {
    const planted = PLANTED[rule.name];
    assert.ok(planted, "no planted violation shows that this rule works: add one to test/tidy/planted.ts");
    for (const broken of planted.broken) {
      assert.is(rule.violations(filesOf(broken)).length > 0, true, `not found: ${JSON.stringify(broken)}`);
    }
    assert.equal(rule.violations(filesOf(planted.kept)), []);
  });
}

/** Biome's program, run by this Node.js at the top of the house. */
function biome(args: readonly string[], input = "") {
  const folder = join(root, "node_modules/@biomejs/biome");
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    readonly bin: { biome: string };
  };
  return spawnSync(process.execPath, [join(folder, manifest.bin.biome), ...args], {
    cwd: root,
    input,
    encoding: "utf8",
  });
}

tidy("formatted and linted: `npm run check` is content, `npm run fix` mends most of what it finds", () => {
  const { status, stdout, stderr } = biome(["check", "--colors=off", "--reporter=github", "--max-diagnostics=20"]);
  assert.is(status, 0, `${stdout}${stderr}`);
});

tidy("planted: the linter finds an unused variable", () => {
  const { status } = biome(["lint", "--stdin-file-path=src/base/planted.ts"], "function f() { const unused = 1; }");
  assert.is(status, 1);
});

tidy.run();
