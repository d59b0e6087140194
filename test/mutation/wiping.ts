// Takes out one wiping statement after the other, and prints which removal no test notices. In a copy of dist/, so that
// nothing else that runs from there is disturbed: `npm run mutation`, some minutes; `--only TEXT` for paths that hold it.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hideBin } from "yargs/helpers";
import yargs from "yargs/yargs";
import { houseRoot } from "../tidy/house.ts";
import { type WipingStatement, wipingStatements } from "./wiping-statements.ts";

/** A removal that may lead to a test that never ends is noticed then. */
const TEST_TIME_MAX_MS = 60_000;

/** Asked behind the test of the same name, the quick and telling ones first. */
const TESTS = [
  "pair/key-wiping",
  "base/secret",
  "base/secret-slab",
  "crypto/providers",
  "dtls/record/connection-state",
  "dtls/handshake/cookie",
  "dtls/session/session-table",
  "session-store/key-wiping",
  "store/data-keys",
  "store/key-wiping",
  "trust-store/key-file",
  "manifest/payload-encryption",
  "psk/psk-store",
  "device/slots/encrypted-images",
  "server/freshness",
  "pair/dtls-handshake",
  "pair/session-saving",
  "pair/firmware-session",
];

/** Removals that no test can notice, and why. */
const UNNOTICED: readonly { readonly statement: RegExp; readonly reason: string }[] = [
  {
    statement: /^psk\/psk-store\.js:\d+: key\.fill\(0\)$/,
    reason: "nobody but the statement's own function holds the row, which SQLite hands out and nothing can watch",
  },
];

const { only } = yargs(hideBin(process.argv))
  .option("only", { type: "string", default: "", describe: "statements of files whose path holds this" })
  .strict()
  .parseSync();

const scratch = join(houseRoot(), `.build/mutation-${process.pid}`);
rmSync(scratch, { recursive: true, force: true });
cpSync(join(houseRoot(), "dist"), scratch, { recursive: true });
try {
  process.exitCode = survivorsOf(allStatements()) > 0 ? 1 : 0;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function allStatements(): WipingStatement[] {
  const paths = readdirSync(scratch, { recursive: true, encoding: "utf8" }).sort();
  return paths
    .filter((path) => path.endsWith(".js") && path.includes(only))
    .flatMap((path) => wipingStatements(path, readFileSync(join(scratch, path), "utf8")));
}

/** How many removals nobody noticed and nobody has a reason for. */
function survivorsOf(statements: readonly WipingStatement[]): number {
  let survivors = 0;
  for (const statement of statements) {
    const name = `${statement.path}:${statement.line}: ${statement.text}`;
    const noticedBy = testNoticing(statement);
    const reason = UNNOTICED.find(({ statement: pattern }) => pattern.test(name))?.reason;
    if (noticedBy !== undefined) console.log(`noticed by ${noticedBy}: ${name}`);
    else if (reason !== undefined) console.log(`NOT NOTICED, since ${reason}: ${name}`);
    else {
      survivors++;
      console.log(`NOT NOTICED: ${name}`);
    }
  }
  console.log(`${statements.length} statements, ${survivors} removals not noticed without a reason`);
  return survivors;
}

function testNoticing({ path, without }: WipingStatement): string | undefined {
  const file = join(scratch, path);
  const whole = readFileSync(file, "utf8");
  writeFileSync(file, without);
  const own = path.replace(/^src\//, "").replace(/\.js$/, "");
  const tests = [...new Set([own, ...TESTS])];
  const noticing = tests.find((name) => fails(name) && !failsAnyway(name, file, whole, without));
  writeFileSync(file, whole);
  return noticing;
}

/** A test that fails with the statement in place too has noticed nothing. */
function failsAnyway(name: string, file: string, whole: string, without: string): boolean {
  writeFileSync(file, whole);
  const anyway = fails(name);
  writeFileSync(file, without);
  if (anyway) console.log(`fails by itself: ${name}`);
  return anyway;
}

function fails(name: string): boolean {
  const test = join(scratch, "test", `${name}.test.js`);
  if (!existsSync(test)) return false;
  return spawnSync(process.execPath, [test], { stdio: "ignore", timeout: TEST_TIME_MAX_MS }).status !== 0;
}
