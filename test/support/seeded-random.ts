// A RandomSource that gives the same bytes for the same seed: the simulator's own. Not for keys.

export { Prng as SeededRandom } from "../../sim/prng.ts";
