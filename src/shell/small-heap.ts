// How much memory a server gives to objects that are dead.

import { setFlagsFromString } from "node:v8";

/** How much larger than after the last collection the old objects' heap may become before the next. */
const GROWTH_PERCENT = 20;

/**
 * Keeps V8's space of new objects at the size that it begins with. Under load V8 would double it again and again, with
 * Node.js 24 to over 100 MB, and give little of it back. A datagram's objects are dead before the next datagram comes, so
 * a server gains nothing from that: `npm run bench` shows the same times. V8 reads this flag whenever it could grow the
 * space, so it also holds for a heap that exists already; `--max-semi-space-size` is read only at its beginning.
 *
 * A space this small is collected by one thread: to wake others takes more than they take over. 2 µs less of 57 for a
 * handshake (Node.js 20).
 *
 * And collects old objects when there are a fifth more of them, instead of when there are two or three times as many. What
 * handshakes leave behind would else take more memory than the sessions that they make: with 100,000 of them asleep,
 * 2,489 bytes a session in place of 1,116. Blocks make no old objects, and cost the same.
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--no-parallel-scavenge");
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
