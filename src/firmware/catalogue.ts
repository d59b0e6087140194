// What the server asks of a store of images. The stores know nothing of this; firmware-store/ happens to fit.

/** One published image, immutable. */
export interface CatalogueImage {
  readonly product: string;
  readonly version: string;
  /** Bytes. */
  readonly length: number;
  /** 32 bytes. */
  readonly sha256: Uint8Array;
  /**
   * A view of [offset, offset + length), valid until the next call; undefined when the content turns out damaged; a question
   * when it is not in memory.
   */
  read(offset: number, length: number): Uint8Array | ContentQuestion | undefined;
}

/** What a catalogue has to fetch before it can say more of an image. */
export interface ContentQuestion {
  /** Equal texts are the same question. */
  readonly question: string;
  readonly product: string;
  readonly version: string;
  /** Which page of the content, as the catalogue numbers them; undefined for whether the content is what was published. */
  readonly page: number | undefined;
}

/** An image that is published but whose content is missing or is not what was published. */
export interface DamagedImage {
  readonly damaged: string;
}

export interface Catalogue {
  find(product: string, version: string): CatalogueImage | ContentQuestion | DamagedImage | undefined;
  /** Undefined where it cannot be told now. */
  list(): readonly { readonly product: string; readonly version: string; readonly length: number }[] | undefined;
}
