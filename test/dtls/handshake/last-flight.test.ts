import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY } from "../../../src/base/bytes.ts";
import { addMs, instant } from "../../../src/base/instant.ts";
import { Secret } from "../../../src/base/secret.ts";
import { LastFlight, type LastFlightHolder, LastFlights } from "../../../src/dtls/handshake/last-flight.ts";
import { LAST_FLIGHT_LIFETIME_MS } from "../../../src/dtls/parameters.ts";
import { WriteState } from "../../../src/dtls/record/connection-state.ts";
import { NULL_PROTECTION } from "../../../src/dtls/record/record-protection.ts";

const lastFlight = suite("last-flight");

const OURS = Uint8Array.from({ length: 12 }, (_, i) => i + 1);
const THEIRS = OURS.map((byte) => byte ^ 0xff);
const MESSAGES = [
  { type: 20, messageSeq: 4, body: OURS },
  { type: 20, messageSeq: 3, body: THEIRS },
] as const;

function holderAt(ms: number): LastFlightHolder {
  return { lastFlight: new LastFlight(instant(ms), WriteState.plaintext(7), ...MESSAGES) };
}

lastFlight("RFC 6347 4.2.4: it answers the one Finished that it answered before", () => {
  const flight = holderAt(0).lastFlight!;
  assert.ok(flight.answers(3, THEIRS));
  assert.not.ok(flight.answers(4, THEIRS));
  assert.not.ok(flight.answers(3, OURS));
});

lastFlight(
  "RFC 6347 4.2.4: it is the same messages again, ChangeCipherSpec under a fresh record sequence number",
  () => {
    const flight = holderAt(0).lastFlight!;
    const write = new WriteState(1, NULL_PROTECTION, new Secret(EMPTY), EMPTY);
    const numbers = [0, 1].map(() => {
      const [changeCipherSpec, finished] = flight.again(write);
      assert.equal(finished, { kind: "handshake", state: write, message: MESSAGES[0] });
      return changeCipherSpec!.state.nextSequenceNumber;
    });
    assert.equal(numbers, [7, 8]);
  },
);

lastFlight(
  "LAST_FLIGHT_LIFETIME_MS: each is forgotten in its time, and those forgotten before leave the order whole",
  () => {
    const flights = new LastFlights();
    const holders = [0, 10, 20, 30].map(holderAt);
    for (const holder of holders) flights.add(holder);
    assert.is(flights.earliest, LAST_FLIGHT_LIFETIME_MS);
    flights.forget(holders[1]!);
    flights.forget(holders[1]!);
    flights.forgetDue(addMs(instant(0), LAST_FLIGHT_LIFETIME_MS));
    assert.equal(
      holders.map((holder) => holder.lastFlight !== undefined),
      [false, false, true, true],
    );
    assert.is(flights.earliest, 20 + LAST_FLIGHT_LIFETIME_MS);
    flights.forget(holders[3]!);
    flights.forgetDue(addMs(instant(20), LAST_FLIGHT_LIFETIME_MS));
    assert.is(flights.earliest, undefined);
    const late = holderAt(50);
    flights.add(late);
    assert.is(flights.earliest, 50 + LAST_FLIGHT_LIFETIME_MS);
  },
);

lastFlight.run();
