// The file of exchanges: it can be fitted, has an end, and a full disk costs lines and nothing else.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { exchangesOfCsv } from "../../../sim/fit/exchange-csv.ts";
import { toUtf8 } from "../../../src/base/bytes.ts";
import { peerAddress } from "../../../src/base/peer-address.ts";
import { ExchangeFile } from "../../../src/cli/serve/exchange-file.ts";
import { scratchDirectories } from "../../store/scratch-directory.ts";

const test = suite("the file of exchanges");
const scratch = scratchDirectories(test);

const PEER = peerAddress("192.0.2.1", 40_000);
const EXCHANGE = { bytesUp: 92, bytesDown: 1113, roundTripMs: 518, lost: false };

test("an exchange is a line with the device's identity and address", async () => {
  const path = join(scratch(), "exchanges.csv");
  const file = new ExchangeFile(path);
  file.add(PEER, toUtf8("meter-7"), EXCHANGE);
  file.add(PEER, undefined, { ...EXCHANGE, roundTripMs: undefined, lost: true });
  await file.end();
  assert.equal(exchangesOfCsv(readFileSync(path, "utf8")), [
    { device: "meter-7 at 192.0.2.1:40000", bytesUp: 92, bytesDown: 1113, roundTripSeconds: 0.518, lost: false },
    { device: "192.0.2.1:40000", bytesUp: 92, bytesDown: 1113, roundTripSeconds: undefined, lost: true },
  ]);
});

test("a later server adds to it, with one heading", async () => {
  const path = join(scratch(), "exchanges.csv");
  for (let i = 0; i < 2; i++) {
    const file = new ExchangeFile(path);
    file.add(PEER, undefined, EXCHANGE);
    await file.end();
  }
  assert.is(exchangesOfCsv(readFileSync(path, "utf8")).length, 2);
});

test("it has a greatest length, whatever devices do", async () => {
  const path = join(scratch(), "exchanges.csv");
  const file = new ExchangeFile(path, 1_000);
  for (let i = 0; i < 100; i++) file.add(PEER, undefined, EXCHANGE);
  await file.end();
  const { length } = readFileSync(path);
  assert.ok(length >= 1_000 && length < 1_100, `${length} bytes`);
});

test("what was there before counts", async () => {
  const path = join(scratch(), "exchanges.csv");
  writeFileSync(path, "#".repeat(2_000));
  const file = new ExchangeFile(path, 1_000);
  file.add(PEER, undefined, EXCHANGE);
  await file.end();
  assert.is(readFileSync(path).length, 2_000);
});

if (process.platform === "linux") {
  test("a full disk ends nothing", async () => {
    const file = new ExchangeFile("/dev/full");
    file.add(PEER, undefined, EXCHANGE);
    await new Promise((resolve) => setTimeout(resolve, 50));
    file.add(PEER, undefined, EXCHANGE);
    await file.end();
  });
}

test.run();
