// What can be read from a capture beside the device, record number by record number.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { exchangesOfCapture } from "../../../sim/fit/capture-exchanges.ts";
import { exchangeSeries, FitError } from "../../../sim/fit/exchange.ts";
import { readPcap } from "../../../sim/fit/pcap.ts";
import { pcapOf, type SentDatagram } from "../../support/pcap-file.ts";

const test = suite("capture");

const DEVICE = ["10.0.0.2", 40_000] as const;
const SERVER = ["10.0.0.1", 5684] as const;

function up(ms: number, payload: Uint8Array): SentDatagram {
  return { ms, from: DEVICE, to: SERVER, payload };
}

function down(ms: number, payload: Uint8Array): SentDatagram {
  return { ms, from: SERVER, to: DEVICE, payload };
}

function record(number: number, kind = 23, epoch = 1): Uint8Array {
  return Uint8Array.from([kind, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, number, 0, 4, 1, 2, 3, 4]);
}

function seen(...datagrams: readonly SentDatagram[]) {
  return exchangesOfCapture(readPcap(pcapOf(datagrams)).datagrams);
}

const FIRST = [up(0, record(1)), down(100, record(1))];

test("an answer whose number follows the last one, after two requests: the first request got lost", () => {
  const { directions } = seen(...FIRST, up(101, record(2)), up(2101, record(3)), down(2201, record(2)));
  assert.equal(directions, { up: [[true, false]], down: [[false]] });
});

test("an answer whose number leaves one out, after two requests: an answer got lost", () => {
  const { directions } = seen(...FIRST, up(101, record(2)), up(2101, record(3)), down(2201, record(3)));
  assert.equal(directions, { up: [[false, false]], down: [[true, false]] });
});

test("an answer that only came late takes back that its request was lost", () => {
  const { directions } = seen(
    ...FIRST,
    up(101, record(2)),
    up(2101, record(3)),
    down(2150, record(2)),
    down(2250, record(3)),
  );
  assert.equal(directions, { up: [[false, false]], down: [[false, false]] });
});

test("an answer that comes twice counts once", () => {
  const { directions, exchanges } = seen(...FIRST, up(101, record(2)), down(201, record(2)), down(202, record(2)));
  assert.equal(directions, { up: [[false]], down: [[false]] });
  assert.is(exchanges.length, 2);
});

test("a round trip is taken where one request was sent, and of no repeated one", () => {
  const { exchanges } = seen(...FIRST, up(101, record(2)), up(2101, record(3)), down(2201, record(2)));
  assert.equal(
    exchanges.map(({ roundTripSeconds, lost }) => [roundTripSeconds, lost]),
    [
      [0.1, false],
      [undefined, true],
      [undefined, false],
    ],
  );
});

test("a new handshake begins the count of records anew", () => {
  const again = [up(300, record(0, 22, 0)), up(400, record(1)), down(500, record(1)), up(501, record(2))];
  const { directions } = seen(...FIRST, up(101, record(2)), down(201, record(2)), ...again, down(601, record(2)));
  assert.equal(directions, { up: [[false, false]], down: [[false, false]] });
});

test("a request that was given up: all its transmissions were lost, and nothing follows them", () => {
  const again = [up(70_000, record(0, 22, 0)), up(70_300, record(1)), down(70_400, record(1)), up(70_401, record(2))];
  const givenUp = [101, 2101, 6101].map((ms, i) => up(ms, record(2 + i)));
  const { exchanges, directions } = seen(...FIRST, ...givenUp, ...again, down(70_501, record(2)));
  assert.equal(exchangeSeries(exchanges), [
    [false, true, true, true],
    [false, false],
  ]);
  assert.equal(directions, { up: [[], [false]], down: [[], [false]] });
});

test("without DTLS the direction is not told", () => {
  const get = (id: number) => Uint8Array.of(0x40, 1, 0, id);
  const content = (id: number) => Uint8Array.of(0x60, 0x45, 0, id, 0xff, 7);
  const { directions, exchanges } = seen(
    up(0, get(1)),
    down(100, content(1)),
    up(101, get(2)),
    up(2101, get(2)),
    down(2201, content(2)),
  );
  assert.is(directions, undefined);
  assert.equal(
    exchanges.map(({ lost }) => lost),
    [false, true, false],
  );
});

function refusal(...datagrams: readonly SentDatagram[]): string {
  try {
    seen(...datagrams);
  } catch (error) {
    if (error instanceof FitError) return error.message;
    throw error;
  }
  return "";
}

test("a capture beside the server is refused with where to capture", () => {
  const datagrams = [1, 2, 3, 4].flatMap((n) => [up(100 * n, record(n)), down(100 * n + 1, record(n))]);
  assert.match(refusal(...datagrams), /captured beside the server/);
});

test("a device that asks for several blocks at a time is refused with what to record", () => {
  const datagrams = [1, 2, 3, 4].flatMap((n) => [
    up(500 * n, record(2 * n)),
    up(500 * n + 1, record(2 * n + 1)),
    down(500 * n + 400, record(2 * n)),
    down(500 * n + 401, record(2 * n + 1)),
  ]);
  assert.match(refusal(...datagrams), /several blocks at a time/);
});

test("a capture without UDP is refused", () => {
  assert.match(refusal(), /no UDP datagram/);
});

test.run();
