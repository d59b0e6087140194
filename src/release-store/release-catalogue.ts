// Releases as a server asks for them: what was asked before is answered from memory until something is written. Anybody with a
// session may ask for names that nobody has, so what is remembered is bounded in count and bytes.

import { LRUCache } from "lru-cache";
import { latin1Of } from "../base/bytes.ts";
import type { ImageName } from "../firmware/image-name.ts";
import type { OfferedRelease } from "../firmware/releases.ts";
import type { StoredRelease } from "./release.ts";
import type { ReleaseStore } from "./release-store.ts";

/** Answers that are remembered, and bytes of them. */
export const ANSWERS_MAX = 16_384;
export const ANSWERS_LENGTH_MAX = 16 * 2 ** 20;

/** What a key, an object and their place in the table take. */
const ANSWER_OVERHEAD_LENGTH = 512;

interface Answer {
  readonly release?: OfferedRelease | undefined;
  readonly root?: Uint8Array | undefined;
  /** Whether the devices of a class ask for a proof. */
  readonly wantsProof?: boolean;
}

export class ReleaseCatalogue {
  readonly #store: ReleaseStore;
  readonly #answers = new LRUCache<string, Answer>({
    max: ANSWERS_MAX,
    maxSize: ANSWERS_LENGTH_MAX,
    sizeCalculation: ({ release, root }) => {
      const { manifest, suit, riot } = release ?? {};
      const parts = [manifest, suit, riot, root].map((bytes) => bytes?.length ?? 0);
      return parts.reduce((sum, length) => sum + length, ANSWER_OVERHEAD_LENGTH);
    },
  });

  constructor(store: ReleaseStore) {
    this.#store = store;
  }

  get answerCount(): number {
    return this.#answers.size;
  }

  /** See Releases, as for all below. Throws StoreError where it cannot be read. */
  current(product: string, className: string | undefined): OfferedRelease | undefined {
    const read = () => offered(this.#store.releases.current(product, className));
    return this.#answer(`current ${product} ${className ?? ""}`, () => ({ release: read() })).release;
  }

  wayBack(product: string, className: string | undefined, running: Uint8Array): OfferedRelease | undefined {
    const read = () => offered(this.#store.releases.wayBack(product, className, running));
    const name = `back ${product} ${className ?? ""} ${latin1Of(running)}`;
    return this.#answer(name, () => ({ release: read() })).release;
  }

  byDigest(product: string, prefix: Uint8Array): OfferedRelease | undefined {
    const read = () => offered(this.#store.releases.byDigest(product, prefix));
    return this.#answer(`digest ${product} ${latin1Of(prefix)}`, () => ({ release: read() })).release;
  }

  trustRoot(product: string): Uint8Array | undefined {
    return this.#answer(`root ${product}`, () => ({ root: this.#store.trustRoots.newest(product) })).root;
  }

  /** Whether the devices of a class take nothing without a proof that it stands in the registry. */
  wantsProof(product: string, className: string | undefined): boolean {
    if (className === undefined) return false;
    const read = () => this.#store.classes.find(product, className)?.profile.includes("log") ?? false;
    return this.#answer(`class ${product} ${className}`, () => ({ wantsProof: read() })).wantsProof === true;
  }

  /** Images of which every release is withdrawn. Throws StoreError. */
  withheld(): readonly ImageName[] {
    return this.#store.releases.withheld();
  }

  /** Whether another process has written since the last call; asks the file only, and costs microseconds. */
  refresh(): boolean {
    const isChanged = this.#store.changedElsewhere();
    if (isChanged) this.#answers.clear();
    return isChanged;
  }

  #answer(name: string, read: () => Answer): Answer {
    const known = this.#answers.get(name);
    if (known !== undefined) return known;
    const answer = read();
    this.#answers.set(name, answer);
    return answer;
  }
}

function offered(stored: StoredRelease | undefined): OfferedRelease | undefined {
  if (stored === undefined) return undefined;
  const { content, manifest, digest, suit, riot } = stored;
  const { version, sequenceNumber, notAfter } = content;
  return { version, sequenceNumber, notAfter, manifest, digest, suit, riot };
}
