// Draws that fill the unit interval more evenly than independent ones do, for means that few exchanges are to tell:
// randomised quasi-Monte Carlo. Each source of randomness has a sequence of its own for each attempt of an exchange:
// frac(shift + n·√prime), Richtmyer's sequence under a random shift (Cranley and Patterson 1976). Of any n draws in a row
// p·n lie below p, give or take a few; and as the shifts are uniform and independent of each other, all that one exchange
// draws is distributed as independent uniform draws are, so that a mean of such exchanges estimates without bias.

import { Prng } from "../../sim/prng.ts";

/** One for each sequence, in the order of their first draws. Their square roots are linearly independent over the rationals. */
const PRIMES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73] as const;

/** What all draws of one run share. */
interface Run {
  /** Of the exchange that is going on, from 0. */
  attempt: number;
  sequenceCount: number;
}

interface Sequence {
  point: number;
  readonly step: number;
}

export class QuasiRandom extends Prng {
  readonly #shifts: Prng;
  readonly #run: Run;
  readonly #sequences = new Map<number, Sequence>();

  constructor(shifts: Prng, run: Run = { attempt: 0, sequenceCount: 0 }) {
    super(0);
    this.#shifts = shifts;
    this.#run = run;
  }

  /** Which attempt of an exchange draws from now on. */
  set attempt(attempt: number) {
    this.#run.attempt = attempt;
  }

  override fork(name: string): QuasiRandom {
    return new QuasiRandom(this.#shifts.fork(name), this.#run);
  }

  override uint32(): number {
    const sequence = this.#sequences.get(this.#run.attempt) ?? this.#begin();
    sequence.point = (sequence.point + sequence.step) % 1;
    return Math.floor(sequence.point * 2 ** 32);
  }

  #begin(): Sequence {
    const prime = PRIMES[this.#run.sequenceCount++];
    if (prime === undefined) throw new Error("more sequences than primes");
    const sequence = { point: this.#shifts.fraction(), step: Math.sqrt(prime) % 1 };
    this.#sequences.set(this.#run.attempt, sequence);
    return sequence;
  }
}
