import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ReplayWindow } from "../../../src/dtls/record/replay-window.ts";

const replayWindow = suite("replay-window");

const NEWEST = 1_000;

function windowAt(newest: number): ReplayWindow {
  const window = new ReplayWindow();
  window.accept(newest);
  return window;
}

replayWindow("RFC 6347 4.1.2.6: the first record may have any number", () => {
  for (const first of [0, 1, 63, 64, 2 ** 32, 2 ** 48 - 1]) assert.ok(new ReplayWindow().accepts(first));
});

for (const age of [1, 31, 32, 33, 62, 63]) {
  replayWindow(`RFC 6347 4.1.2.6: a record ${age} behind the newest is taken once`, () => {
    const window = windowAt(NEWEST);
    assert.ok(window.accepts(NEWEST - age));
    assert.not(window.accept(NEWEST - age));
    assert.not(window.accepts(NEWEST - age));
  });
}

for (const age of [64, 65, 96, 1_000]) {
  replayWindow(`RFC 6347 4.1.2.6: a record ${age} behind the newest is left of the window`, () => {
    assert.not(windowAt(NEWEST).accepts(NEWEST - age));
  });
}

for (const jump of [1, 31, 32, 33, 63]) {
  replayWindow(
    `RFC 6347 4.1.2.6: after a jump of ${jump} what was seen is still known, what was not is still free`,
    () => {
      const window = windowAt(NEWEST);
      assert.ok(window.accept(NEWEST + jump));
      assert.not(window.accepts(NEWEST));
      assert.not(window.accepts(NEWEST + jump));
      for (let free = NEWEST + 1; free < NEWEST + jump; free++) assert.ok(window.accepts(free), `${free}`);
    },
  );
}

for (const jump of [64, 65, 2 ** 31, 2 ** 32, 2 ** 40, 2 ** 47]) {
  replayWindow(`RFC 6347 4.1.2.6: a jump of ${jump} is legal and begins a window of its own`, () => {
    const window = windowAt(NEWEST);
    assert.ok(window.accept(NEWEST + jump));
    assert.not(window.accepts(NEWEST));
    assert.ok(window.accepts(NEWEST + jump - 63));
    assert.not(window.accepts(NEWEST + jump - 64));
    assert.ok(window.accepts(NEWEST + jump + 1));
  });
}

replayWindow("RFC 6347 4.1.2.6: asking moves nothing", () => {
  const window = windowAt(NEWEST);
  window.accepts(2 ** 40);
  assert.ok(window.accepts(NEWEST - 1));
});

/** The rule in the words of the RFC, with a set that forgets nothing. */
class Model {
  readonly #seen = new Set<number>();
  #newest = -1;

  accepts(sequenceNumber: number): boolean {
    return !this.#seen.has(sequenceNumber) && sequenceNumber > this.#newest - 64;
  }

  accept(sequenceNumber: number): boolean {
    const newest = sequenceNumber > this.#newest;
    this.#seen.add(sequenceNumber);
    this.#newest = Math.max(this.#newest, sequenceNumber);
    return newest;
  }
}

replayWindow("RFC 6347 4.1.2.6: any order of records is judged as a set that forgets nothing judges it", () => {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: -70, max: 40 }) },
    { weight: 1, arbitrary: fc.constantFrom(31, 32, 33, 63, 64, 65, 2 ** 40) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const window = new ReplayWindow();
      const model = new Model();
      let at = 100;
      for (const by of steps) {
        at = Math.max(0, at + by);
        assert.is(window.accepts(at), model.accepts(at), `${at}`);
        if (window.accepts(at)) assert.is(window.accept(at), model.accept(at), `${at}`);
      }
    }),
    { seed: 6347, numRuns: 500 },
  );
});

replayWindow.run();
