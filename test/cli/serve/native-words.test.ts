import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nativeWords } from "../../../src/cli/serve/native-words.ts";
import type { NativeParts } from "../../../src/native/native-parts.ts";

const test = suite("native-words");

// What is in a part does not matter to the words.
const both = { datagramPort: {}, aead: {} } as NativeParts;
const one = { datagramPort: {} } as NativeParts;

for (const [parts, platform, words] of [
  [both, "linux", "datagrams and AEAD"],
  [one, "linux", "datagrams"],
  ["off", "linux", "none (NARROWBOAT_NATIVE=off); TypeScript serves"],
  ["notBuilt", "linux", "none (not built: that takes gcc, make and python3 when it is installed); TypeScript serves"],
  ["notBuilt", "darwin", "none (not built: they are for Linux); TypeScript serves"],
] as const) {
  test(`on ${platform}: ${words}`, () => {
    assert.is(nativeWords(parts, platform), `native parts: ${words}`);
  });
}

test.run();
