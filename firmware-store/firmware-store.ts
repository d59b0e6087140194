// The store of images: a directory of sealed contents named by their digests, and an index of products and versions.
// Images are immutable: nothing here changes or deletes a published one.

import { join } from "node:path";
import { LRUCache } from "lru-cache";
import type { Secret } from "../src/base/secret.ts";
import type { ContentQuestion } from "../src/firmware/catalogue.ts";
import { makeDirectory } from "../src/store/data-directory.ts";
import { DataKeys } from "../src/store/data-keys.ts";
import { type ContentDamage, ContentFile, OpenFiles } from "./content-file.ts";
import { Digests } from "./digests.ts";
import { FirmwareImage } from "./firmware-image.ts";
import { type ImageDisk, imageDisk } from "./image-disk.ts";
import { contentName, ImageIndex, type ImageRecord } from "./image-index.ts";
import { PageCache } from "./page-cache.ts";
import { PageLoads } from "./page-loads.ts";
import { sealPlainContents } from "./plain-contents.ts";
import { type ContentPlace, type Publication, type PublishRequest, publishImage } from "./publishing.ts";

/** Images remembered as served: what is forgotten is found and checked again when a device next asks. */
export const SERVED_COUNT_MAX = 16_384;

const CACHE_BYTES_MAX = 64 * 1024 * 1024;

export interface FirmwareStoreOptions {
  /** Bytes of image content kept in memory; 64 MiB unless told. */
  readonly cacheBytesMax?: number;
  /** How publishing writes; the real disk unless a test says otherwise. */
  readonly disk?: ImageDisk;
}

/** An image that is published and cannot be served. */
export interface DamagedImage {
  readonly damaged: ContentDamage;
}

export class FirmwareStore {
  readonly #place: ContentPlace;
  readonly #index: ImageIndex;
  readonly #keys: DataKeys;
  readonly #openFiles = new OpenFiles();
  readonly #digests = new Digests();
  readonly #pageLoads = new PageLoads();
  /** Those that were found damaged since the last refresh(). */
  readonly #damaged = new Set<FirmwareImage>();
  readonly #pages: PageCache;
  readonly #served = new LRUCache<string, FirmwareImage>({ max: SERVED_COUNT_MAX });
  #closed = false;
  /** A fleet under update asks for one image again and again: without a key to make, it is found in no time. */
  #last: FirmwareImage | undefined;
  /** The names as they were asked for: texts that are the same object are equal without a look at them. */
  #lastProduct = "";
  #lastVersion = "";

  /**
   * Opens the store in the data directory, and makes it where it is absent. Reads no image, but those of a store of the first
   * format, which are sealed now.
   * Throws StoreError: busy, damaged, masterKey, notADirectory, permissions, unknownFormat, unwritable.
   */
  static open(directory: string, options: FirmwareStoreOptions = {}): FirmwareStore {
    const keys = DataKeys.open(directory);
    let index: ImageIndex | undefined;
    try {
      index = ImageIndex.open(directory);
      const imagesDirectory = join(directory, "images");
      makeDirectory(imagesDirectory);
      const place = { index, keys, disk: options.disk ?? imageDisk, imagesDirectory };
      sealPlainContents(place);
      return new FirmwareStore(place, options);
    } catch (error) {
      index?.close();
      keys.close();
      throw error;
    }
  }

  private constructor(place: ContentPlace, options: FirmwareStoreOptions) {
    this.#place = place;
    this.#index = place.index;
    this.#keys = place.keys;
    this.#pages = new PageCache(options.cacheBytesMax ?? CACHE_BYTES_MAX);
  }

  /** Adds an image; see publishImage. */
  publish(request: PublishRequest): Publication {
    return publishImage(this.#place, request);
  }

  /** All published images, in order of product and version. */
  list(): ImageRecord[] {
    return this.#index.list();
  }

  /**
   * The image to serve, also one that another process published a moment ago; undefined when there is none. A question when
   * the content has to be checked first, and for an image that was found damaged before the last refresh().
   */
  find(product: string, version: string): FirmwareImage | ContentQuestion | DamagedImage | undefined {
    if (product === this.#lastProduct && version === this.#lastVersion && this.#last?.sound === true) return this.#last;
    const image = this.#image(product, version);
    this.#last = image;
    this.#lastProduct = product;
    this.#lastVersion = version;
    if (image === undefined || image.sound) return image;
    const { damage } = image;
    return damage !== undefined && this.#damaged.has(image) ? { damaged: damage } : image.questionFor(undefined);
  }

  /** Fetches what a question asks for; then `find` and `read` can say more. */
  async fetch({ product, version, page }: ContentQuestion): Promise<void> {
    const image = this.#image(product, version);
    if (image === undefined) return;
    if (page === undefined) await image.check();
    else await this.#pageLoads.run(() => image.load(page));
    if (image.damage !== undefined) this.#damaged.add(image);
  }

  /** Checks all images that were not checked yet, one by one, so that no request has to wait for its image's digest. */
  async checkAll(): Promise<void> {
    for (const { product, version } of this.list().slice(0, SERVED_COUNT_MAX)) {
      const image = this.#image(product, version);
      if (image?.sound === false && image.damage === undefined) await image.check();
      if (this.#closed) return;
    }
  }

  /** Whether another process has published since the last call; asks the index only, and costs microseconds. */
  refresh(): boolean {
    // A damaged image may have been healed: it is checked again when it is next asked for.
    this.#damaged.clear();
    return this.#index.changedElsewhere();
  }

  /** See StoreFile. */
  neverWait(): void {
    this.#index.neverWait();
    this.#keys.neverWait();
  }

  close(): void {
    this.#closed = true;
    this.#digests.close();
    this.#openFiles.closeAll();
    this.#index.close();
    this.#keys.close();
  }

  #image(product: string, version: string): FirmwareImage | undefined {
    // Published names hold no slash, so no two of them share a key.
    const key = `${product}/${version}`;
    return this.#served.get(key) ?? this.#open(key, product, version);
  }

  #open(key: string, product: string, version: string): FirmwareImage | undefined {
    const record = this.#index.find(product, version);
    if (record === undefined) return undefined;
    const { length, sha256 } = record;
    const path = join(this.#place.imagesDirectory, contentName(sha256));
    const content = new ContentFile(this.#openFiles, this.#digests, path, length, sha256, () => this.#dataKey(sha256));
    const image = new FirmwareImage(record, content, this.#pages);
    this.#served.set(key, image);
    return image;
  }

  #dataKey(sha256: Uint8Array): Secret | undefined {
    const number = this.#index.dataKeyOf(sha256);
    return number === undefined ? undefined : this.#keys.find(number, "image");
  }
}
