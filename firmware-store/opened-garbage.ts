// What opening pages leaves behind: node:crypto gives each piece of a page in an array of its own, which lies outside of the
// heap. The heap hardly grows by them, so V8 would collect them late, with tens of megabytes of them waiting.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes that were opened before what is left of them is collected: a third of a millisecond for 32 pages. */
const COLLECTED_LENGTH = 2 * 1024 * 1024;

type Collect = (options: { readonly type: "minor" }) => void;

class OpenedGarbage {
  #collect: Collect | undefined;
  #length = 0;

  /** Says that so many bytes more were opened. */
  leave(length: number): void {
    this.#length += length;
    if (this.#length < COLLECTED_LENGTH) return;
    this.#length = 0;
    this.#collect ??= collector();
    this.#collect({ type: "minor" });
  }
}

/** One for each thread, as there is one heap. */
export const openedGarbage = new OpenedGarbage();

/** V8's own function: a context that is made after the flag is set has it. */
function collector(): Collect {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as Collect;
}
