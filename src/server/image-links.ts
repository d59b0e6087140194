// `/.well-known/core`: the links to all images, or to those that the filters of a request match (RFC 6690 4.1). The list is
// written once for each change of the catalogue; what is filtered is a list of numbers, and its bytes are those of the list.

import { LRUCache } from "lru-cache";
import { bytesOfLatin1, concat, EMPTY, put, toUtf8 } from "../base/bytes.ts";
import { failed, ok, type Result } from "../base/result.ts";
import { type Body, BytesBody, ContentFormat, representationOptions } from "../coap/body.ts";
import { Code } from "../coap/code.ts";
import type { EncodedOptions } from "../coap/encoded-options.ts";
import { LinkList, linkFilters } from "../coap/link-format.ts";
import { OptionNumber, uintOption } from "../coap/option.ts";
import { RETRY_AFTER_SECONDS } from "../coap/parameters.ts";
import { type PlainResponse, responseFor } from "../coap/response.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { Catalogue } from "../firmware/catalogue.ts";
import { ETAG_LENGTH } from "../firmware/image-etag.ts";

/** `rt` of an image's link; no name is registered for firmware. */
const IMAGE_RESOURCE_TYPE = "fw.image";

/** Filtered lists kept for their next blocks, and bytes of them; the rest is found again. */
export const LINK_BODIES_MAX = 16;
export const LINK_BODIES_LENGTH_MAX = 2 ** 20;

/** Filters of one request, and bytes of one: the longest path and its name are shorter. */
export const LINK_FILTERS_MAX = 8;
export const LINK_FILTER_LENGTH_MAX = 128;

const COMMA = 0x2c;

/** Nobody is told that nothing is published where it is only not known. */
const UNAVAILABLE = responseFor("serviceUnavailable", [uintOption(OptionNumber.MAX_AGE, RETRY_AFTER_SECONDS)]);

/** What an object and its place in the table take. */
const BODY_OVERHEAD_LENGTH = 512;

interface WholeLinks {
  readonly list: LinkList;
  readonly body: BytesBody;
  /** What matches nothing: filters that anybody makes up. */
  readonly none: Body;
}

export class ImageLinks {
  readonly #crypto: CryptoProvider;
  readonly #catalogue: Catalogue;
  readonly #bodies = new LRUCache<string, LinksBody>({
    max: LINK_BODIES_MAX,
    maxSize: LINK_BODIES_LENGTH_MAX,
    sizeCalculation: ({ heldLength }) => BODY_OVERHEAD_LENGTH + heldLength,
  });
  #whole: WholeLinks | undefined;

  constructor(crypto: CryptoProvider, catalogue: Catalogue) {
    this.#crypto = crypto;
    this.#catalogue = catalogue;
  }

  /** How many filtered lists are kept. */
  get bodyCount(): number {
    return this.#bodies.size;
  }

  /** The images may have changed: the list is written anew when next asked for. */
  handleCatalogueChange(): void {
    this.#whole = undefined;
    this.#bodies.clear();
  }

  /** 4.00 for more or longer filters than anybody needs; 5.03 where the catalogue cannot tell what it has. */
  bodyFor(queries: readonly string[]): Result<Body, PlainResponse> {
    this.#whole ??= this.#write();
    if (this.#whole === undefined) return failed(UNAVAILABLE);
    const { list, body: whole, none } = this.#whole;
    const filters = linkFilters(queries);
    if (filters.length === 0) return ok(whole);
    const tooLong = filters.some(({ name, pattern }) => name.length + pattern.length >= LINK_FILTER_LENGTH_MAX);
    if (filters.length > LINK_FILTERS_MAX || tooLong) {
      return failed({ code: Code.BAD_REQUEST, payload: toUtf8("filters") });
    }
    const key = JSON.stringify(filters);
    const known = this.#bodies.get(key);
    if (known !== undefined) return ok(known);
    const matching = list.matching(filters);
    if (matching.length === list.count) return ok(whole);
    if (matching.length === 0) return ok(none);
    const body = new LinksBody(list, matching, this.#etagOf(concat(whole.etag!, new Uint8Array(matching.buffer))));
    this.#bodies.set(key, body);
    return ok(body);
  }

  #write(): WholeLinks | undefined {
    const images = this.#catalogue.list();
    if (images === undefined) return undefined;
    const list = new LinkList(
      images.map(({ product, version, length }) => ({
        href: `/fw/${product}/${version}`,
        attributes: { rt: IMAGE_RESOURCE_TYPE, ct: ContentFormat.OCTET_STREAM, sz: length },
      })),
    );
    const body = new BytesBody(ContentFormat.LINK_FORMAT, list.bytes, this.#etagOf(list.bytes));
    const none = new BytesBody(ContentFormat.LINK_FORMAT, EMPTY, this.#etagOf(EMPTY));
    return { list, body, none };
  }

  #etagOf(bytes: Uint8Array): Uint8Array {
    return bytesOfLatin1(this.#crypto.sha256(bytes).slice(0, ETAG_LENGTH));
  }
}

/** The links with these numbers. Made for one filter, and never one that matches all. */
class LinksBody implements Body {
  readonly length: number;
  readonly etag: Uint8Array;
  readonly contentFormat = ContentFormat.LINK_FORMAT;
  readonly representation: EncodedOptions;
  readonly shared = false;
  readonly #list: LinkList;
  readonly #numbers: Uint32Array;
  /** Where each of them begins in this body. */
  readonly #starts: Uint32Array;

  constructor(list: LinkList, numbers: Uint32Array, etag: Uint8Array) {
    this.#list = list;
    this.#numbers = numbers;
    this.#starts = new Uint32Array(numbers.length);
    let length = 0;
    for (let i = 0; i < numbers.length; i++) {
      this.#starts[i] = length;
      length += list.endOf(numbers[i]!) - list.startOf(numbers[i]!) + 1;
    }
    this.length = Math.max(0, length - 1);
    this.etag = etag;
    this.representation = representationOptions(etag, this.contentFormat);
  }

  /** Bytes that live as long as this object. */
  get heldLength(): number {
    return this.#numbers.byteLength + this.#starts.byteLength;
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length).fill(COMMA);
    for (let i = this.#at(offset); i < this.#numbers.length && this.#starts[i]! < offset + length; i++) {
      const [start, end] = [this.#list.startOf(this.#numbers[i]!), this.#list.endOf(this.#numbers[i]!)];
      // Where the link begins in the part that is read: before it, perhaps, and it may go on behind it.
      const from = this.#starts[i]! - offset;
      const part = this.#list.bytes.subarray(start + Math.max(0, -from), Math.min(end, start + length - from));
      put(bytes, Math.max(0, from), part);
    }
    return bytes;
  }

  /** Which of the links, or the comma behind it, stands there. */
  #at(offset: number): number {
    let [low, high] = [0, this.#starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low;
  }
}
