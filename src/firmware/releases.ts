// What the server asks of a store of releases. The stores know nothing of this; release-store/ happens to fit, behind the
// shell's watch over it.

/** A release in the forms that it was signed in, immutable. */
export interface OfferedRelease {
  readonly version: string;
  readonly sequenceNumber: number;
  /** Seconds since 1970 until which it may be offered; for ever when absent. */
  readonly notAfter: number | undefined;
  /** COSE_Sign1. */
  readonly manifest: Uint8Array;
  /** SHA-256 of `manifest`. */
  readonly digest: Uint8Array;
  /** SUIT envelopes, where the release has them. */
  readonly suit: Uint8Array | undefined;
  readonly riot: Uint8Array | undefined;
}

/** The registry at one moment: how many entries, and the root of its tree. */
export interface LogHead {
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

/** It cannot be told now: the store cannot be read. */
export type Unavailable = "unavailable";

/** Answers at once, from memory or an index, and never waits for a disk to fetch content. */
export interface Releases {
  /** What devices of a class, or of none, shall run. */
  current(product: string, className: string | undefined): OfferedRelease | Unavailable | undefined;
  /** The way back that is offered to those that run the image with this SHA-256. */
  wayBack(
    product: string,
    className: string | undefined,
    running: Uint8Array,
  ): OfferedRelease | Unavailable | undefined;
  /** One that is offered, whose digest begins so. */
  byDigest(product: string, prefix: Uint8Array): OfferedRelease | Unavailable | undefined;
  /** COSE_Sign1, of the highest number. */
  trustRoot(product: string): Uint8Array | Unavailable | undefined;
  /**
   * That a manifest with this digest stands in the registry, for devices of a class that asks for it; undefined for others,
   * and where there is no proof.
   */
  proof(product: string, className: string | undefined, digest: Uint8Array): Uint8Array | undefined;
  /** Undefined where there is no registry. */
  logHead(): LogHead | undefined;
}
