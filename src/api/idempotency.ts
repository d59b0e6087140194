// A POST that is sent again because its answer got lost: with the same Idempotency-Key it gets the answer of the first, and is
// not done twice. Answers are kept in memory: after a restart a name that is taken says that the first one was done.

import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { Problem, Status } from "./problem.ts";

export const IDEMPOTENCY_KEY_LENGTH_MAX = 128;
export const KEPT_ANSWERS_MAX = 4_096;
/** Bytes of all of them, each with what it takes to keep it. */
export const KEPT_ANSWERS_LENGTH_MAX = 16 * 1024 * 1024;
export const KEPT_ANSWER_AGE_MS = 86_400_000;

const KEPT_OVERHEAD_LENGTH = 256;
const CHARACTER_LENGTH = 2;

export interface Answer {
  readonly status: number;
  readonly body: string;
}

interface Kept {
  /** Of what was asked. */
  readonly request: string;
  readonly answer: Promise<Answer>;
  /** Bytes of the answer; 0 until there is one. */
  readonly length: number;
}

const KEY = /^[\x21-\x7e]{1,128}$/;

export class Idempotency {
  readonly #kept = new LRUCache<string, Kept>({
    max: KEPT_ANSWERS_MAX,
    maxSize: KEPT_ANSWERS_LENGTH_MAX,
    sizeCalculation: ({ length }) => KEPT_OVERHEAD_LENGTH + length,
    ttl: KEPT_ANSWER_AGE_MS,
  });

  get count(): number {
    return this.#kept.size;
  }

  get length(): number {
    return this.#kept.calculatedSize;
  }

  /** The answer of `work`, or the one that it gave to this person's key before. Throws Problem. */
  async once(person: string, key: string, request: string, work: () => Promise<Answer>): Promise<Answer> {
    if (!KEY.test(key)) {
      throw new Problem(
        Status.BAD_REQUEST,
        `Idempotency-Key: use 1 to ${IDEMPOTENCY_KEY_LENGTH_MAX} printable characters`,
      );
    }
    const name = digest(`${person}\n${key}`);
    const asked = digest(request);
    const known = this.#kept.get(name);
    if (known !== undefined) {
      if (known.request === asked) return known.answer;
      throw new Problem(Status.UNPROCESSABLE, "this Idempotency-Key came with another request: draw a fresh one");
    }
    const answer = work();
    this.#kept.set(name, { request: asked, answer, length: 0 });
    answer.then(
      ({ body }) => this.#kept.set(name, { request: asked, answer, length: CHARACTER_LENGTH * body.length }),
      // What was not done may be tried again.
      () => this.#kept.delete(name),
    );
    return answer;
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
