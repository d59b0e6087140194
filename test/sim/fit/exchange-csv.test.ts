// Exchanges as CSV: what is written is read again, and a wrong line is named.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FitError } from "../../../sim/fit/exchange.ts";
import { EXCHANGE_CSV_HEADING, exchangeCsvLine, exchangesOfCsv } from "../../../sim/fit/exchange-csv.ts";

const test = suite("exchanges as CSV");

test("what is written is read again, names with commas and quotes too", () => {
  const exchanges = [
    { device: 'meter "7", cellar', bytesUp: 92, bytesDown: 1113, roundTripSeconds: 0.518, lost: false },
    { device: "meter-8", bytesUp: 92, bytesDown: 1113, roundTripSeconds: undefined, lost: true },
  ];
  const lines = exchanges.map((exchange) => exchangeCsvLine(1.25, exchange));
  assert.equal(exchangesOfCsv(`${EXCHANGE_CSV_HEADING}\n${lines.join("")}`), exchanges);
});

test("columns of one's own, in another order, with a comment between", () => {
  const [exchange] = exchangesOfCsv("lost,rssi,RTT,up,down\n# from the modem\n0,-101,1.5,60,128\n");
  assert.equal(exchange, { device: "", bytesUp: 60, bytesDown: 128, roundTripSeconds: 1.5, lost: false });
});

const WRONG: readonly (readonly [string, string, RegExp])[] = [
  ["a column that is missing", "time,up,down,rtt\n", /^line 1 has no column "lost"/],
  ["a lost that is neither 0 nor 1", "up,down,rtt,lost\n1,2,0.5,yes\n", /^line 2: lost must be 0 or 1, and is "yes"$/],
  ["a round trip that is no number", "up,down,rtt,lost\n1,2,0.5,0\n1,2,-1,0\n", /^line 3: rtt must be a number/],
  ["bytes that no datagram has", "up,down,rtt,lost\n70000,2,0.5,0\n", /^line 2: up must be a number from 0 to 65535/],
  ["a quote that is never closed", 'up,down,rtt,lost\n"1,2,0.5,0\n', /./],
];
for (const [name, text, message] of WRONG) {
  test(`${name} is refused`, () => {
    assert.throws(
      () => exchangesOfCsv(text),
      (error: unknown) => error instanceof FitError && message.test(error.message),
    );
  });
}

test.run();
