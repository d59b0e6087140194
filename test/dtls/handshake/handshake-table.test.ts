import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addMs, instant } from "../../../src/base/instant.ts";
import { peerAddress } from "../../../src/base/peer-address.ts";
import { HandshakeTable } from "../../../src/dtls/handshake/handshake-table.ts";
import { DTLS_PARAMETERS } from "../../../src/dtls/parameters.ts";
import { begunServerHandshake as handshake } from "../../support/begun-handshake.ts";

const handshakeTable = suite("handshake-table");

const peerAt = (port: number) => peerAddress("10.0.0.1", port);

handshakeTable("a handshake is found by address and by Connection ID until it is removed", () => {
  const table = new HandshakeTable();
  const one = handshake(peerAt(1));
  table.add(one);
  table.nameConnectionId(one, 77);
  assert.is(table.at(peerAt(1)), one);
  assert.is(table.withConnectionId(77), one);
  table.remove(one);
  assert.is(table.at(peerAt(1)), undefined);
  assert.is(table.withConnectionId(77), undefined);
  assert.equal([table.size, table.earliestDeadline], [0, undefined]);
});

handshakeTable("each has a number, and the last one takes the number of whoever leaves", () => {
  const table = new HandshakeTable();
  const [first, second, third] = [1, 2, 3].map((port) => handshake(peerAt(port)));
  for (const one of [first!, second!, third!]) table.add(one);
  table.remove(first!);
  assert.is(table.size, 2);
  assert.is(table.number(0), third);
  assert.is(table.number(1), second);
});

handshakeTable("several at one address are found together, whichever of them leaves", () => {
  for (const leaving of [0, 1, 2]) {
    const table = new HandshakeTable();
    const all = [1, 1, 1].map((port) => handshake(peerAt(port)));
    for (const one of all) table.add(one);
    assert.is(table.at(peerAt(1)), all[2]);
    table.remove(all[leaving]!);
    const left = all.filter((_, i) => i !== leaving).reverse();
    assert.ok(table.allAt(peerAt(1)).every((one, i) => one === left[i]) && table.size === 2);
  }
});

handshakeTable("the earliest deadline is due first, and a removed handshake has none", () => {
  const table = new HandshakeTable();
  const [late, early] = [handshake(peerAt(1), 5_000), handshake(peerAt(2), 1_000)];
  table.add(late);
  table.add(early);
  const dueAt = instant(1_000 + DTLS_PARAMETERS.handshakeLifetimeMs);
  assert.is(table.earliestDeadline, dueAt);
  assert.is(table.takeDue(addMs(dueAt, -1)), undefined);
  assert.is(table.takeDue(dueAt), early);
  table.remove(late);
  assert.is(table.takeDue(addMs(dueAt, 80_000)), undefined);
});

handshakeTable("those that wait for an identity are taken together, once", () => {
  const table = new HandshakeTable();
  const waiting = [1, 2].map((port) => handshake(peerAt(port)));
  for (const one of waiting) {
    table.add(one);
    table.awaitPsk(one, "identity");
  }
  assert.ok(table.takeAwaiting("identity").every((one, i) => one === waiting[i]));
  assert.is(table.takeAwaiting("identity").length, 0);
  assert.is(table.takeAwaiting("another").length, 0);
});

handshakeTable("a removed handshake waits for nothing", () => {
  const table = new HandshakeTable();
  const one = handshake(peerAt(1));
  table.add(one);
  table.awaitPsk(one, "identity");
  table.remove(one);
  assert.is(table.takeAwaiting("identity").length, 0);
});

handshakeTable("removing twice, or naming what has left the table, changes nothing", () => {
  const table = new HandshakeTable();
  const [gone, stays] = [handshake(peerAt(1)), handshake(peerAt(1))];
  table.add(gone);
  table.remove(gone);
  table.add(stays);
  table.remove(gone);
  table.reschedule(gone);
  table.nameConnectionId(gone, 1);
  table.awaitPsk(gone, "identity");
  assert.is(table.at(peerAt(1)), stays);
  assert.equal([table.size, table.withConnectionId(1), table.takeAwaiting("identity").length], [1, undefined, 0]);
});

handshakeTable.run();
