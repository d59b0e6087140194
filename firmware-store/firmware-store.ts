// The store of images: a directory of contents named by their digests, and an index of products and versions.
// Images are immutable: nothing here changes or deletes a published one.

import { join } from "node:path";
import { LRUCache } from "lru-cache";
import { makeDirectory } from "../src/store/data-directory.ts";
import { type ContentDamage, ContentFile, OpenFiles } from "./content-file.ts";
import { FirmwareImage } from "./firmware-image.ts";
import { type ImageDisk, imageDisk } from "./image-disk.ts";
import { contentName, ImageIndex, type ImageRecord } from "./image-index.ts";
import { PageCache } from "./page-cache.ts";
import { type Publication, type PublishRequest, publishImage } from "./publishing.ts";

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
  readonly #imagesDirectory: string;
  readonly #index: ImageIndex;
  readonly #disk: ImageDisk;
  readonly #openFiles = new OpenFiles();
  readonly #pages: PageCache;
  readonly #served = new LRUCache<string, FirmwareImage>({ max: SERVED_COUNT_MAX });
  /** A fleet under update asks for one image again and again: without a key to make, it is found in no time. */
  #last: FirmwareImage | undefined;
  /** The names as they were asked for: texts that are the same object are equal without a look at them. */
  #lastProduct = "";
  #lastVersion = "";

  /**
   * Opens the store in the data directory, and makes it where it is absent. Reads no image.
   * Throws StoreError: busy, damaged, not-a-directory, permissions, unknown-format, unwritable.
   */
  static open(directory: string, options: FirmwareStoreOptions = {}): FirmwareStore {
    const index = ImageIndex.open(directory);
    const imagesDirectory = join(directory, "images");
    makeDirectory(imagesDirectory);
    return new FirmwareStore(imagesDirectory, index, options);
  }

  private constructor(imagesDirectory: string, index: ImageIndex, options: FirmwareStoreOptions) {
    this.#imagesDirectory = imagesDirectory;
    this.#index = index;
    this.#disk = options.disk ?? imageDisk;
    this.#pages = new PageCache(options.cacheBytesMax ?? CACHE_BYTES_MAX);
  }

  /** Adds an image; see publishImage. */
  publish(request: PublishRequest): Publication {
    return publishImage(this.#index, this.#disk, this.#imagesDirectory, request);
  }

  /** All published images, in order of product and version. */
  list(): ImageRecord[] {
    return this.#index.list();
  }

  /**
   * The image to serve, also one that another process published a moment ago; undefined when there is none.
   * The first call for an image reads and checks the whole content; later ones cost a look into a map.
   */
  find(product: string, version: string): FirmwareImage | DamagedImage | undefined {
    if (product === this.#lastProduct && version === this.#lastVersion && this.#last?.sound === true) return this.#last;
    // Published names hold no slash, so no two of them share a key.
    const key = `${product}/${version}`;
    const image = this.#served.get(key) ?? this.#open(key, product, version);
    this.#last = image;
    this.#lastProduct = product;
    this.#lastVersion = version;
    if (image === undefined || image.sound) return image;
    const damaged = image.damage();
    return damaged === undefined ? image : { damaged };
  }

  /** Whether another process has published since the last call; asks the index only, and costs microseconds. */
  refresh(): boolean {
    return this.#index.changedElsewhere();
  }

  close(): void {
    this.#openFiles.closeAll();
    this.#index.close();
  }

  #open(key: string, product: string, version: string): FirmwareImage | undefined {
    const record = this.#index.find(product, version);
    if (record === undefined) return undefined;
    const path = join(this.#imagesDirectory, contentName(record.sha256));
    const content = new ContentFile(this.#openFiles, path, record.length, record.sha256);
    const image = new FirmwareImage(record, content, this.#pages);
    this.#served.set(key, image);
    return image;
  }
}
