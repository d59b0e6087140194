import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InvariantError } from "../../../src/base/assert.ts";
import { MemoryFlash } from "../../../src/device/memory-flash.ts";
import { BootControl } from "../../../src/device/slots/boot-control.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { type CutMoment, CuttingFlash, Power, PowerCut } from "../../support/cutting-flash.ts";

const test = suite("boot-control");

const PAGE_LENGTH = 256;

class Board {
  readonly flash = new MemoryFlash(2 * PAGE_LENGTH, PAGE_LENGTH);

  start(power = new Power()): BootControl {
    return new BootControl(new CuttingFlash(this.flash, power), CRYPTO);
  }

  /** What runs at each of the next starts, with a star where it is on trial. */
  starts(count: number): string {
    return Array.from({ length: count }, () => {
      const { running, onTrial } = this.start();
      return `${running}${onTrial ? "*" : ""}`;
    }).join(" ");
  }
}

test("from the factory the first slot runs, and is not on trial", () => {
  assert.is(new Board().starts(3), "0 0 0");
});

test("what is tried runs once, and unless it confirms itself the other runs from then on", () => {
  const board = new Board();
  board.start().tryOther();
  assert.is(board.starts(4), "1* 0 0 0");
});

test("what confirms itself on trial runs from then on, and the other may be tried after", () => {
  const board = new Board();
  board.start().tryOther();
  board.start().confirm();
  assert.is(board.starts(2), "1 1");
  board.start().tryOther();
  assert.is(board.starts(3), "0* 1 1");
});

test("a trial may be asked for again, and a third time", () => {
  const board = new Board();
  for (let i = 0; i < 3; i++) {
    board.start().tryOther();
    assert.is(board.starts(2), "1* 0");
  }
});

test("what was withdrawn is not tried", () => {
  const board = new Board();
  const control = board.start();
  control.tryOther();
  control.withdraw();
  assert.is(board.starts(2), "0 0");
});

test("confirming what is confirmed and withdrawing nothing write nothing", () => {
  const power = new Power();
  const control = new Board().start(power);
  control.confirm();
  control.withdraw();
  assert.is(power.operations, 0);
});

test("what is on trial cannot try the other: nothing would be left to fall back to", () => {
  const board = new Board();
  board.start().tryOther();
  const control = board.start();
  assert.throws(
    () => control.tryOther(),
    (error: unknown) => error instanceof InvariantError,
  );
});

/** Whether the power failed at operation `cutAt` of: asked for, started, confirmed. After it, what runs twice. */
function cutTrial(cutAt: number, moment: CutMoment): string | undefined {
  const board = new Board();
  const power = new Power(cutAt, moment);
  try {
    board.start(power).tryOther();
    board.start(power).confirm();
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
    return board.starts(3);
  }
  return undefined;
}

test("power that fails in a trial leaves it to come, over, or confirmed", () => {
  // One write each: asked for, on the record as begun, confirmed.
  const expected = {
    before: ["0 0 0", "1* 0 0", "0 0 0"],
    middle: ["0 0 0", "1* 0 0", "0 0 0"],
    after: ["1* 0 0", "0 0 0", "1 1 1"],
  };
  for (const moment of ["before", "middle", "after"] as const) {
    const left = [1, 2, 3].map((cutAt) => cutTrial(cutAt, moment));
    assert.equal(left, expected[moment], moment);
    assert.is(cutTrial(4, moment), undefined);
  }
});

test.run();
