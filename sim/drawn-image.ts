// The image of a simulation: bytes drawn from its seed, in a catalogue of one.

import { bytesOfLatin1, equal } from "../src/base/bytes.ts";
import type { CryptoProvider } from "../src/crypto/crypto-provider.ts";
import type { Catalogue, CatalogueImage } from "../src/firmware/catalogue.ts";
import type { Prng } from "./prng.ts";

/** Short names, as a device with little air would be given. */
const PRODUCT = "m";
const VERSION = "1";

export class DrawnImage implements Catalogue, CatalogueImage {
  readonly product: string;
  readonly version: string;
  readonly length: number;
  readonly sha256: Uint8Array;
  readonly #bytes: Uint8Array;

  constructor(crypto: CryptoProvider, bytes: Uint8Array, product = PRODUCT, version = VERSION) {
    this.product = product;
    this.version = version;
    this.#bytes = bytes;
    this.length = bytes.length;
    this.sha256 = bytesOfLatin1(crypto.sha256(bytes));
  }

  static of(crypto: CryptoProvider, length: number, random: Prng, product = PRODUCT, version = VERSION): DrawnImage {
    const bytes = new Uint8Array(length);
    random.fill(bytes);
    return new DrawnImage(crypto, bytes, product, version);
  }

  get path(): readonly string[] {
    return ["fw", this.product, this.version];
  }

  find(product: string, version: string): CatalogueImage | undefined {
    return product === this.product && version === this.version ? this : undefined;
  }

  list(): readonly CatalogueImage[] {
    return [this];
  }

  read(offset: number, length: number): Uint8Array {
    return this.#bytes.subarray(offset, offset + length);
  }

  equals(other: Uint8Array): boolean {
    return equal(this.#bytes, other);
  }
}
