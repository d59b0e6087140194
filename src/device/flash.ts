// NOR flash as devices have it: pages that are erased whole to ones, and writes that turn ones into zeros. The interface
// belongs to the download, which is its user; a file, a simulated chip with power cuts and a real chip fit behind it.

export interface Flash {
  /** Bytes, a whole number of pages. */
  readonly length: number;
  /** Bytes of the smallest piece that can be erased. */
  readonly pageLength: number;
  /** Makes every byte of the page that begins at `offset` BLANK. */
  erasePage(offset: number): void;
  /** Clears bits: no zero can become a one. Writing what is there already, whole or in part, is allowed. */
  write(offset: number, bytes: Uint8Array): void;
  /** A copy. */
  read(offset: number, length: number): Uint8Array;
}

/** An erased byte. */
export const BLANK = 0xff;

export function isBlank(bytes: Uint8Array): boolean {
  // A plain loop: the record of a large slot has many pages.
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== BLANK) return false;
  return true;
}

/** Pages that are blank stay untouched: a chip bears so many erasures. */
export function eraseAll(flash: Flash): void {
  for (let at = 0; at < flash.length; at += flash.pageLength) {
    if (!isBlank(flash.read(at, flash.pageLength))) flash.erasePage(at);
  }
}
