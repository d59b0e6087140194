import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addMs, earliest, instant } from "../../src/base/instant.ts";

const instants = suite("instant");

instants("an instant moves by milliseconds, fractions kept", () => {
  assert.is(addMs(instant(1000.25), 2000.5), 3000.75);
});

instants("the earlier of two deadlines is taken, whichever comes first", () => {
  assert.is(earliest(instant(1), instant(2)), 1);
  assert.is(earliest(instant(2), instant(1)), 1);
});

instants("a deadline that is absent never wins", () => {
  assert.is(earliest(undefined, instant(2)), 2);
  assert.is(earliest(instant(1), undefined), 1);
});

instants("no deadlines have no earliest", () => {
  assert.is(earliest(undefined, undefined), undefined);
});

instants("the origin of the clock is a deadline like any other", () => {
  assert.is(earliest(instant(0), instant(5)), 0);
});

instants.run();
