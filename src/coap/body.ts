// A body (RFC 7959 1: the whole of a representation, against the payload, one block of it) that a request is answered with.

import { copyOf } from "../base/bytes.ts";
import type { EncodedOptions } from "./encoded-options.ts";
import { encodeOptions } from "./message.ts";
import { type Option, OptionNumber, uintOption } from "./option.ts";
import type { Question } from "./question.ts";

/** Immutable: the same object always gives the same bytes. */
export interface Body {
  /** Bytes. */
  readonly length: number;
  /** 1..8 bytes, sent on every block. */
  readonly etag: Uint8Array | undefined;
  /** RFC 7252 12.3. */
  readonly contentFormat: number;
  /** See representationOptions(): made once for all of the body's blocks. */
  readonly representation: EncodedOptions;
  /**
   * Whether it is kept anyway, one object for all who ask: only then may a table refer to it. A body that was made for one
   * answer would live on in the table, and its bytes would be counted nowhere.
   */
  readonly shared: boolean;
  /**
   * A view of [offset, offset + length), which lies inside the body; valid until the next call. Undefined when the bytes
   * cannot be had any more, and the request is answered 5.00; a question when they are to be fetched first.
   */
  read(offset: number, length: number): Uint8Array | Question | undefined;
}

/** The options that describe the whole body and are sent with each of its blocks: ETag and Content-Format. */
export function representationOptions(etag: Uint8Array | undefined, contentFormat: number): EncodedOptions {
  return encodeOptions(describingOptions({ etag, contentFormat }));
}

/** The same, not encoded. */
export function describingOptions({ etag, contentFormat }: Pick<Body, "contentFormat" | "etag">): readonly Option[] {
  const format = uintOption(OptionNumber.CONTENT_FORMAT, contentFormat);
  return etag === undefined ? [format] : [{ number: OptionNumber.ETAG, value: etag }, format];
}

/** RFC 7252 12.3: the formats that this product speaks of. */
export const ContentFormat = {
  TEXT_PLAIN: 0,
  LINK_FORMAT: 40,
  OCTET_STREAM: 42,
  CBOR: 60,
} as const;

/** A body that lies in memory. */
export class BytesBody implements Body {
  readonly shared = false;
  readonly contentFormat: number;
  readonly etag: Uint8Array | undefined;
  readonly representation: EncodedOptions;
  readonly #bytes: Uint8Array;

  /** Copies `bytes` and `etag`. */
  constructor(contentFormat: number, bytes: Uint8Array, etag?: Uint8Array) {
    this.contentFormat = contentFormat;
    this.etag = etag === undefined ? undefined : copyOf(etag);
    this.representation = representationOptions(this.etag, contentFormat);
    this.#bytes = copyOf(bytes);
  }

  get length(): number {
    return this.#bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#bytes.subarray(offset, offset + length);
  }
}
