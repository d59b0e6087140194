// A POST that is sent again because its answer got lost: with the same Idempotency-Key it gets the answer of the first, and is
// not done twice. Answers are kept in memory: after a restart a name that is taken says that the first one was done.

import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { Problem, Status } from "./problem.ts";

export const IDEMPOTENCY_KEY_LENGTH_MAX = 128;
export const KEPT_ANSWERS_MAX = 4_096;
export const KEPT_ANSWER_AGE_MS = 86_400_000;

export interface Answer {
  readonly status: number;
  readonly body: string;
}

interface Kept {
  /** Of what was asked. */
  readonly request: string;
  readonly answer: Promise<Answer>;
}

const KEY = /^[\x21-\x7e]{1,128}$/;

export class Idempotency {
  readonly #kept = new LRUCache<string, Kept>({ max: KEPT_ANSWERS_MAX, ttl: KEPT_ANSWER_AGE_MS });

  get count(): number {
    return this.#kept.size;
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
    const known = this.#kept.get(name);
    if (known !== undefined) {
      if (known.request === digest(request)) return known.answer;
      throw new Problem(Status.UNPROCESSABLE, "this Idempotency-Key came with another request: draw a fresh one");
    }
    const answer = work();
    this.#kept.set(name, { request: digest(request), answer });
    // What was not done may be tried again.
    answer.catch(() => this.#kept.delete(name));
    return answer;
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
