// Releases by product and sequence number. Rows are added, and then only offered or withdrawn.

import { EMPTY, equal } from "../base/bytes.ts";
import type { ImageName } from "../firmware/image-name.ts";
import { decodeSign1, kidOf } from "../manifest/cose-sign1.ts";
import type { StoreFile } from "../store/store-file.ts";
import { manifestIn, type SignedRelease, type StoredRelease } from "./release.ts";

interface ReleaseRow {
  readonly digest: Uint8Array;
  readonly manifest: Uint8Array;
  readonly suit: Uint8Array;
  readonly riot: Uint8Array;
  readonly record: Uint8Array;
  readonly backFrom: string;
  readonly releasedAt: number;
  readonly offeredAt: number;
  readonly withdrawnAt: number;
}

/** What is stored of one release. */
export interface ReleaseToStore extends SignedRelease {
  readonly digest: Uint8Array;
  readonly record: Uint8Array | undefined;
  readonly backFrom: string | undefined;
  /** Milliseconds since 1970. */
  readonly releasedAt: number;
}

/** In the order of the table. */
type NewRow = [
  ...names: [product: string, sequence: number, className: string, version: string, digest: Uint8Array],
  ...formats: [manifest: Uint8Array, suit: Uint8Array, riot: Uint8Array, record: Uint8Array],
  ...back: [from: string, forRunning: Uint8Array],
  ...times: [releasedAt: number, offeredAt: number],
];

const COLUMNS = `digest, manifest, suit, riot, record, back_from AS backFrom, released_at AS releasedAt,
  offered_at AS offeredAt, withdrawn_at AS withdrawnAt`;

/** Of every device or of one class; the newest first. */
const OF_CLASS = "product = ? AND class IN ('', ?) ORDER BY sequence DESC LIMIT 1";

export class ReleaseTable {
  readonly #file: StoreFile;
  readonly #add;
  readonly #newest;
  readonly #current;
  readonly #wayBack;
  readonly #byDigest;
  readonly #byVersion;
  readonly #waysBack;
  readonly #list;
  readonly #withdraw;
  readonly #withdrawOne;
  readonly #withheld;
  readonly #offer;
  readonly #state;

