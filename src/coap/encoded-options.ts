// Options that many messages begin with, encoded once: those that describe a body are the same for all of its blocks.

import { EMPTY } from "../base/bytes.ts";

export interface EncodedOptions {
  /** As in a message, from the first option on. */
  readonly bytes: Uint8Array;
  /** The number of the last one, which the next delta counts from; 0 for none. */
  readonly lastNumber: number;
}

export const NO_OPTIONS: EncodedOptions = { bytes: EMPTY, lastNumber: 0 };
