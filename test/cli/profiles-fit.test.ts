// A network engineer makes a profile of what was measured, looks at it, and gives it to tune.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { profileNamed } from "../../sim/profiles/profiles.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { recordTransfer } from "../support/recorded-transfer.ts";
import { narrowboat } from "./narrowboat.ts";

const test = suite("profiles --fit");
const scratch = scratchDirectories(test);

const { csv, pcap } = recordTransfer(profileNamed("bernoulli:loss=10%,rtt=300ms,jitter=20ms,rate=50000"), 1, 400);

test("a CSV: figures with intervals, round trips as bars, and what cannot be told", async () => {
  const directory = scratch();
  writeFileSync(join(directory, "Field 7.csv"), csv);
  const { code, stdout } = await narrowboat(directory, "profiles", "--fit", "Field 7.csv");
  assert.is(code, 0);
  assert.match(stdout, /^profile +field-7$/m);
  assert.match(stdout, /^loss, exchanges \(\d+ of \d+\) +\d+\.\d\d % +\d+\.\d\d % to \d+\.\d\d %$/m);
  assert.match(stdout, /^rate down +\d+\.\d kbit\/s +\d+\.\d kbit\/s to \d+\.\d kbit\/s$/m);
  assert.match(stdout, /^\d+ to \d+ ms +\d+ +#+$/m);
  assert.match(stdout, /cannot be told from this/);
});

test("a pcap: the loss of each direction", async () => {
  const directory = scratch();
  writeFileSync(join(directory, "field.pcap"), pcap);
  const { stdout } = await narrowboat(directory, "profiles", "--fit", "field.pcap");
  assert.match(stdout, /^loss, up \(/m);
  assert.match(stdout, /^loss, down \(/m);
});

test("--json is a profile that tune takes, and --html a page without scripts", async () => {
  const directory = scratch();
  writeFileSync(join(directory, "field.csv"), csv);
  const fitted = await narrowboat(directory, "profiles", "--fit", "field.csv", "--json", "--html", "field.html");
  writeFileSync(join(directory, "mine.json"), fitted.stdout);
  const words = ["tune", "--profile", "mine.json", "--size", "4k", "--runs", "6", "--seed", "1"];
  const { code, stderr } = await narrowboat(directory, ...words);
  assert.is(code, 0, stderr);
  const page = readFileSync(join(directory, "field.html"), "utf8");
  assert.match(page, /<h1>field: \d+\.\d % of exchanges lost, a round trip of \d+ ms<\/h1>/);
  assert.not.match(page, /<script/);
});

const REFUSALS: readonly (readonly [string, string | Uint8Array | undefined, readonly string[], RegExp])[] = [
  ["a file that is not there", undefined, ["--fit", "field.csv"], /cannot read field\.csv: ENOENT/],
  ["a file of something else", Uint8Array.of(0xff, 0xfe, 0), ["--fit", "field.csv"], /neither a pcap file nor text/],
  ["a wrong line", "up,down,rtt,lost\n1,2,x,0\n", ["--fit", "field.csv"], /^narrowboat: field\.csv: line 2: rtt/],
  ["a name besides", csv, ["lte-m", "--fit", "field.csv"], /leave the name out/],
  ["--html alone", csv, ["--html", "field.html"], /--html goes with --fit/],
];
for (const [name, bytes, words, message] of REFUSALS) {
  test(`${name}: one line, exit code 2`, async () => {
    const directory = scratch();
    if (bytes !== undefined) writeFileSync(join(directory, "field.csv"), bytes);
    const { code, stderr } = await narrowboat(directory, "profiles", ...words);
    assert.is(code, 2);
    assert.match(stderr, message);
    assert.is(stderr.trimEnd().split("\n").length, 1);
  });
}

test.run();
