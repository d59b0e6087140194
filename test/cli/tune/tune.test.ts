// A network engineer asks which block size, which timers, which window.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { profileNamed } from "../../../sim/profiles/profiles.ts";
import { combinationsFor } from "../../../sim/tune/tune.ts";
import type { TuneRow } from "../../../sim/tune/tune-row.ts";
import { runsOf } from "../../../src/shell/runs/tune-runs.ts";
import { scratchDirectories } from "../../store/scratch-directory.ts";
import { MAIN, narrowboat, type Outcome, Program } from "../narrowboat.ts";

const tune = suite("tune");

const cwd = scratchDirectories(tune)();
const SMALL = ["tune", "--size", "4k", "--runs", "3", "--seed", "7"];

function small(...args: readonly string[]): Promise<Outcome> {
  return narrowboat(cwd, ...SMALL, ...args);
}

async function rowsOf(...args: readonly string[]): Promise<readonly TuneRow[]> {
  const { code, stdout, stderr } = await small(...args, "--json", "-");
  assert.is(code, 0, stderr);
  return JSON.parse(stdout) as readonly TuneRow[];
}

tune("the table has a row for each combination, and says what to serve with", async () => {
  const { code, stdout, stderr } = await small("--profile", "nb-iot-ce1", "--device", "ncs", "--block-size", "1024");
  assert.equal([code, stderr], [0, ""]);
  const lines = stdout.trimEnd().split("\n");
  assert.match(lines[0]!, /^nb-iot-ce1: 4 KiB cannot take less than 5\.2 s$/);
  assert.match(lines[1]!, /^ {3}BLOCK {2}TIMER {2}WINDOW {2}DONE {2}P50 {5}P95 .* OF 20 REAL {2}THEIR P50$/);
  assert.match(lines[2]!, /^ {3}1024 {3}2 s {4}1 {7}3\/3 {3}[\d.]+ s {2}.* 9\.\.20 {7}[\d.]+ s\.\.[\d.]+ s$/);
  assert.match(lines[3]!, /^> {2}1024 {3}5 s {4}1 {7}3\/3 {3}[\d.]+ s {2}/);
  assert.match(lines[4]!, /^1024\/[25] s .*has the least median time in \d+ % of resamples$/);
  assert.match(stdout, /^an update takes [\d.]+ s, [\d.]+ times the limit, [\d.]+ kB and [\d.]+ J$/m);
  assert.is(lines.at(-1), "seed 7");
});

tune("below the table stands what to set, in the words of the device's own stack", async () => {
  const { stdout } = await small("--profile", "nb-iot-ce1", "--device", "zephyr", "--block-size", "1024");
  const [, settings = ""] =
    /^what to set:\n((?: .*\n)+)(\d+) of the (\d+) figures of this link are assumptions/m.exec(stdout) ?? [];
  assert.is(
    settings,
    "  server:\n    narrowboat serve --block-size 1024\n  Zephyr, prj.conf:\n    CONFIG_COAP_CLIENT_BLOCK_SIZE=1024\n" +
      "    CONFIG_LWM2M_COAP_BLOCK_SIZE=1024\n    CONFIG_COAP_INIT_ACK_TIMEOUT_MS=5000\n    CONFIG_COAP_MAX_RETRANSMIT=4\n",
  );
});

tune("--goal bytes recommends what takes the fewest", async () => {
  const rows = await rowsOf(
    "--profile",
    "nb-iot-ce1",
    "--device",
    "zephyr",
    "--block-size",
    "64,1024",
    "--goal",
    "bytes",
  );
  const [best] = rows.filter(({ recommended }) => recommended);
  const bytes = rows.map(({ bytesUp, bytesDown }) => bytesUp! + bytesDown!);
  assert.equal([best!.goal, best!.bytesUp! + best!.bytesDown!], ["bytes", Math.min(...bytes)]);
});

tune("--json has one object a row with the names that programs rely on", async () => {
  const [row] = await rowsOf("--profile", "lte-m");
  const names = (
    "profile device imageLength blockSize ackTimeoutSeconds window dtlsTimeoutSeconds maxRetransmit runs completed seconds " +
    "again bytesUp bytesDown bytesOtherHops requests retransmissions energyJoules energyMilliampHours " +
    "dutyCycleWaitSeconds limitSeconds figures failure goal recommended asGoodAsBest sureness whatToSet command seed version"
  ).split(" ");
  assert.equal(Object.keys(row!), names);
  assert.equal(Object.keys(row!.seconds), ["p50", "p50Low", "p50High", "p95", "mean"]);
  assert.equal(Object.keys(row!.again), ["completedLow", "completedHigh", "p50Low", "p50High"]);
  assert.equal(Object.keys(row!.retransmissions), ["needed", "spurious"]);
  assert.equal([row!.profile, row!.runs, row!.completed, row!.recommended], ["lte-m", 3, 3, true]);
});

