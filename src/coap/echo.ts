// The Echo option of a server (RFC 9175 2): a client shows that its request is fresh, or that it receives what is sent to
// its address, by repeating a value that it was just given. The value is a MAC over the association and the time, so that
// asking costs us no state (RFC 9175 A.2).

import { ByteWriter } from "../base/byte-writer.ts";
import type { Instant } from "../base/instant.ts";
import type { Code } from "./code.ts";
import { NO_OPTIONS } from "./encoded-options.ts";
import { type DecodedMessage, type Message, messageLength, optionsLengthOf } from "./message.ts";
import { isRecognised, type Option, OptionNumber } from "./option.ts";
import { ECHO_PERIOD_MS } from "./parameters.ts";

/** RFC 9175 A: 64 bits that nobody guesses. */
export const ECHO_LENGTH = 8;

/** How much longer than a request its answer may be while nobody has shown an Echo value. */
const UNPROVEN_FACTOR = 3;

/** Who has to show an Echo value, and what becomes of it. */
export interface EchoPolicy<Association> {
  /**
   * At least ECHO_LENGTH bytes that nobody else can make, of a secret that dies with this process: a value from before a
   * restart shows nothing (RFC 9175 2.3).
   */
  mac(message: Uint8Array): Uint8Array;
  /** A value that was given to one name shows nothing for another. */
  nameOf(association: Association): string;
  /** Whether a request with this method must show a value before anything is done for it. */
  isWanted(now: Instant, association: Association, method: Code): boolean;
  /** A request that had to show a value showed it. */
  shown(now: Instant, association: Association): void;
}

export class Echo<Association> {
  readonly #policy: EchoPolicy<Association>;

  constructor(policy: EchoPolicy<Association>) {
    this.#policy = policy;
  }

  /**
   * Undefined for a request that may be handled. Otherwise the value for its 4.01; values are good for ECHO_PERIOD_MS at
   * least, and for twice as long at most.
   */
  challenge(now: Instant, association: Association, request: Message): Uint8Array | undefined {
    if (!this.#policy.isWanted(now, association, request.code)) return undefined;
    // From 1 on, so that the first one has one before it.
    const period = 1 + Math.floor(now / ECHO_PERIOD_MS);
    const current = this.#valueFor(association, period);
    const shown = echoOf(request);
    if (shown === undefined) return current;
    if (!isSame(shown, current) && !isSame(shown, this.#valueFor(association, period - 1))) return current;
    this.#policy.shown(now, association);
    return undefined;
  }

  #valueFor(association: Association, period: number): Uint8Array {
    const name = this.#policy.nameOf(association);
    const message = new ByteWriter().uint32(period);
    for (let i = 0; i < name.length; i++) message.uint16(name.charCodeAt(i));
    return this.#policy.mac(message.finish()).subarray(0, ECHO_LENGTH);
  }
}

/** The Echo value of a message; undefined where it has none that is well-formed. */
export function echoOf({ options }: Message): Uint8Array | undefined {
  const index = options.findIndex(({ number }) => number === OptionNumber.ECHO);
  return index >= 0 && isRecognised(options, index) ? options[index]!.value : undefined;
}

/** In a time that says nothing of where the two differ. */
function isSame(shown: Uint8Array, value: Uint8Array): boolean {
  let difference = shown.length ^ value.length;
  for (let i = 0; i < value.length; i++) difference |= (shown[i] ?? 0) ^ value[i]!;
  return difference === 0;
}

/** RFC 9175 2.4, 3: to an address that nobody has shown to be its own go three times the bytes that came from it at most. */
export function echoOptions({ bytes, tokenLength }: DecodedMessage, value: Uint8Array): readonly Option[] {
  const options = [{ number: OptionNumber.ECHO, value }];
  const length = messageLength(tokenLength, optionsLengthOf(NO_OPTIONS, options), 0);
  return length <= UNPROVEN_FACTOR * bytes.length ? options : [];
}
