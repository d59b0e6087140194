// A slot as the download of an encrypted image sees it: ciphertext goes in and comes out, and what lies in flash is the image,
// with the tag behind it. So the record of the download, its digest and what a power cut leaves are those of the ciphertext,
// and nothing has to be decrypted in place, which would take a third area.

import { concat } from "../../base/bytes.ts";
import type { OpenedPayload } from "../../manifest/opened-payload.ts";
import type { Flash } from "../flash.ts";

export class EncryptedSlot implements Flash {
  readonly #slot: Flash;
  readonly #payload: OpenedPayload;
  /** Bytes of the image. */
  readonly #size: number;

  constructor(slot: Flash, payload: OpenedPayload, size: number) {
    this.#slot = slot;
    this.#payload = payload;
    this.#size = size;
  }

  get length(): number {
    return this.#slot.length;
  }

  get pageLength(): number {
    return this.#slot.pageLength;
  }

  erasePage(offset: number): void {
    this.#slot.erasePage(offset);
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#slot.write(offset, this.#converted(offset, bytes));
  }

  read(offset: number, length: number): Uint8Array {
    return this.#converted(offset, this.#slot.read(offset, length));
  }

  /** The tag stays what it is. */
  #converted(offset: number, bytes: Uint8Array): Uint8Array {
    const ofImage = Math.max(0, Math.min(bytes.length, this.#size - offset));
    if (ofImage === 0) return bytes;
    return concat(this.#payload.convert(offset, bytes.subarray(0, ofImage)), bytes.subarray(ofImage));
  }
}
