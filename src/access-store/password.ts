// Passwords as scrypt (RFC 7914) stretches them: what is stored says its own costs, so that these can rise.

import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

/** Characters: shorter ones are guessed, and longer ones are hashed for nothing. */
export const PASSWORD_LENGTH_MIN = 12;
export const PASSWORD_LENGTH_MAX = 256;

/** At the same time: each takes 64 MiB and a thread. */
export const STRETCHED_AT_ONCE_MAX = 2;
/** That wait for a turn; of more, each is refused. */
export const STRETCHING_WAITING_MAX = 16;

/** RFC 7914 2: N is 2 to the power of this. */
const LOG_COST = 16;
const BLOCK_SIZE = 8;
const PARALLELIZATION = 1;
const SALT_LENGTH = 16;
const HASH_LENGTH = 32;

const STORED = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d)\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;

const stretch = promisify<string, Uint8Array, number, ScryptOptions, Buffer>(scrypt);

/** What is wrong with a new password, in one line. */
export function passwordFault(password: string): string | undefined {
  const { length } = password;
  if (length >= PASSWORD_LENGTH_MIN && length <= PASSWORD_LENGTH_MAX) return undefined;
  return `the password has ${length} characters: use ${PASSWORD_LENGTH_MIN} to ${PASSWORD_LENGTH_MAX}`;
}

/** Stretches few passwords at a time: guesses that come together must not take all memory. */
export class Passwords {
  readonly #waiting: (() => void)[] = [];
  readonly #logCost: number;
  #busyCount = 0;
  #absent: Promise<string> | undefined;

  /** Tests take a smaller cost. */
  constructor(logCost = LOG_COST) {
    this.#logCost = logCost;
  }

  /** The text to store; undefined where too many wait. */
  hash(password: string): Promise<string | undefined> {
    return this.#inTurn(async () => {
      const salt = randomBytes(SALT_LENGTH);
      const hash = await stretch(password.normalize("NFKC"), salt, HASH_LENGTH, optionsOf(this.#logCost));
      return `$scrypt$ln=${this.#logCost},r=${BLOCK_SIZE},p=${PARALLELIZATION}$${unpadded(salt)}$${unpadded(hash)}`;
    });
  }

  /**
   * Whether it is the one that was stored; undefined where too many wait. Without a stored one it takes as long, and the
   * answer is no: nobody learns by a clock who has an account.
   */
  async verify(password: string, stored: string | undefined): Promise<boolean | undefined> {
    this.#absent ??= this.hash(randomBytes(SALT_LENGTH).toString("hex")).then((text) => text ?? "");
    const [, logCost, blockSize, parallelization, salt = "", hash = ""] =
      STORED.exec(stored ?? (await this.#absent)) ?? [];
    if (hash === "") return stored === undefined ? undefined : false;
    return this.#inTurn(async () => {
      const options = optionsOf(Number(logCost), Number(blockSize), Number(parallelization));
      const found = await stretch(password.normalize("NFKC"), Buffer.from(salt, "base64"), HASH_LENGTH, options);
      return timingSafeEqual(found, Buffer.from(hash, "base64")) && stored !== undefined;
    });
  }

  async #inTurn<Value>(work: () => Promise<Value>): Promise<Value | undefined> {
    if (this.#busyCount >= STRETCHED_AT_ONCE_MAX) {
      if (this.#waiting.length >= STRETCHING_WAITING_MAX) return undefined;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#busyCount++;
    }
    try {
      return await work();
    } finally {
      // The turn goes over to whoever waits longest.
      const next = this.#waiting.shift();
      if (next === undefined) this.#busyCount--;
      else next();
    }
  }
}

function optionsOf(logCost: number, r = BLOCK_SIZE, p = PARALLELIZATION): ScryptOptions {
  const N = 2 ** logCost;
  // Node.js's own limit is half of what the cost takes.
  return { N, r, p, maxmem: 2 * 128 * N * r };
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replace(/=+$/, "");
}
