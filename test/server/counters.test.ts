import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY } from "../../src/base/bytes.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import { Counters } from "../../src/server/counters.ts";

const counters = suite("counters");

counters("each name is counted for itself, and a name that never happened is absent", () => {
  const counts = new Counters();
  for (const name of ["ping", "badOption", "ping"] as const) counts.add(name);
  assert.equal(counts.snapshot(), { badOption: 1, ping: 2 });
});

counters("a name with reasons is counted for each of them, under name.reason", () => {
  const counts = new Counters();
  for (const code of ["EMSGSIZE", "ENOBUFS", "EMSGSIZE"]) counts.add("socket", code);
  assert.equal(counts.snapshot(), { "socket.EMSGSIZE": 2, "socket.ENOBUFS": 1 });
  assert.is(counts.total, 3);
});

counters("an event is counted by its kind and its reason, and one without a reason is not", () => {
  const counts = new Counters();
  const peer = peerAddress("192.0.2.1", 5684);
  counts.observe({ kind: "sessionDown", peer, identity: EMPTY, end: "idle" });
  counts.observe({ kind: "handshakeFailed", peer, reason: "timeout", detail: "" });
  counts.observe({ kind: "keyRefused", peer, identity: EMPTY, reason: "keyDiffers" });
  counts.observe({ kind: "pskWanted", identity: EMPTY });
  assert.equal(counts.snapshot(), { "handshakeFailed.timeout": 1, "keyRefused.keyDiffers": 1, "sessionDown.idle": 1 });
});

counters("a snapshot is in alphabetical order", () => {
  const counts = new Counters();
  for (const name of ["ping", "badOption", "notAcceptable"] as const) counts.add(name);
  assert.equal(Object.keys(counts.snapshot()), ["badOption", "notAcceptable", "ping"]);
});

counters("a snapshot does not change afterwards", () => {
  const counts = new Counters();
  const before = counts.snapshot();
  counts.add("ping");
  assert.equal(before, {});
});

counters.run();
