// What a device does after a handshake in vain, and how long the next one waits for its first answer.

import type { ClientEnd } from "../dtls/dtls-client.ts";
import type { DialectHandshake } from "./dialect.ts";

/**
 * Handshakes in a row that end by a message before they give the server up: until Finished anybody can have written it,
 * as anybody can write an alert.
 */
const REFUSALS_MAX = 3;

/** After a handshake in vain the next one waits longer for its first answer, by this factor and up to this, ms. */
const FIRST_TIMEOUT_GROWTH = 4;
const FIRST_TIMEOUT_MAX_MS = 600_000;

export class HandshakeRetries {
  readonly #attemptsMs: readonly number[] | undefined;
  readonly #learns: boolean;
  #firstTimeoutMs: number;
  /** Handshakes in vain of those that the stack begins by itself. */
  #attempts = 0;
  #refusals = 0;

  constructor({ retransmitMs, attemptsMs }: DialectHandshake, learns: boolean) {
    this.#firstTimeoutMs = retransmitMs;
    this.#attemptsMs = attemptsMs;
    this.#learns = learns;
  }

  /** Of the next handshake. */
  get firstTimeoutMs(): number {
    return this.#firstTimeoutMs;
  }

  /** How long the next handshake may take as a whole, ms; undefined where its flights decide. */
  get lifetimeMs(): number | undefined {
    return this.#attemptsMs?.[this.#attempts];
  }

  established(): void {
    this.#attempts = 0;
    this.#refusals = 0;
  }

  /**
   * One came to nothing: "again" is the stack's own next try, "anew" one of the device's reconnections.
   */
  next(end: ClientEnd["kind"]): "again" | "anew" | "no" {
    if (end !== "timeout") this.#refusals++;
    if (end === "timeout" && ++this.#attempts < (this.#attemptsMs?.length ?? 1)) return "again";
    this.#attempts = 0;
    // Perhaps the link is slower than all the patience of a handshake.
    if (this.#learns && end === "timeout") {
      this.#firstTimeoutMs = Math.min(FIRST_TIMEOUT_MAX_MS, FIRST_TIMEOUT_GROWTH * this.#firstTimeoutMs);
    }
    return this.#refusals < REFUSALS_MAX ? "anew" : "no";
  }
}
