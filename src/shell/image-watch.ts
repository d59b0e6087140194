// A server's look at its store of images while it serves. Images that are known are served whatever becomes of the index; what
// the index cannot tell now is a question, which is asked again each second.

import { addMs, type Instant } from "../base/instant.ts";
import { WAITING_LIFETIME_MS } from "../coap/parameters.ts";
import type { Catalogue, CatalogueImage, ContentQuestion, DamagedImage } from "../firmware/catalogue.ts";
import type { ImageName } from "../firmware/image-name.ts";
import { StoreFault, type StoreFaultOutlet } from "./store-fault.ts";
import { systemNow } from "./system-clock.ts";

/** Questions that are asked again; the requests of one more wait in vain. */
export const WAITING_QUESTIONS_MAX = 1_024;

/** What the shell asks of a store of images; firmware-store/ happens to fit. */
export interface ImageSource extends Catalogue {
  /** Whether images were published since the last call. */
  refresh(): boolean;
  /** Fetches what a question asks for; then the catalogue can say more. */
  fetch(question: ContentQuestion): Promise<void>;
  /** Checks all images that were not checked yet, while nobody waits for one. */
  checkAll(): Promise<void>;
}

export interface ImageWatchOutlet extends StoreFaultOutlet {
  /** The catalogue can say more. */
  answered(question: ContentQuestion): void;
  failed(error: unknown): void;
}

export class ImageWatch implements Catalogue {
  readonly #images: ImageSource;
  readonly #outlet: ImageWatchOutlet;
  readonly #fault: StoreFault;
  readonly #waiting = new Map<string, { readonly question: ContentQuestion; readonly until: Instant }>();
  /** As it was when it could be read last; undefined until then. */
  #listed: ReturnType<Catalogue["list"]>;
  /** "product/version" of those that nobody gets. */
  #withheld: ReadonlySet<string> = new Set();
  #isClosed = false;

  constructor(images: ImageSource, outlet: ImageWatchOutlet) {
    this.#images = images;
    this.#outlet = outlet;
    this.#fault = new StoreFault(outlet);
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** These are not there, whatever the index says: transfers of them end with 4.04. True where others were before. */
  withhold(names: readonly ImageName[]): boolean {
    const before = this.#withheld;
    this.#withheld = new Set(names.map(({ product, version }) => `${product}/${version}`));
    return before.size !== this.#withheld.size || [...before].some((name) => !this.#withheld.has(name));
  }

  find(product: string, version: string): CatalogueImage | ContentQuestion | DamagedImage | undefined {
    if (this.#withheld.size > 0 && this.#withheld.has(`${product}/${version}`)) return undefined;
    try {
      return this.#images.find(product, version);
    } catch (error) {
      this.#fault.meet(error);
      return { question: `${product}/${version}`, product, version, page: undefined };
    }
  }

  list(): ReturnType<Catalogue["list"]> {
    this.#fault.survives(() => {
      this.#listed = this.#images.list();
    });
    return this.#listed?.filter(({ product, version }) => !this.#withheld.has(`${product}/${version}`));
  }

  /** Answers the server's question, now or later. */
  async answer(question: ContentQuestion): Promise<void> {
    try {
      await this.#images.fetch(question);
      if (!this.#isClosed) this.#outlet.answered(question);
    } catch (error) {
      this.#lives(() => {
        this.#fault.meet(error);
        this.#keep(question);
      });
    }
  }

  /** Checks all images that were not checked yet, as far as the index can be read. */
  async checkAll(): Promise<void> {
    try {
      await this.#images.checkAll();
    } catch (error) {
      this.#lives(() => this.#fault.meet(error));
    }
  }

  /** Once a second. Whether the list of images may be another one. */
  ask(): boolean {
    let isChanged = false;
    const asked = this.#fault.survives(() => {
      isChanged = this.#images.refresh();
      // Whether something was published is told where no image can be: all of the index is what has to be read.
      if (this.#fault.isPresent) this.#listed = this.#images.list();
    });
    if (!asked || !this.#fault.isPresent) return isChanged;
    this.#fault.mend();
    for (const { question } of this.#takeWaiting()) void this.answer(question);
    return true;
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Until nobody waits for its answer any more. */
  #keep(question: ContentQuestion): void {
    for (const [name, { until }] of this.#waiting) {
      if (systemNow() < until) break;
      this.#waiting.delete(name);
    }
    if (this.#waiting.size >= WAITING_QUESTIONS_MAX) return;
    this.#waiting.set(question.question, { question, until: addMs(systemNow(), WAITING_LIFETIME_MS) });
  }

  #takeWaiting(): { readonly question: ContentQuestion }[] {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    return waiting;
  }

  /** A mistake of ours ends the server, and is no rejection that nobody hears. */
  #lives(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#outlet.failed(error);
    }
  }
}
