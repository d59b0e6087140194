import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addMs, type Instant, instant } from "../../src/base/instant.ts";
import { RequestWindow } from "../../src/device/request-window.ts";

const requestWindow = suite("request-window");

const START = instant(1_000);

/** A window with requests 0, 1, 2 ... sent at once, on a link whose round trip is known to be 1 s, without back-off. */
function windowOf(count: number): RequestWindow<string> {
  const window = new RequestWindow<string>(16, 4_000);
  for (let i = 0; i < 50; i++) window.roundTrip.sample(1_000);
  for (let id = 0; id < count; id++) window.sent(START, id, `request ${id}`);
  return window;
}

function at(ms: number): Instant {
  return addMs(START, ms);
}

requestWindow("there is room until so many requests are in the air as are allowed", () => {
  const window = new RequestWindow<string>(2, 4_000);
  assert.ok(window.hasRoom);
  window.sent(START, 0, "a");
  window.sent(START, 1, "b");
  assert.not.ok(window.hasRoom);
  window.answered(at(10), 0);
  assert.ok(window.hasRoom);
  assert.equal([window.size, window.requests], [1, ["b"]]);
});

requestWindow("an answer tells its request, its age since the first transmission, and the other transmissions", () => {
  const window = windowOf(1);
  window.resent(at(700), 0, 7);
  assert.equal(window.answered(at(900), 7), { request: "request 0", elapsedMs: 900, others: [0] });
  assert.is(window.answered(at(901), 0), undefined);
  assert.is(window.size, 0);
});

requestWindow(
  "RFC 9002 5.1: each answer measures the transmission that it answers, the first one or a later one",
  () => {
    for (const [id, roundTripMs] of [
      [0, 2_000],
      [7, 1_300],
    ] as const) {
      const window = new RequestWindow<string>(1, 4_000);
      window.sent(START, 0, "a");
      window.resent(at(700), 0, 7);
      window.answered(at(2_000), id);
      assert.is(window.roundTrip.smoothedMs, roundTripMs);
    }
  },
);

requestWindow("of one request no more than eight transmissions are waited for: the first and the last four", () => {
  const window = windowOf(1);
  for (let copy = 1; copy <= 7; copy++) assert.is(window.resent(at(copy), copy - 1, copy), undefined);
  assert.is(window.resent(at(8), 7, 8), 4);
  assert.is(window.resent(at(9), 8, 9), 5);
  assert.equal(
    [3, 4, 5, 6].map((id) => window.requestOf(id)),
    ["request 0", undefined, undefined, "request 0"],
  );
});

requestWindow("RFC 9002 6.1.1: a request is lost when one sent three transmissions later is answered", () => {
  const window = windowOf(5);
  window.answered(at(10), 2);
  assert.is(window.takeOvertaken(at(10)), undefined);
  window.answered(at(11), 3);
  assert.is(window.takeOvertaken(at(11)), 0);
});

requestWindow("RFC 9002 6.1.2: one that was overtaken at all is lost when 9/8 of a round trip have gone by", () => {
  const window = windowOf(2);
  window.answered(at(1_000), 1);
  assert.is(window.takeOvertaken(at(1_100)), undefined);
  assert.is(window.takeOvertaken(at(1_126)), 0);
});

requestWindow("a request that was sent again is judged by its latest transmission", () => {
  const window = windowOf(5);
  window.answered(at(10), 4);
  for (let id = window.takeOvertaken(at(10)); id !== undefined; id = window.takeOvertaken(at(10))) {
    window.resent(at(10), id, 100 + id);
  }
  assert.is(window.takeOvertaken(at(20)), undefined);
});

requestWindow("what overtakes is the transmission that is answered, not the request", () => {
  const window = windowOf(1);
  for (let id = 1; id < 6; id++) window.sent(START, id, "x");
  window.resent(at(1), 1, 7);
  window.answered(at(2), 1);
  assert.is(window.takeOvertaken(at(2)), undefined);
});

requestWindow("silence lasts from the oldest transmission, and half a timeout from the latest answer at least", () => {
  const window = windowOf(2);
  assert.is(window.deadline, at(1_500));
  window.answered(at(1_000), 0);
  assert.is(window.deadline, at(1_750));
  window.answered(at(1_000), 1);
  assert.is(window.deadline, undefined);
});

requestWindow("a transmission does not put off the end of a silence that has begun", () => {
  const window = windowOf(1);
  window.sent(at(1_000), 1, "later");
  assert.is(window.deadline, at(1_500));
});

