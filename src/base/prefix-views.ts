// Views of the first bytes of one array, made once for each length and used again: making one takes some 350 instructions.

/** Longer than a datagram with a block of 1024 bytes. Longer views are made anew each time, and so is what is kept bounded. */
export const KEPT_LENGTH_MAX = 1_536;

export class PrefixViews {
  readonly #bytes: Uint8Array;
  /** By length. */
  readonly #views = new Array<Uint8Array | undefined>(KEPT_LENGTH_MAX + 1);

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The first `length` bytes; the same object each time. */
  of(length: number): Uint8Array {
    const known = this.#views[length];
    if (known !== undefined) return known;
    const view = this.#bytes.subarray(0, length);
    if (length <= KEPT_LENGTH_MAX) this.#views[length] = view;
    return view;
  }
}
