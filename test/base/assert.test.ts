import { suite } from "uvu";
import * as check from "uvu/assert";
import { assert, InvariantError, unreachable } from "../../src/base/assert.ts";

const invariant = suite("assert");

invariant("what holds passes in silence", () => {
  check.not.throws(() => assert(true, "never seen"));
});

invariant("what does not hold is an InvariantError with its message", () => {
  check.throws(
    () => assert(false, "the window is full"),
    (error: unknown) => error instanceof InvariantError && error.message === "the window is full",
  );
});

invariant("a variant that nobody handled is named in the crash", () => {
  check.throws(() => unreachable({ kind: "forgotten" } as never), /unreachable: \{"kind":"forgotten"\}/);
});

invariant.run();
