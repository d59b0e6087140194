// A DTLS server, and the process that comes after it: what is written down, what is reserved, and what waits.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { copyOf, toUtf8 } from "../../src/base/bytes.ts";
import { instant } from "../../src/base/instant.ts";
import { SEQUENCE_NUMBERS_FEW, SEQUENCE_NUMBERS_RESERVED, WAITING_RECORDS_MAX } from "../../src/dtls/parameters.ts";
import type { Session } from "../../src/dtls/session/session.ts";
import type { NumberedSnapshot } from "../../src/dtls/session/session-saving.ts";
import { DtlsPair, SEND_ONLY_CONNECTION_ID } from "../support/dtls-pair.ts";

const sessionSaving = suite("session-saving");

const COUNT_MAX = 512;

/** What a store would hold after it took all changes. */
function saved(pair: DtlsPair): readonly NumberedSnapshot[] {
  const changes = pair.server.saving.take(COUNT_MAX, pair.now);
  const snapshots = changes?.snapshots.map((one) => ({ ...one, bytes: copyOf(one.bytes) })) ?? [];
  if (changes !== undefined) pair.server.saving.handleSaved();
  return snapshots;
}

function connected(connectionId?: Uint8Array): { pair: DtlsPair; session: Session } {
  const pair = new DtlsPair(connectionId && { connectionId }).run(1_000);
  pair.sendUp(toUtf8("hello"));
  pair.run(1_000);
  return { pair, session: pair.sessions[0]! };
}

for (const [how, id] of [
  ["Connection ID", SEND_ONLY_CONNECTION_ID],
  ["address", undefined],
] as const) {
  sessionSaving(`a session found by ${how} goes on in the next process, in both directions`, () => {
    const { pair, session } = connected(id);
    assert.equal(pair.restartServer(saved(pair)), [true]);
    pair.sendUp(toUtf8("again"));
    pair.run(1_000);
    assert.equal(pair.serverReceived.map(String), [toUtf8("hello"), toUtf8("again")].map(String));
    assert.is(pair.server.sessionCount, 1);
    assert.equal([...pair.server.identities()], [session.identity]);
    const [number] = pair.server.saving.take(COUNT_MAX, pair.now)!.snapshots.map((one) => one.number);
    assert.is(number, 1, "it keeps its number");
  });
}

sessionSaving("RFC 6347 4.1.2.6: no record that came before it was written down is taken again", () => {
  const { pair } = connected();
  const hello = pair.datagrams.filter(({ direction }) => direction === "up").at(-1)!.bytes;
  pair.restartServer(saved(pair));
  pair.deliver("up", hello);
  assert.is(pair.serverReceived.length, 1);
  assert.is(pair.counted("recordReplayed"), 1);
});

sessionSaving("what the next process sends begins behind all that this one may have sent", () => {
  const { pair, session } = connected();
  const stored = saved(pair);
  const { nextSequenceNumber } = session.write;
  pair.restartServer(stored);
  pair.sendUp(toUtf8("again"));
  pair.run(1_000);
  const [again] = pair.server.saving.take(COUNT_MAX, pair.now)!.snapshots;
  assert.is(session.write.sequenceNumberEnd, nextSequenceNumber + SEQUENCE_NUMBERS_RESERVED);
  assert.ok(again);
  const starts = 3;
  pair.restartServer(stored, starts * SEQUENCE_NUMBERS_RESERVED);
  const [later] = saved(pair);
  assert.is(later, undefined, "a session that nobody used is not written down again");
});

sessionSaving("a session is written down once after its last record, however many came", () => {
  const { pair } = connected();
  assert.is(saved(pair).length, 1);
  assert.is(saved(pair).length, 0);
  for (let i = 0; i < 3; i++) pair.sendUp(toUtf8("more"));
  pair.run(1_000);
  assert.is(saved(pair).length, 1);
});

sessionSaving("a session whose last record is too new is left for the next time", () => {
  const { pair, session } = connected();
  assert.is(pair.server.saving.take(COUNT_MAX, instant(session.lastActiveAt - 1)), undefined);
  assert.is(saved(pair).length, 1);
});

sessionSaving("a session that ended is named, so that the store forgets it", () => {
  const { pair, session } = connected();
  const [{ number }] = saved(pair) as [NumberedSnapshot];
  pair.server.closeIdentity(pair.now, session.identity);
  assert.equal(pair.server.saving.take(COUNT_MAX, pair.now)?.ended, [number]);
});

sessionSaving("a session that was never written down is not named when it ends", () => {
  const { pair, session } = connected();
  pair.server.closeIdentity(pair.now, session.identity);
  assert.is(pair.server.saving.take(COUNT_MAX, pair.now), undefined);
});

