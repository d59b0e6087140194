import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatDuration, formatLength } from "../../../src/cli/tune/words.ts";

const words = suite("tune-words");

for (const [seconds, text] of [
  [0, "0.0 s"],
  [45.06, "45.1 s"],
  [99.94, "99.9 s"],
  [99.95, "1 min 40 s"],
  [166.4, "2 min 46 s"],
  [3599.4, "59 min 59 s"],
  [3599.6, "1 h 0 min"],
  [86_369, "23 h 59 min"],
  [86_370, "1 d 0 h"],
  [202_240, "2 d 8 h"],
] as const) {
  words(`${seconds} s are told as ${text}`, () => {
    assert.is(formatDuration(seconds), text);
  });
}

words("a length is in KiB where it is whole KiB", () => {
  assert.is(formatLength(102_400), "100 KiB");
  assert.is(formatLength(102_432), "102432 bytes");
});

words.run();
