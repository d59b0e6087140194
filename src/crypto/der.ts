// DER (X.690 10) as far as keys and signatures need it: elements with lengths in their shortest form, up to 64 KiB. Who
// reads past the end, or meets another tag, gets undefined.

export const DerTag = {
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  OBJECT_IDENTIFIER: 0x06,
  SEQUENCE: 0x30,
} as const;

/** RFC 5915 3, RFC 5958 2: what may be absent stands under a number. */
export function contextTag(number: number, constructed: boolean): number {
  return (constructed ? 0xa0 : 0x80) | number;
}

/** Reads the elements of one value in a row. */
export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The tag that comes next; undefined at the end. */
  get nextTag(): number | undefined {
    return this.#bytes[this.#at];
  }

  /** A view of the next element's content. */
  take(tag: number): Uint8Array | undefined {
    const bytes = this.#bytes;
    if (bytes[this.#at] !== tag) return undefined;
    const first = bytes[this.#at + 1] ?? 0xff;
    const lengthLength = first < 0x80 ? 0 : first - 0x80;
    if (lengthLength > 2) return undefined;
    const contentAt = this.#at + 2 + lengthLength;
    let length = first < 0x80 ? first : 0;
    for (let at = this.#at + 2; at < contentAt; at++) length = length * 256 + (bytes[at] ?? 0);
    const isShortest = first < 0x80 || length >= (lengthLength === 1 ? 0x80 : 0x100);
    if (!isShortest || contentAt + length > bytes.length) return undefined;
    this.#at = contentAt + length;
    return bytes.subarray(contentAt, this.#at);
  }

  /** The same, for a content that is elements as well. */
  enter(tag: number): DerReader | undefined {
    const content = this.take(tag);
    return content && new DerReader(content);
  }
}

/** The content of `bytes` when they are one element and nothing behind it. */
export function wholeDer(bytes: Uint8Array, tag: number): DerReader | undefined {
  const outer = new DerReader(bytes);
  const inner = outer.enter(tag);
  return outer.atEnd ? inner : undefined;
}
