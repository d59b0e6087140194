import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { houseRoot } from "../tidy/house.ts";
import { wipingStatements } from "./wiping-statements.ts";

const statements = suite("wiping-statements");

function textsIn(code: string): string[] {
  return wipingStatements("src/dtls/a.js", code).map(({ text }) => text);
}

statements("each form is found, and taken out alone", () => {
  const lines = [
    "    key.fill(0);",
    "    this.#bytes.fill(0, 0, length);",
    "    candidate.keys?.states.read.wipe();",
    "    for (const keys of [a, b]) keys.fill(0);",
    "    if (busy) session.rest();",
    "    this.view(place).fill(0);",
    "    this.#slab?.giveBack(this.#place);",
  ];
  const found = wipingStatements("src/dtls/a.js", lines.join("\n"));
  assert.equal(
    found.map(({ line }) => line),
    [1, 2, 3, 4, 5, 6, 7],
  );
  assert.is(found[3]!.without.split("\n")[3], "    for (const keys of [a, b]) ;");
});

statements("what only looks like one is none", () => {
  for (const line of [
    "    bytes.fill(0xff);",
    "    wipe() {",
    "    const held = this.#held.release();",
    "    // key.fill(0);",
    "    this.#lock.release();",
    "    this.#contact.abandon();",
  ]) {
    assert.equal(textsIn(line), [], line);
  }
  assert.equal(wipingStatements("sim/a.js", "    key.fill(0);"), []);
});

statements("the sources have them: whoever takes a wiping statement out takes this number with it", () => {
  const dist = join(houseRoot(), "dist");
  const paths = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".js"));
  const all = paths.flatMap((path) => wipingStatements(path, readFileSync(join(dist, path), "utf8")));
  assert.ok(all.length >= 44, `${all.length}`);
});

statements.run();
