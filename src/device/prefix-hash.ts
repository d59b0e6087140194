// The SHA-256 of an image's beginning, as far as it is there without a gap. Its state is saved on two pages of flash, so
// that a restart goes on from it and reads nothing of the image again. States are appended until the page is full, then the
// other page is erased: so the newest one but for a torn one is always there, and flash wears by one erasure for some
// ninety blocks. A state:
//
//   length of the state 1 | the state (crypto/savable-sha256.ts) | the first 4 bytes of the SHA-256 of both

import { bytesOfLatin1, concat, equal } from "../base/bytes.ts";
import type { CryptoProvider, Sha256Stream } from "../crypto/crypto-provider.ts";
import { BLANK, type Flash, isBlank } from "./flash.ts";

/** Pages of flash from its beginning on that states are saved in. */
export const STATE_PAGES = 2;

const CHECK_LENGTH = 4;

interface SavedState {
  readonly hash: Sha256Stream;
  readonly page: number;
  /** Where the next one goes, or behind the page's end where that is not known. */
  readonly nextAt: number;
}

export class PrefixHash {
  readonly #crypto: CryptoProvider;
  readonly #flash: Flash;
  #hash: Sha256Stream;
  #page = 0;
  #nextAt = 0;

  /** Of nothing; `flash` is blank from the first page on, or recover() follows. */
  constructor(crypto: CryptoProvider, flash: Flash) {
    this.#crypto = crypto;
    this.#flash = flash;
    this.#hash = crypto.sha256Stream();
  }

  /** Bytes that were hashed. */
  get length(): number {
    return this.#hash.length;
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** The SHA-256 of what was hashed. */
  digest(): Uint8Array {
    return this.#hash.clone().digest();
  }

  /** Goes on from the state that says most of what was saved. */
  recover(): void {
    const { pageLength } = this.#flash;
    const states = [0, 1].flatMap((page) => this.#statesOn(page));
    // Nobody knows where a torn state ends: what comes next goes to the other page.
    this.#nextAt = isBlank(this.#flash.read(0, pageLength)) ? 0 : pageLength;
    for (const state of states) {
      if (state.hash.length <= this.length) continue;
      this.#hash = state.hash;
      this.#page = state.page;
      this.#nextAt = state.nextAt;
    }
  }

  /** Writes the state down. */
  save(): void {
    const { pageLength } = this.#flash;
    const state = this.#hash.save();
    const said = concat(Uint8Array.of(state.length), state);
    const entry = concat(said, this.#checkOf(said));
    if (this.#nextAt + entry.length > pageLength) {
      this.#page = STATE_PAGES - 1 - this.#page;
      this.#flash.erasePage(this.#page * pageLength);
      this.#nextAt = 0;
    }
    this.#flash.write(this.#page * pageLength + this.#nextAt, entry);
    this.#nextAt += entry.length;
  }

  /** The states on one page that are whole, the oldest first. */
  #statesOn(page: number): SavedState[] {
    const { pageLength } = this.#flash;
    const bytes = this.#flash.read(page * pageLength, pageLength);
    const states: SavedState[] = [];
    for (let at = 0; at < pageLength && bytes[at] !== BLANK; ) {
      const checkAt = at + 1 + bytes[at]!;
      const end = checkAt + CHECK_LENGTH;
      const isWhole = equal(this.#checkOf(bytes.subarray(at, checkAt)), bytes.subarray(checkAt, end));
      const hash = isWhole ? this.#crypto.resumeSha256(bytes.subarray(at + 1, checkAt)) : undefined;
      if (hash === undefined) break;
      states.push({ hash, page, nextAt: isBlank(bytes.subarray(end)) ? end : pageLength });
      at = end;
    }
    return states;
  }

  #checkOf(said: Uint8Array): Uint8Array {
    return bytesOfLatin1(this.#crypto.sha256(said)).subarray(0, CHECK_LENGTH);
  }
}
