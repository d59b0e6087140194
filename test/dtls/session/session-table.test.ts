import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY } from "../../../src/base/bytes.ts";
import { type Instant, instant } from "../../../src/base/instant.ts";
import { type PeerAddress, peerAddress } from "../../../src/base/peer-address.ts";
import { Secret } from "../../../src/base/secret.ts";
import { CIPHER_SUITES } from "../../../src/dtls/cipher-suite.ts";
import { ReadState, WriteState } from "../../../src/dtls/record/connection-state.ts";
import { NULL_PROTECTION } from "../../../src/dtls/record/record-protection.ts";
import { Session } from "../../../src/dtls/session/session.ts";
import { connectionIdKey, SessionTable } from "../../../src/dtls/session/session-table.ts";
import { hex } from "../../vectors/dtls.ts";

const sessionTable = suite("session-table");

const START = instant(0);

function session(peer: PeerAddress, connectionId: Uint8Array = EMPTY): Session {
  const keys = new Secret(EMPTY);
  return new Session(START, {
    peer,
    identity: EMPTY,
    suite: CIPHER_SUITES[0]!,
    read: new ReadState(1, NULL_PROTECTION, keys, connectionId),
    write: new WriteState(1, NULL_PROTECTION, keys, EMPTY),
    peerPlaintextLengthMax: 1_000,
  });
}

const peerAt = (port: number) => peerAddress("10.0.0.1", port);

sessionTable("a session without Connection ID is found by its address", () => {
  const table = new SessionTable();
  const one = session(peerAt(1));
  table.add(one);
  assert.is(table.at(peerAt(1)), one);
  assert.is(table.at(peerAt(2)), undefined);
  table.remove(one);
  assert.is(table.at(peerAt(1)), undefined);
  assert.is(table.size, 0);
});

sessionTable("RFC 9146 3: a session with Connection ID is found by it and not by its address", () => {
  const table = new SessionTable();
  const id = hex("80000001");
  const one = session(peerAt(1), id);
  table.add(one);
  assert.is(table.withConnectionId(connectionIdKey(id)), one);
  assert.is(table.at(peerAt(1)), undefined);
  table.remove(one);
  assert.is(table.withConnectionId(connectionIdKey(id)), undefined);
});

sessionTable("RFC 9146 6: a session with Connection ID is removed whole after its address moved", () => {
  const table = new SessionTable();
  const [moving, staying] = [session(peerAt(1), hex("00000001")), session(peerAt(2))];
  table.add(moving);
  table.add(staying);
  moving.peer = peerAt(2);
  table.remove(moving);
  assert.is(table.at(peerAt(2)), staying);
  assert.is(table.size, 1);
});

sessionTable("keys of Connection IDs are different for different IDs, above 2^31 too", () => {
  const ids = ["00000000", "00000001", "01000000", "7fffffff", "80000000", "ffffffff"].map(hex);
  assert.equal(
    ids.map((id) => connectionIdKey(id)),
    [0, 1, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1],
  );
});

sessionTable("sessions may be removed while the table is walked", () => {
  const table = new SessionTable();
  const sessions = [1, 2, 3].map((port) => session(peerAt(port)));
  for (const one of sessions) table.add(one);
  const seen: Session[] = [];
  for (const one of table) {
    seen.push(one);
    table.remove(one);
  }
  assert.is(seen.length, 3);
  assert.is(table.leastRecent, undefined);
});

sessionTable("any adding, touching and removing keeps the order of use that a list keeps", () => {
  const command = fc.tuple(fc.constantFrom("add", "touch", "remove"), fc.nat({ max: 7 }));
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const table = new SessionTable();
      const sessions = Array.from({ length: 8 }, (_, port) => session(peerAt(port)));
      let model: Session[] = [];
      let now: Instant = START;
      for (const [what, which] of commands) {
        const one = sessions[which]!;
        now = instant(now + 1);
        if (model.includes(one) !== (what !== "add")) continue;
        if (what === "add") table.add(one);
        else if (what === "touch") table.touch(now, one);
        else table.remove(one);
        model = model.filter((other) => other !== one);
        if (what !== "remove") model.push(one);
        assert.ok([...table].every((other, i) => other === model[i]));
        assert.is(table.size, model.length);
        assert.is(table.leastRecent, model[0]);
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});

sessionTable(
  "the sessions that are busy are the recent ones, and the one without a record for longest rests first",
  () => {
    const table = new SessionTable();
    const [a, b, c] = [session(peerAt(1)), session(peerAt(2)), session(peerAt(3))];
    for (const one of [a, b, c]) table.add(one);
    assert.is(table.busyCount, 3);
    table.touch(START, a);
    assert.is(table.leastRecentBusy, b);
    table.restLeastRecentBusy();
    assert.equal([a.busy, b.busy, c.busy], [true, false, true]);
    table.touch(START, b);
    assert.is(table.leastRecentBusy, c);
    table.remove(c);
    assert.is(table.leastRecentBusy, a);
    assert.is(table.busyCount, 2);
  },
);

sessionTable(
  "any order of adding, touching, resting and removing leaves the busy ones together at the recent end",
  () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom("touch", "rest", "remove"), fc.nat(5)), { maxLength: 60 }),
        (steps) => {
          const table = new SessionTable();
          const made = new Map<number, Session>();
          for (const [step, number] of steps) {
            const known = made.get(number);
            if (step === "rest") table.restLeastRecentBusy();
            else if (step === "remove" && known !== undefined) {
              table.remove(known);
              made.delete(number);
            } else if (known !== undefined) table.touch(START, known);
            else {
              made.set(number, session(peerAt(number)));
              table.add(made.get(number)!);
            }
            const inOrder = [...table];
            const busy = inOrder.filter((one) => one.busy);
            assert.equal(inOrder.slice(inOrder.length - busy.length), busy);
            assert.is(table.busyCount, busy.length);
            assert.is(table.leastRecentBusy, busy[0]);
          }
        },
      ),
      { seed: 9146, numRuns: 200 },
    );
  },
);

sessionTable.run();
