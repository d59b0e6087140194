// A newcomer's first minutes: `npm start`, and its two lines pasted into a second terminal.

import { execFile } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { peer } from "../support/peers.ts";
import { narrowboat, Program, QUICK_START, type RunOptions } from "./narrowboat.ts";

const test = suite("quick-start");
const scratch = scratchDirectories(test);

const run = promisify(execFile);
const PULL_LINE =
  /^npx narrowboat (pull coaps:\/\/127\.0\.0\.1:\d+\/fw\/movehub\/\S+ --identity quickstart --key [0-9a-f]{32})$/m;
const COAP_LINE =
  /^(coap-client\S*) (-m get -u quickstart -k [a-zA-Z0-9]{16} -o movehub\.bin coaps:\/\/127\.0\.0\.1:\S+)$/m;

const running: Program[] = [];

test.after.each(() => stopAll("SIGKILL"));

async function stopAll(signal: NodeJS.Signals): Promise<void> {
  for (const program of running.splice(0)) await program.kill(signal);
}

function start(cwd: string, ...args: readonly string[]): Program {
  return startWith({ cwd }, ...args);
}

function startWith(options: RunOptions, ...args: readonly string[]): Program {
  const program = new Program(QUICK_START, ["--coaps-port", "0", ...args], options);
  running.push(program);
  return program;
}

/** The image that the first run has laid down. */
function publishedBytes(cwd: string): Buffer {
  return readFileSync(join(cwd, "narrowboat-data", "firmware-base.bin"));
}

test("the pull line, pasted, yields the published bytes", async () => {
  const cwd = scratch();
  const [, command] = await start(cwd).said(PULL_LINE);
  const { code, stderr } = await narrowboat(cwd, ...command!.split(" "), "-o", "movehub.bin");
  assert.equal([code, stderr], [0, ""]);
  assert.is(publishedBytes(cwd).length, 102_432);
  assert.ok(readFileSync(join(cwd, "movehub.bin")).equals(publishedBytes(cwd)));
});

if (peer("coap-client-openssl") !== undefined) {
  test("the line for libcoap's client, pasted, yields the published bytes", async () => {
    const cwd = scratch();
    const [, client, words] = await start(cwd).said(COAP_LINE);
    await run(client!, words!.split(" "), { cwd });
    assert.ok(readFileSync(join(cwd, "movehub.bin")).equals(publishedBytes(cwd)));
  });
}

test("a second start serves the same image with the same key", async () => {
  const cwd = scratch();
  const keyOf = async () => /--key (\S+)/.exec((await start(cwd).said(PULL_LINE))[1]!)?.[1];
  const first = await keyOf();
  await stopAll("SIGTERM");
  const { mtimeMs } = statSync(join(cwd, "narrowboat-data", "firmware-base.bin"));
  assert.is(await keyOf(), first);
  assert.is(statSync(join(cwd, "narrowboat-data", "firmware-base.bin")).mtimeMs, mtimeMs);
  const images = JSON.parse((await narrowboat(cwd, "images", "--json")).stdout) as unknown[];
  assert.is(images.length, 1);
});

test("two newcomers have two keys", async () => {
  const [a] = await start(scratch()).said(/--key \S+/);
  await stopAll("SIGTERM");
  const [b] = await start(scratch()).said(/--key \S+/);
  assert.is.not(a, b);
});

test("flags of serve go through: --coap", async () => {
  await start(scratch(), "--coap", "--coap-port", "0").said(/^listening coap:\/\/\[::\]:\d+$/m);
});

test("without coap-client on PATH the line says how to get it", async () => {
  const cwd = scratch();
  const program = startWith({ cwd, env: { PATH: cwd } });
  await program.said(/^coap-client -m get /m);
  await program.said(/^\(apt install libcoap3-bin brings coap-client\)$/m);
});

test("the port is taken: the line that says so, exit code 2", async () => {
  const cwd = scratch();
  const [, port] = await start(cwd).said(/listening coaps:\/\/\[::\]:(\d+)\n/);
  const second = new Program(QUICK_START, ["--coaps-port", port!], { cwd });
  const { code, stderr } = await second.ended;
  assert.is(code, 2);
  assert.match(
    stderr,
    /^narrowboat: port \d+ is in use: stop the program that has it, or choose another with --coaps-port\n$/,
  );
});

test("--help is that of serve, under the name to type", async () => {
  const { code, stdout } = await new Program(QUICK_START, ["--help"], { cwd: scratch() }).ended;
  assert.is(code, 0);
  assert.match(stdout, /^npm start -- \[options of narrowboat serve\]/);
  assert.match(stdout, /--coaps-port/);
});

test.run();