tune("--json FILE writes the rows, and the table stays on the terminal", async () => {
  const { stdout } = await small("--profile", "lte-m", "--json", "rows.json");
  assert.match(stdout, /^lte-m: 4 KiB/);
  assert.is((JSON.parse(readFileSync(join(cwd, "rows.json"), "utf8")) as TuneRow[]).length, 1);
});

tune("the same seed gives the same rows, another seed others", async () => {
  const again = ["--profile", "nb-iot-ce2"];
  assert.equal(await rowsOf(...again), await rowsOf(...again));
  assert.not.equal(await rowsOf(...again), await rowsOf(...again, "--seed", "8"));
});

tune("without --seed one is drawn and printed, and it repeats the result", async () => {
  const args = ["tune", "--size", "4k", "--runs", "2", "--profile", "nb-iot-ce2"];
  const first = await narrowboat(cwd, ...args);
  const [, seed = ""] = /^seed (\d+)$/m.exec(first.stdout) ?? [];
  assert.is(first.stderr, `seed ${seed}\n`);
  assert.is((await narrowboat(cwd, ...args, "--seed", seed)).stdout, first.stdout);
});

tune("results are the same whatever the number of threads", async () => {
  const lists = { blockSizes: [64, 1024], ackTimeoutsSeconds: [2], windows: [] };
  const combinations = combinationsFor({
    profiles: [profileNamed("nb-iot-ce2")],
    imageLength: 4096,
    dialect: "own",
    ...lists,
  });
  const input = { combinations, seed: 1, runs: 5, progress: () => {}, stop: new AbortController().signal };
  assert.equal(await runsOf({ ...input, threadCount: 3 }), await runsOf({ ...input, threadCount: 1 }));
});

tune("lists are combined, and a generic link keeps its commas", async () => {
  const rows = await rowsOf(
    "--profile",
    "bernoulli:loss=0.01,rtt=1s,lte-m",
    "--block-size",
    "512,auto",
    "--window",
    "2",
  );
  assert.equal(
    rows.map(({ profile, blockSize, window }) => [profile, blockSize, window]),
    [
      ["bernoulli:loss=0.01,rtt=1s", 512, 2],
      ["bernoulli:loss=0.01,rtt=1s", "auto", 2],
      ["lte-m", 512, 2],
      ["lte-m", "auto", 2],
    ],
  );
});

tune("a named link with parameters keeps them in its name", async () => {
  const rows = await rowsOf("--profile", "lte-m:loss=2%,mtu=540,lte-m");
  assert.equal(
    rows.map(({ profile }) => profile),
    ["lte-m:loss=2%,mtu=540", "lte-m"],
  );
});

tune("a profile of one's own is a JSON file", async () => {
  writeFileSync(join(cwd, "mine.json"), JSON.stringify({ ...profileNamed("lte-m"), name: "my-cell" }));
  const [row] = await rowsOf("--profile", "mine.json");
  assert.is(row!.profile, "my-cell");
});

tune("--image takes the size of a file", async () => {
  writeFileSync(join(cwd, "firmware.bin"), new Uint8Array(1000));
  const { stdout } = await narrowboat(cwd, "tune", "--profile", "lte-m", "--image", "firmware.bin", "--runs", "1");
  assert.match(stdout, /^lte-m: 1000 bytes cannot take less than/);
});

tune("a link that cannot carry CoAP is refused with its reason; alone it fails the job", async () => {
  const { code, stdout, stderr } = await small("--profile", "sigfox");
  assert.equal([code, stdout], [1, ""]);
  assert.match(stderr, /^narrowboat: sigfox cannot carry CoAP: a message holds 12 bytes up and 8 down.*\n$/);
});

tune("beside a link that cannot carry CoAP the others go on", async () => {
  const { code, stdout, stderr } = await small("--profile", "sigfox,lte-m");
  assert.is(code, 0);
  assert.match(stderr, /^narrowboat: sigfox cannot carry CoAP/);
  assert.match(stdout, /^lte-m: /);
});

tune("where nothing gets across, the table says why and the job failed", async () => {
  const { code, stdout, stderr } = await small("--profile", "bernoulli:loss=100%");
  assert.is(code, 1);
  assert.match(stdout, /no run got the image across: handshake: timeout/);
  assert.is(stderr, "narrowboat: no update ended on any of these links\n");
});