  constructor(file: StoreFile) {
    this.#file = file;
    this.#add = file.prepare<NewRow>("INSERT INTO release VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)");
    this.#newest = file.prepare<[string], { newest: number }>(
      "SELECT coalesce(max(sequence), 0) AS newest FROM release WHERE product = ?",
    );
    this.#current = file.prepare<[string, string], ReleaseRow>(
      `SELECT ${COLUMNS} FROM release WHERE back_from = '' AND withdrawn_at = 0 AND ${OF_CLASS}`,
    );
    this.#wayBack = file.prepare<[Uint8Array, string, string], ReleaseRow>(
      `SELECT ${COLUMNS} FROM release WHERE for_running = ? AND offered_at > 0 AND withdrawn_at = 0 AND ${OF_CLASS}`,
    );
    this.#byDigest = file.prepare<[string, Uint8Array, Uint8Array], ReleaseRow>(
      `SELECT ${COLUMNS} FROM release
       WHERE product = ? AND digest >= ? AND digest <= ? AND offered_at > 0 AND withdrawn_at = 0 LIMIT 1`,
    );
    this.#byVersion = file.prepare<[string, string], ReleaseRow>(
      `SELECT ${COLUMNS} FROM release WHERE product = ? AND version = ? AND back_from = '' ORDER BY sequence DESC`,
    );
    this.#waysBack = file.prepare<[string, string], ReleaseRow>(
      `SELECT ${COLUMNS} FROM release WHERE product = ? AND back_from = ? AND withdrawn_at = 0 ORDER BY sequence DESC`,
    );
    this.#state = file.prepare<[], { count: number; offered: number; withdrawn: number }>(
      `SELECT count(*) AS count, coalesce(sum(offered_at > 0), 0) AS offered, coalesce(sum(withdrawn_at > 0), 0) AS withdrawn
       FROM release`,
    );
    this.#list = file.prepare<[], ReleaseRow>(`SELECT ${COLUMNS} FROM release ORDER BY product, sequence`);
    this.#withdraw = file.prepare<[number, string, string]>(
      "UPDATE release SET withdrawn_at = ? WHERE product = ? AND version = ? AND back_from = '' AND withdrawn_at = 0",
    );
    this.#withdrawOne = file.prepare<[number, Uint8Array]>(
      "UPDATE release SET withdrawn_at = ? WHERE digest = ? AND withdrawn_at = 0",
    );
    this.#withheld = file.prepare<[], ImageName>(
      "SELECT product, version FROM release GROUP BY product, version HAVING min(withdrawn_at) > 0",
    );
    this.#offer = file.prepare<[number, string, string]>(
      "UPDATE release SET offered_at = ? WHERE product = ? AND back_from = ? AND offered_at = 0",
    );
  }

  /** The highest sequence number of a product, those of sealed ways back included; 0 where there is none. */
  newestSequence(product: string): number {
    return this.#file.attempt(() => this.#newest.get(product))!.newest;
  }

  /** Inside a transaction. */
  add({ manifest, suit, riot, digest, record, backFrom, releasedAt }: ReleaseToStore): void {
    const { product, sequenceNumber, class: className = "", version, forRunning = EMPTY } = manifestIn(manifest);
    const formats = [manifest, suit ?? EMPTY, riot ?? EMPTY, record ?? EMPTY] as const;
    const names = [product, sequenceNumber, className, version, digest] as const;
    const offeredAt = backFrom === undefined ? releasedAt : 0;
    this.#add.run(...names, ...formats, backFrom ?? "", forRunning, releasedAt, offeredAt);
  }

  /** What devices of a class, or of none, shall run: the highest that is not withdrawn and no way back. */
  current(product: string, className: string | undefined): StoredRelease | undefined {
    return this.#one(() => this.#current.get(product, className ?? ""));
  }

  /** The way back from an image that runs, 32 bytes of SHA-256, which is offered to devices of a class, or of none. */
  wayBack(product: string, className: string | undefined, running: Uint8Array): StoredRelease | undefined {
    return this.#one(() => this.#wayBack.get(running, product, className ?? ""));
  }

  /** Of those that are offered, the one whose digest begins so. */
  byDigest(product: string, prefix: Uint8Array): StoredRelease | undefined {
    const [first, last] = [new Uint8Array(32), new Uint8Array(32).fill(0xff)];
    for (const end of [first, last]) end.set(prefix);
    return this.#one(() => this.#byDigest.get(product, first, last));
  }

  /** The releases of a version, the newest first: one for each class that it was released for. */
  ofVersion(product: string, version: string): StoredRelease[] {
    return this.#file.attempt(() => this.#byVersion.all(product, version)).map(stored);
  }

  /** The ways back from a version that are not withdrawn, sealed ones too, the newest first. */
  waysBack(product: string, from: string): StoredRelease[] {
    return this.#file.attempt(() => this.#waysBack.all(product, from)).map(stored);
  }

  /** All of them, in order of product and sequence number. */
  list(): StoredRelease[] {
    return this.#file.attempt(() => this.#list.all()).map(stored);
  }

  /** Inside a transaction: how many releases of a version are offered no longer. */
  withdraw(product: string, version: string, at: number): number {
    return Number(this.#withdraw.run(at, product, version).changes);
  }

  /** Inside a transaction: how many releases and ways back that this key has signed are offered no longer, or never will be. */
  withdrawSignedBy(keyId: Uint8Array, at: number): number {
    const kid = kidOf(keyId);
    const signed = this.#list.all().filter(({ manifest }) => {
      const decoded = decodeSign1(manifest);
      return decoded.ok && equal(decoded.value.kid, kid);
    });
    return signed.reduce((count, { digest }) => count + Number(this.#withdrawOne.run(at, digest).changes), 0);
  }

  /** The images that were released and of which every release is withdrawn. */
  withheld(): readonly ImageName[] {
    return this.#file.attempt(() => this.#withheld.all());
  }

  /** Inside a transaction: how many ways back from a version are offered from now on. */
  offerWaysBack(product: string, from: string, at: number): number {
    return Number(this.#offer.run(at, product, from).changes);
  }

  /** Differs from an earlier one when something was released, offered or withdrawn since. */
  state(): string {
    const row = this.#file.attempt(() => this.#state.get())!;
    return `${row.count} ${row.offered} ${row.withdrawn}`;
  }

  #one(read: () => ReleaseRow | undefined): StoredRelease | undefined {
    const row = this.#file.attempt(read);
    return row && stored(row);
  }
}

function stored(row: ReleaseRow): StoredRelease {
  const { manifest, digest, releasedAt } = row;
  return {
    content: manifestIn(manifest),
    manifest,
    digest,
    releasedAt,
    suit: orAbsent(row.suit),
    riot: orAbsent(row.riot),
    record: orAbsent(row.record),
    backFrom: row.backFrom === "" ? undefined : row.backFrom,
    offeredAt: row.offeredAt === 0 ? undefined : row.offeredAt,
    withdrawnAt: row.withdrawnAt === 0 ? undefined : row.withdrawnAt,
  };
}

function orAbsent(bytes: Uint8Array): Uint8Array | undefined {
  return bytes.length === 0 ? undefined : bytes;
}
