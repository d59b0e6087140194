// Telemetry of transfers: which device has got how much of which image. Nothing here is needed to serve a block; what does
// not fit the limits is served all the same and only not reported.

import type { Deadlined } from "../base/deadlined.ts";
import { addMs, type Instant } from "../base/instant.ts";
import { RangeSet } from "../base/range-set.ts";
import { RecencyList, type Recent } from "../base/recency-list.ts";
import type { CatalogueImage } from "../firmware/catalogue.ts";
import type { ImageBody } from "./image-body.ts";

/** Transfers followed at a time; the one without a block for longest is forgotten. */
export const TRANSFERS_MAX = 16_384;

/** Bytes for all of them, gaps included: as many transfers as may be, each with two gaps, are well below. */
export const TRANSFERS_LENGTH_MAX = 16 * 2 ** 20;

/** What is followed is forgotten when no block was asked for in so long: a device on plain CoAP never says that it ends. */
export const TRANSFER_IDLE_MS = 3_600_000;

/** Gaps followed in one transfer: more than any window of a downloader leaves, fewer than random access would. */
export const TRANSFER_RANGES_MAX = 128;

const PROGRESS_STEP_PERCENT = 25;

/** What a transfer takes with its places in map and list, and what a gap takes in it. */
const TRANSFER_OVERHEAD_LENGTH = 512;
const RANGE_LENGTH = 56;

export interface TransferNews {
  readonly kind: "begun" | "progress" | "done";
  readonly image: CatalogueImage;
  /** 0 when begun, 25, 50 or 75 on the way, 100 when done. */
  readonly percent: number;
  /** Answers with image bytes, repeated ones included. */
  readonly blocks: number;
  /** Blocks that had gone out before. */
  readonly resends: number;
  /** Image bytes cut into blocks, asked for anew or again; not those of answers out of the resend cache. */
  readonly bytes: number;
  /** Since the first block. */
  readonly seconds: number;
}

const NO_NEWS: readonly TransferNews[] = [];

interface Transfer<Association> extends Recent<Transfer<Association>> {
  readonly association: Association;
  readonly image: CatalogueImage;
  readonly startedAt: Instant;
  readonly covered: RangeSet;
  blocks: number;
  resends: number;
  bytes: number;
  percent: number;
  lastBlockAt: Instant;
  /** Ranges that are counted in the length of all. */
  countedRanges: number;
  /** How many bytes have to be covered until there is progress to tell. */
  nextAt: number;
}

export class Transfers<Association extends object | string> implements Deadlined {
  readonly #transfers = new Map<Association, Transfer<Association>>();
  readonly #order = new RecencyList<Transfer<Association>>();
  #length = 0;

  get size(): number {
    return this.#transfers.size;
  }

  /** Bytes, overhead included. */
  get length(): number {
    return this.#length;
  }

  /** A block of an image, or of a slice of one, went out. Gives what is worth telling, in order. */
  blockServed(
    now: Instant,
    association: Association,
    body: ImageBody,
    offset: number,
    length: number,
  ): readonly TransferNews[] {
    let news: TransferNews[] | undefined;
    const start = body.start + offset;
    let transfer = this.#transfers.get(association);
    const again = transfer?.percent === 100 && start === 0;
    if (transfer === undefined || again || !sameImage(transfer.image, body.image)) {
      if (transfer !== undefined) this.#forget(transfer);
      transfer = this.#begin(now, association, body.image);
      news = [newsOf(now, "begun", transfer)];
    } else {
      this.#order.touch(transfer);
    }
    transfer.lastBlockAt = now;
    transfer.blocks++;
    transfer.bytes += length;
    if (transfer.covered.ranges.length >= TRANSFER_RANGES_MAX) return news ?? NO_NEWS;
    const fresh = transfer.covered.add(start, start + length);
    if (transfer.covered.ranges.length !== transfer.countedRanges) this.#countRanges(transfer);
    if (fresh === 0) transfer.resends++;
    if (transfer.covered.covered >= transfer.nextAt) {
      const percent = Math.floor((100 * transfer.covered.covered) / transfer.image.length);
      transfer.percent = percent - (percent % PROGRESS_STEP_PERCENT);
      transfer.nextAt = coveredAt(transfer.percent + PROGRESS_STEP_PERCENT, transfer.image);
      news ??= [];
      news.push(newsOf(now, transfer.percent === 100 ? "done" : "progress", transfer));
    }
    return news ?? NO_NEWS;
  }

  /** An answer came out of the resend cache. */
  answerResent(now: Instant, association: Association): void {
    const transfer = this.#transfers.get(association);
    if (transfer === undefined) return;
    transfer.lastBlockAt = now;
    this.#order.touch(transfer);
    transfer.blocks++;
    transfer.resends++;
  }

  forget(association: Association): void {
    const transfer = this.#transfers.get(association);
    if (transfer !== undefined) this.#forget(transfer);
  }

  handleTimeout(now: Instant): void {
    for (let { oldest } = this.#order; oldest !== undefined; { oldest } = this.#order) {
      if (addMs(oldest.lastBlockAt, TRANSFER_IDLE_MS) > now) return;
      this.#forget(oldest);
    }
  }

  pollTimeout(): Instant | undefined {
    const { oldest } = this.#order;
    return oldest && addMs(oldest.lastBlockAt, TRANSFER_IDLE_MS);
  }

  #countRanges(transfer: Transfer<Association>): void {
    const count = transfer.covered.ranges.length;
    this.#length += RANGE_LENGTH * (count - transfer.countedRanges);
    transfer.countedRanges = count;
    // The one that grows is the newest: it is never the one that leaves.
    while (this.#length > TRANSFERS_LENGTH_MAX) this.#forget(this.#order.oldest!);
  }

  #begin(now: Instant, association: Association, image: CatalogueImage): Transfer<Association> {
    const { oldest } = this.#order;
    if (oldest !== undefined && this.#transfers.size >= TRANSFERS_MAX) this.#forget(oldest);
    const transfer: Transfer<Association> = {
      association,
      image,
      startedAt: now,
      covered: new RangeSet(),
      blocks: 0,
      resends: 0,
      bytes: 0,
      percent: 0,
      lastBlockAt: now,
      countedRanges: 0,
      nextAt: coveredAt(PROGRESS_STEP_PERCENT, image),
      older: undefined,
      newer: undefined,
    };
    this.#transfers.set(association, transfer);
    this.#order.add(transfer);
    this.#length += TRANSFER_OVERHEAD_LENGTH;
    return transfer;
  }

  #forget(transfer: Transfer<Association>): void {
    this.#transfers.delete(transfer.association);
    this.#order.remove(transfer);
    this.#length -= TRANSFER_OVERHEAD_LENGTH + RANGE_LENGTH * transfer.countedRanges;
  }
}

function newsOf<Association>(now: Instant, kind: TransferNews["kind"], transfer: Transfer<Association>): TransferNews {
  const { image, percent, blocks, resends, bytes, startedAt } = transfer;
  return { kind, image, percent, blocks, resends, bytes, seconds: (now - startedAt) / 1000 };
}

/** How many bytes of an image have to be covered for so many percent. */
function coveredAt(percent: number, image: CatalogueImage): number {
  return Math.ceil((percent * image.length) / 100);
}

function sameImage(a: CatalogueImage, b: CatalogueImage): boolean {
  return a === b || (a.product === b.product && a.version === b.version);
}