tune("--trace prints each datagram of one run", async () => {
  const { code, stdout, stderr } = await narrowboat(
    cwd,
    ...["tune", "--profile", "ideal:rtt=1s", "--size", "2k", "--seed", "7", "--trace"],
  );
  assert.equal([code, stderr], [0, "seed 7\n"]);
  assert.match(stdout, /^ {5}0\.000000 d0 up {3}\d+ B ClientHello\n/);
  assert.match(stdout, / d0 down \d+ B ACK 2\.05 .*Block2=1\/0\/1024.* 1024 bytes\n/);
});

tune("--trace with --json prints an object a line", async () => {
  const { code, stdout } = await narrowboat(
    cwd,
    ...["tune", "--profile", "ideal:rtt=1s", "--size", "2k", "--seed", "7", "--trace", "--json", "-"],
  );
  assert.is(code, 0);
  const [first] = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal([first!["seconds"], first!["device"], first!["direction"]], [0, 0, "up"]);
  assert.match(String(first!["text"]), /^ClientHello/);
});

tune("--html writes one page that needs nothing else", async () => {
  const { code } = await small("--profile", "lte-m,nb-iot-ce1", "--html", "page.html");
  assert.is(code, 0);
  const page = readFileSync(join(cwd, "page.html"), "utf8");
  assert.match(page, /<h2>On nb-iot-ce1<\/h2>/);
  assert.match(page, /<pre>narrowboat serve --block-size 1024<\/pre>/);
  assert.match(page, /Content-Security-Policy" content="default-src 'none'/);
  const markup = page.replaceAll(/<script.*?<\/script>/gs, "");
  assert.not.match(markup, /\b(?:src|href)=|url\(|@import|<link/);
  assert.match(page, /Chart\.js v4/);
});

for (const [words, complaint] of [
  [
    ["--profile", "lte-m", "--size", "1k", "--html", "no/page.html"],
    /^narrowboat: cannot write no\/page\.html: ENOENT/,
  ],
  [["--profile", "lte-m", "--size", "1k", "--json", "."], /^narrowboat: cannot write \.: it is a directory/],
  [["--profile", "lte-m"], /^narrowboat: say how large the image is: --image FILE or --size BYTES\n$/],
  [["--profile", "lte-m", "--size", "1k", "--image", "x"], /^narrowboat: cannot read x: name a file/],
  [["--profile", "lte-m", "--size", "0"], /^narrowboat: "0" is not the size of an image: use bytes/],
  [["--profile", "moon", "--size", "1k"], /^narrowboat: profile: there is no "moon"; known are nb-iot-ce0,/],
  [["--profile", "none.json", "--size", "1k"], /^narrowboat: cannot read none\.json: /],
  [["--profile", "lte-m", "--size", "1k", "--block-size", "64,100"], /^narrowboat: "100" is not a block size/],
  [["--profile", "lte-m", "--size", "1k", "--ack-timeout", "0"], /^narrowboat: "0" is not an ACK_TIMEOUT/],
  [["--profile", "lte-m", "--size", "1k", "--window", "99"], /^narrowboat: "99" is not a window/],
  [["--profile", "lte-m", "--size", "1k", "--runs", "1001"], /^narrowboat: "1001" is no number of runs: use 1 to 1000/],
  [["--profile", "lte-m", "--size", "1k", "--seed", "4294967296"], /^narrowboat: "4294967296" is not a seed/],
  [["--profile", "lte-m", "--size", "1k", "--trace", "--block-size", "64,128"], /^narrowboat: --trace follows one run/],
] as const) {
  tune(`wrong use is told in one line: ${words.join(" ")}`, async () => {
    const { code, stdout, stderr } = await narrowboat(cwd, "tune", ...words);
    assert.equal([code, stdout], [2, ""]);
    assert.match(stderr, complaint);
    assert.is(stderr.trimEnd().split("\n").length, 1);
  });
}

tune("Ctrl-C ends it, however much is left", async () => {
  const args = ["tune", "--profile", "nb-iot-ce1", "--size", "100k", "--runs", "1000", "--block-size", "16,32"];
  const program = new Program(MAIN, args, { cwd });
  await program.said(/seed \d+/);
  const { code, stdout, stderr } = await program.kill("SIGINT");
  assert.equal([code, stdout], [130, ""]);
  assert.match(stderr, /narrowboat: interrupted: nothing was written\n$/);
});

tune.run();
