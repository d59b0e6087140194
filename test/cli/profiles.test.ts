// Looking up link profiles, and taking one as the beginning of one's own.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { LinkProfile } from "../../sim/profiles/profile.ts";
import { NAMED_PROFILES, profileNamed } from "../../sim/profiles/profiles.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { narrowboat } from "./narrowboat.ts";

const test = suite("profiles");
const scratch = scratchDirectories(test);

const GENERIC = ["ideal", "bernoulli", "gilbert"];

test("the list: each profile with its summary on a line, the generic ones last", async () => {
  const { code, stdout } = await narrowboat(scratch(), "profiles");
  assert.is(code, 0);
  const lines = stdout.trimEnd().split("\n").slice(1);
  assert.is(lines.length, NAMED_PROFILES.length + GENERIC.length);
  for (const [i, { name, summary }] of NAMED_PROFILES.entries()) {
    assert.ok(lines[i]!.startsWith(`${name} `) && lines[i]!.includes(summary), lines[i]);
  }
});

test("the list says which link cannot carry CoAP", async () => {
  const { stdout } = await narrowboat(scratch(), "profiles");
  assert.match(stdout, /^sigfox .*\(cannot carry CoAP\)$/m);
});

test("--json: the list as objects, with the parameters of the generic ones", async () => {
  const { stdout } = await narrowboat(scratch(), "profiles", "--json");
  const list = JSON.parse(stdout) as { name: string; parameters?: { name: string }[] }[];
  assert.equal(
    list.map(({ name }) => name),
    [...NAMED_PROFILES.map(({ name }) => name), ...GENERIC],
  );
  assert.ok(list.at(-1)?.parameters?.some(({ name }) => name === "rtt"));
});

test("one profile: every figure on a line with its value and its source or the word assumption", async () => {
  const { stdout } = await narrowboat(scratch(), "profiles", "nb-iot-ce0");
  assert.match(stdout, /^up\.radio\.rateBitsPerSecond +15600 +m5$/m);
  assert.match(stdout, /^up\.loss\.probability +0\.005 +assumption$/m);
  assert.match(stdout, /^natTimeoutSeconds +120 +vermillard$/m);
});

test("below the figures: what each source key stands for", async () => {
  const { stdout } = await narrowboat(scratch(), "profiles", "nb-iot-ce0");
  assert.match(stdout, /^m5 +docs\.m5stack\.com/m);
  assert.not.match(stdout, /^cc1350 /m);
});

test("a link that cannot carry CoAP is shown with the reason", async () => {
  const { code, stdout } = await narrowboat(scratch(), "profiles", "sigfox");
  assert.is(code, 0);
  assert.match(stdout, /^cannot carry CoAP: a message holds 12 bytes up and 8 down/m);
});

test("a generic link: its parameters, their defaults and what they take", async () => {
  const { stdout } = await narrowboat(scratch(), "profiles", "bernoulli");
  assert.match(stdout, /^loss +0\.1 +a share such as 0\.1 or 10% +share of datagrams lost each way$/m);
});

test("a generic link with parameters: the figures that they lead to", async () => {
  const { stdout } = await narrowboat(scratch(), "profiles", "bernoulli:loss=20%,rtt=1s");
  assert.match(stdout, /^down\.loss\.probability +0\.2 +given by the operator$/m);
  assert.match(stdout, /^down\.delay\.ms +500 +given by the operator$/m);
});

test("a named link: below its figures the parameters that change some of them", async () => {
  const { stdout } = await narrowboat(scratch(), "profiles", "lte-m");
  assert.match(stdout, /^mtu +none +a whole number of bytes from 100 to 65535 +longest IP packet$/m);
});

test("a named link with parameters: the figures that they lead to, and whose they are", async () => {
  const { stdout } = await narrowboat(scratch(), "profiles", "lte-m:loss=2%,mtu=540");
  assert.match(stdout, /^up\.loss\.probability +0\.02 +given by the operator$/m);
  assert.match(stdout, /^mtu +540 +given by the operator$/m);
});

test("--json of one profile, saved under another name, is a profile of one's own", async () => {
  const directory = scratch();
  const { stdout } = await narrowboat(directory, "profiles", "lte-m", "--json");
  const saved = JSON.parse(stdout) as LinkProfile;
  assert.equal(saved, profileNamed("lte-m"));
  writeFileSync(join(directory, "mine.json"), JSON.stringify({ ...saved, name: "mine", mtu: 600, sources: {} }));
  const mine = await narrowboat(directory, "profiles", "mine.json");
  assert.match(mine.stdout, /^mine: LTE-M/);
  assert.match(mine.stdout, /^mtu +600 +assumption$/m);
});

test("a file with a wrong figure: the file, the field and what it may be, exit code 2", async () => {
  const directory = scratch();
  const { up } = profileNamed("lte-m");
  const wrong = { ...profileNamed("lte-m"), up: { ...up, loss: { kind: "bernoulli", probability: 2 } } };
  writeFileSync(join(directory, "mine.json"), JSON.stringify(wrong));
  const { code, stderr } = await narrowboat(directory, "profiles", "mine.json");
  assert.is(code, 2);
  assert.is(stderr, "narrowboat: mine.json: profile: up.loss.probability: must be a fraction from 0 to 1\n");
});

test("a file that is not there: one line, exit code 2", async () => {
  const { code, stderr } = await narrowboat(scratch(), "profiles", "mine.json");
  assert.is(code, 2);
  assert.is(stderr, "narrowboat: cannot read mine.json: ENOENT: no such file or directory\n");
});

test("a name that is none: those that there are, exit code 2", async () => {
  const { code, stderr } = await narrowboat(scratch(), "profiles", "gprs");
  assert.is(code, 2);
  assert.match(stderr, /^narrowboat: profile: there is no "gprs"; known are nb-iot-ce0, [^\n]*\n$/);
});

test.run();