requestWindow("after a rest silence begins with the next transmission", () => {
  const window = windowOf(1);
  window.answered(at(1_000), 0);
  window.sent(at(60_000), 1, "later");
  assert.is(window.deadline, at(61_500));
});

requestWindow(
  "when silence has lasted too long the oldest transmission is the one to repeat, and the next wait doubles",
  () => {
    const window = windowOf(3);
    assert.equal(window.takeSilent(at(1_499)), []);
    assert.equal(window.takeSilent(at(1_500)), [0]);
    window.resent(at(1_500), 0, 7);
    assert.is(window.deadline, at(1_500 + 3_000));
    // RFC 9002 6.2.4: the first probe was in vain, so that two go out, the oldest first.
    assert.equal(window.takeSilent(at(4_500)), [1, 2]);
    assert.is(window.silences, 2);
  },
);

/** As windowOf, on a link that has lost every second of 60 exchanges so far. */
function lossyWindowOf(count: number): RequestWindow<string> {
  const window = windowOf(0);
  for (let i = 0; i < 30; i++) {
    const [lost, answered] = [1_000 + 2 * i, 1_001 + 2 * i];
    window.sent(START, lost, "lost");
    window.sent(START, answered, "answered");
    window.answered(at(1_000), answered);
    window.sent(at(0), 9_000, "later");
    window.answered(at(1_000), 9_000);
    assert.is(window.takeOvertaken(at(1_200)), lost);
    window.forget(lost);
  }
  for (let id = 0; id < count; id++) window.sent(at(2_000), id, `request ${id}`);
  return window;
}

requestWindow("a silence that is this link's usual loss has all that is overdue sent again, without back-off", () => {
  const window = lossyWindowOf(3);
  const { timeoutMs } = window.roundTrip;
  assert.equal(window.takeSilent(window.deadline!), [0, 1, 2]);
  assert.equal([window.silences, window.roundTrip.timeoutMs], [0, timeoutMs]);
});

requestWindow("a silence longer than chance has it backs off, and counts", () => {
  const window = lossyWindowOf(3);
  const { timeoutMs } = window.roundTrip;
  let rounds = 0;
  for (let id = 100; window.silences === 0; rounds++) {
    const silentAt = window.deadline!;
    for (const old of window.takeSilent(silentAt)) window.resent(silentAt, old, id++);
  }
  // One of three is lost: 0.33^n falls below 0.001 at the seventh transmission, which is in the third round.
  assert.is(rounds, 3);
  assert.is(window.roundTrip.timeoutMs, 2 * timeoutMs);
});

requestWindow("RFC 7252 5.2.2: what the server has acknowledged is neither silence nor lost, and is waited for", () => {
  const window = windowOf(5);
  window.acknowledged(at(1_000), 0);
  window.answered(at(1_000), 4);
  assert.is(window.takeOvertaken(at(1_000)), 1);
  window.forget(1);
  for (const id of [2, 3]) window.forget(id);
  assert.equal([window.size, window.deadline, window.takeSilent(at(90_000))], [1, undefined, []]);
  assert.equal(window.answered(at(90_000), 0), { request: "request 0", elapsedMs: 90_000, others: [] });
});

requestWindow(
  "RFC 7252 5.2.2: an acknowledgement ends a silence and measures the way, and the late answer does not",
  () => {
    const window = windowOf(1);
    window.takeSilent(at(1_500));
    assert.is(window.silences, 1);
    window.resent(at(1_500), 0, 7);
    window.acknowledged(at(2_500), 7);
    assert.equal([window.silences, window.roundTrip.smoothedMs], [0, 1_000]);
    window.answered(at(60_000), 7);
    assert.is(window.roundTrip.smoothedMs, 1_000);
  },
);

requestWindow("an answer ends a row of silences", () => {
  const window = windowOf(2);
  window.takeSilent(at(1_500));
  window.answered(at(1_600), 1);
  assert.is(window.silences, 0);
});

requestWindow("RFC 5681 3.1: after a silence there is room for one request, however many there were", () => {
  const window = new RequestWindow<string>(undefined, 4_000);
  window.sent(START, 0, "a");
  assert.ok(window.hasRoom);
  window.takeSilent(window.deadline!);
  assert.not.ok(window.hasRoom);
});

requestWindow("what is forgotten or cleared neither fills the window nor is waited for; the round trip is kept", () => {
  const window = windowOf(3);
  window.forget(0);
  assert.equal([window.size, window.requestOf(0), window.requestOf(1)], [2, undefined, "request 1"]);
  window.clear();
  assert.equal([window.size, window.deadline, window.roundTrip.smoothedMs], [0, undefined, 1_000]);
});

requestWindow.run();
