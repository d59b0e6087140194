// The index: which image is published as which product and version, and which data key its content is sealed under, in
// `firmware.db`. Rows of images are added, never changed.

import { toHex } from "../src/base/bytes.ts";
import { StoreFile, type StoreFormat } from "../src/store/store-file.ts";

/** What is known of an image without opening it. */
export interface ImageRecord {
  readonly product: string;
  readonly version: string;
  /** Bytes. */
  readonly length: number;
  /** 32 bytes. */
  readonly sha256: Uint8Array;
  /** Milliseconds since 1970. */
  readonly publishedAt: number;
}

const CONTENT_TABLE = `
    CREATE TABLE content (
      sha256 BLOB NOT NULL PRIMARY KEY CHECK (length(sha256) = 32),
      data_key INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`;

const FORMAT: StoreFormat = {
  fileName: "firmware.db",
  applicationId: 0x4e426677, // "NBfw"
  version: 2,
  ownerOnly: false,
  schema: `
    CREATE TABLE image (
      product TEXT NOT NULL,
      version TEXT NOT NULL,
      length INTEGER NOT NULL,
      sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
      published_at INTEGER NOT NULL,
      PRIMARY KEY (product, version)
    ) STRICT, WITHOUT ROWID;
    ${CONTENT_TABLE}`,
  // Contents of the first format are sealed one by one: plain-contents.ts.
  upgrades: { 1: CONTENT_TABLE },
};

const COLUMNS = "product, version, length, sha256, published_at AS publishedAt";

export class ImageIndex {
  readonly #file: StoreFile;
  readonly #find;
  readonly #list;
  readonly #add;
  readonly #names;
  readonly #dataKey;
  readonly #putDataKey;

  /** Throws StoreError as StoreFile.open does. */
  static open(directory: string): ImageIndex {
    return new ImageIndex(StoreFile.open(directory, FORMAT));
  }

  private constructor(file: StoreFile) {
    this.#file = file;
    this.#find = file.prepare<[string, string], ImageRecord>(
      `SELECT ${COLUMNS} FROM image WHERE product = ? AND version = ?`,
    );
    this.#list = file.prepare<[], ImageRecord>(`SELECT ${COLUMNS} FROM image ORDER BY product, version`);
    this.#add = file.prepare<[string, string, number, Uint8Array, number]>("INSERT INTO image VALUES (?, ?, ?, ?, ?)");
    this.#names = file.prepare<[Uint8Array], object>("SELECT 1 FROM image WHERE sha256 = ? LIMIT 1");
    this.#dataKey = file.prepare<[Uint8Array], { dataKey: number }>(
      "SELECT data_key AS dataKey FROM content WHERE sha256 = ?",
    );
    this.#putDataKey = file.prepare<[Uint8Array, number]>("INSERT OR REPLACE INTO content VALUES (?, ?)");
  }

  find(product: string, version: string): ImageRecord | undefined {
    return this.#file.attempt(() => this.#find.get(product, version));
  }

  /** All of them, in order of product and version. */
  list(): ImageRecord[] {
    return this.#file.attempt(() => this.#list.all());
  }

  add(image: ImageRecord): void {
    this.#file.attempt(() =>
      this.#add.run(image.product, image.version, image.length, image.sha256, image.publishedAt),
    );
  }

  /** Whether any image has this content; reads the whole index. */
  names(sha256: Uint8Array): boolean {
    return this.#file.attempt(() => this.#names.get(sha256)) !== undefined;
  }

  /** The number of the data key that a content is sealed under; undefined where no content is stored. */
  dataKeyOf(sha256: Uint8Array): number | undefined {
    return this.#file.attempt(() => this.#dataKey.get(sha256))?.dataKey;
  }

  putDataKey(sha256: Uint8Array, number: number): void {
    this.#file.attempt(() => this.#putDataKey.run(sha256, number));
  }

  /** Runs `work` while no other publisher can; what it adds is there afterwards, or nothing when it throws. */
  transaction<Value>(work: () => Value): Value {
    return this.#file.transaction(work);
  }

  /** Whether another handle has added images since the last call. */
  changedElsewhere(): boolean {
    return this.#file.changedElsewhere();
  }

  /** See StoreFile. */
  neverWait(): void {
    this.#file.neverWait();
  }

  close(): void {
    this.#file.close();
  }
}

/** The name of an image's sealed content in the directory of images. */
export function contentName(sha256: Uint8Array): string {
  return `${toHex(sha256)}.sealed`;
}
