import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Instant, instant } from "../../../src/base/instant.ts";
import { peerAddress } from "../../../src/base/peer-address.ts";
import { CROWDED_COUNT, type StrangersWork, WorkBudget } from "../../../src/dtls/admission/work-budget.ts";

const workBudget = suite("work-budget");

const NOW = instant(10_000);

/** How much of a flood from everywhere is done in one millisecond. */
function done(budget: WorkBudget, now: Instant, work: StrangersWork, asked = 5_000): number {
  let count = 0;
  for (let i = 0; i < asked; i++) {
    if (budget.admits(now, peerAddress(`${1 + (i >> 8)}.${i & 255}.0.1`, 1), work)) count++;
  }
  return count;
}

/** One that has sessions with much to say, and more datagrams than it can answer. */
function guarded(): WorkBudget {
  const budget = new WorkBudget(7);
  budget.handleSessionRecord(NOW);
  budget.handleBatch(NOW, CROWDED_COUNT);
  return budget;
}

workBudget("while the server keeps up with what comes, strangers get all they ask for", () => {
  const budget = new WorkBudget(7);
  budget.handleSessionRecord(NOW);
  budget.handleBatch(NOW, CROWDED_COUNT - 1);
  assert.is(done(budget, NOW, "handshake"), 5_000);
});

workBudget("where no session has anything to say, strangers get all they ask for", () => {
  const budget = new WorkBudget(7);
  budget.handleBatch(NOW, 64);
  assert.is(done(budget, NOW, "handshake"), 5_000);
});

workBudget("in a crowd strangers get their share of the time, and each kind of work its own", () => {
  const budget = guarded();
  assert.ok(done(budget, NOW, "handshake") < 120);
  assert.ok(done(budget, NOW, "hello") > 150);
  const later = done(budget, instant(NOW + 50), "handshake");
  assert.ok(later > 3 && later < 60, `${later}`);
});

/** Handshakes done in a second in which so many hellos came each millisecond. */
function handshakesBeside(hellosPerMs: number, costFactor: number): number {
  const budget = new WorkBudget(7, costFactor);
  let count = 0;
  for (let at = 0; at < 1_000; at++) {
    const now = instant(NOW + at);
    budget.handleSessionRecord(now);
    budget.handleBatch(now, CROWDED_COUNT);
    done(budget, now, "hello", hellosPerMs);
    count += done(budget, now, "handshake", 5);
  }
  return count;
}

workBudget("the more strangers have to say, the less is done of it, for reading takes time as well", () => {
  const [few, many] = [handshakesBeside(1, 1), handshakesBeside(100, 1)];
  assert.ok(few > 700, `${few}`);
  assert.ok(many < few / 2, `${many} of ${few}`);
  // However many come, some get through.
  assert.ok(handshakesBeside(1_000, 1) > 50);
});

workBudget("where all of it is dearer, without native parts, less of it is done", () => {
  assert.ok(handshakesBeside(1, 3) < handshakesBeside(1, 1) / 2);
});

workBudget("a hello is not even read while nothing is left for one, with a cookie or without", () => {
  const budget = guarded();
  assert.not.ok(budget.isSpent(NOW));
  done(budget, NOW, "hello");
  assert.not.ok(budget.isSpent(NOW));
  done(budget, NOW, "cookie");
  assert.ok(budget.isSpent(NOW));
  assert.not.ok(budget.isSpent(instant(NOW + 5)));
  assert.not.ok(new WorkBudget(7).isSpent(NOW));
});

workBudget("work that turned out dearer than it was taken for is charged, and less is done after it", () => {
  const budget = guarded();
  const usual = done(budget, instant(NOW + 50), "plainRequest");
  budget.charge("plainRequest", 1_000_000);
  assert.is(done(budget, instant(NOW + 60), "plainRequest"), 0);
  assert.ok(usual > 20);
});

workBudget(
  "RFC 7252 4.8.2: a device whose request was lost in the crowd still has its share when it repeats it",
  () => {
    const budget = guarded();
    const now = instant(NOW + 44_000);
    budget.handleBatch(now, CROWDED_COUNT);
    assert.ok(done(budget, now, "handshake") < 120);
  },
);

workBudget("a crowd is over a tenth of a second after the last one", () => {
  const budget = guarded();
  assert.ok(done(budget, instant(NOW + 99), "hello") < 5_000);
  assert.is(done(budget, instant(NOW + 100), "hello"), 5_000);
});

workBudget("in a crowd one site leaves a part of each share to others", () => {
  const budget = guarded();
  const [loud, quiet] = [peerAddress("203.0.113.1", 1), peerAddress("198.51.100.1", 1)];
  let refused = 0;
  for (let at = 0; at < 2_000; at++) {
    const now = instant(NOW + at);
    budget.handleSessionRecord(now);
    budget.handleBatch(now, CROWDED_COUNT);
    for (let i = 0; i < 10; i++) budget.admits(now, loud, "hello");
    if (!budget.admits(now, quiet, "hello")) refused++;
  }
  assert.ok(refused < 200, `${refused} of 2000`);
});

workBudget.run();