sessionSaving("a record whose number is not reserved waits until it is", () => {
  const { pair, session } = connected();
  saved(pair);
  for (let sent = 0; sent < SEQUENCE_NUMBERS_RESERVED; sent++) pair.server.seal(session, toUtf8("x"));
  assert.not(session.write.hasNumber);
  pair.clientReceived.length = 0;
  assert.is(pair.server.seal(session, toUtf8("patience")), undefined);
  assert.is(pair.counted("recordWaits"), 1);
  pair.run(1_000);
  assert.is(pair.clientReceived.length, 0);
  assert.is(saved(pair).length, 1, "it asks to be written down though nothing came for it");
  pair.run(1_000);
  assert.equal(pair.clientReceived.map(String), [String(toUtf8("patience"))]);
});

sessionSaving("numbers that are written down count only once they surely are", () => {
  const { pair, session } = connected();
  saved(pair);
  for (let sent = 0; sent < SEQUENCE_NUMBERS_RESERVED; sent++) pair.server.seal(session, toUtf8("x"));
  assert.ok(pair.server.saving.take(COUNT_MAX, pair.now));
  assert.is(pair.server.seal(session, toUtf8("early")), undefined);
  pair.server.saving.handleSaved();
  assert.ok(pair.server.seal(session, toUtf8("now")));
});

sessionSaving("a session with few numbers left is urgent", () => {
  const { pair, session } = connected();
  saved(pair);
  for (let sent = 0; sent < SEQUENCE_NUMBERS_FEW; sent++) pair.server.seal(session, toUtf8("x"));
  assert.not(pair.server.saving.isUrgent);
  pair.server.seal(session, toUtf8("x"));
  assert.ok(pair.server.saving.isUrgent);
  saved(pair);
  assert.not(pair.server.saving.isUrgent);
});

sessionSaving("when no number is left, not even an alert goes out", () => {
  const { pair, session } = connected();
  saved(pair);
  for (let sent = 0; sent < SEQUENCE_NUMBERS_RESERVED; sent++) pair.server.seal(session, toUtf8("x"));
  const before = pair.datagrams.length;
  pair.server.closeIdentity(pair.now, session.identity);
  assert.is(pair.datagrams.length, before);
  assert.equal(pair.downs, ["keyRemoved"]);
});

sessionSaving("records that wait are bounded, and those of a session that ended are forgotten", () => {
  const { pair, session } = connected();
  saved(pair);
  for (let sent = 0; sent < SEQUENCE_NUMBERS_RESERVED; sent++) pair.server.seal(session, toUtf8("x"));
  for (let i = 0; i <= WAITING_RECORDS_MAX; i++) pair.server.seal(session, toUtf8("x"));
  assert.is(pair.counted("recordWaits"), WAITING_RECORDS_MAX);
  assert.is(pair.counted("recordsWaitingFull"), 1);
  pair.server.closeIdentity(pair.now, session.identity);
  const before = pair.datagrams.length;
  saved(pair);
  assert.is(pair.datagrams.length, before);
});

sessionSaving("when what was stored is lost for good, numbers are free, and all is written down again", () => {
  const { pair, session } = connected();
  saved(pair);
  for (let sent = 0; sent < SEQUENCE_NUMBERS_RESERVED; sent++) pair.server.seal(session, toUtf8("x"));
  pair.server.seal(session, toUtf8("patience"));
  pair.server.saving.handleLost();
  pair.run(1_000);
  assert.equal(pair.clientReceived.map(String), [String(toUtf8("patience"))]);
  assert.is(saved(pair).length, 1);
});

sessionSaving("two stored sessions at one address: the one that was used last goes on", () => {
  const { pair } = connected();
  const [stored] = saved(pair) as [NumberedSnapshot];
  assert.equal(pair.restartServer([stored, { ...stored, number: 7 }]), [true, true]);
  assert.is(pair.server.sessionCount, 1);
  assert.equal(pair.server.saving.take(COUNT_MAX, pair.now)?.ended, [1]);
});

sessionSaving(
  "a session that was idle for too long while no process was there is refused, and its number is free",
  () => {
    const pair = new DtlsPair({ parameters: { sessionIdleMs: 10_000 } }).run(1_000);
    const stored = saved(pair);
    pair.now = (pair.now + 10_000) as typeof pair.now;
    assert.equal(pair.restartServer(stored), [false]);
    assert.equal(pair.server.saving.take(COUNT_MAX, pair.now)?.ended, [1]);
  },
);

sessionSaving.run();
