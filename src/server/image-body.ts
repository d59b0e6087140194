// An image, or a slice of one, as a body that CoAP can cut into blocks.

import { ByteWriter } from "../base/byte-writer.ts";
import { bytesOfLatin1, concat } from "../base/bytes.ts";
import { type Body, ContentFormat, representationOptions } from "../coap/body.ts";
import type { EncodedOptions } from "../coap/encoded-options.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { CatalogueImage, ContentQuestion } from "../firmware/catalogue.ts";
import { ETAG_LENGTH, etagOf } from "../firmware/image-etag.ts";

export class ImageBody implements Body {
  readonly image: CatalogueImage;
  /** Where in the image this body begins, bytes. */
  readonly start: number;
  readonly length: number;
  readonly etag: Uint8Array;
  readonly contentFormat = ContentFormat.OCTET_STREAM;
  readonly representation: EncodedOptions;
  /** A slice is made anew for each request. */
  readonly shared: boolean;

  constructor(crypto: CryptoProvider, image: CatalogueImage, start: number, length: number) {
    this.image = image;
    this.start = start;
    this.length = length;
    this.shared = length === image.length;
    this.etag = length === image.length ? etagOf(image.sha256) : sliceEtag(crypto, image, start, length);
    this.representation = representationOptions(this.etag, this.contentFormat);
  }

  read(offset: number, length: number): Uint8Array | ContentQuestion | undefined {
    return this.image.read(this.start + offset, length);
  }
}

/**
 * A slice has an ETag of its own: a client that forgets its Uri-Query after the first block gets blocks of the whole image,
 * and must not take them for blocks of the slice.
 */
function sliceEtag(crypto: CryptoProvider, image: CatalogueImage, start: number, length: number): Uint8Array {
  const range = new ByteWriter().uint32(start).uint32(length).finish();
  return bytesOfLatin1(crypto.sha256(concat(image.sha256, range)).slice(0, ETAG_LENGTH));
}
