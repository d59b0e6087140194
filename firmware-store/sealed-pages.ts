// How a content lies on the disk: each page of 64 KiB sealed for itself, so that any slice can be read, and behind each its
// tag of 16 bytes. The last page is as long as what is left.
//
//   page 0 (65,536) | tag (16) | page 1 (65,536) | tag (16) | … | last page (1 to 65,536) | tag (16)
//
// AES-256-GCM; the nonce is the page's number. No nonce comes twice under one key, because a data key is drawn for one
// writing of one file, each page of which is sealed once, and a file is never changed. The tag is what a page is checked
// against whenever it is read: a digest that was stored at publish, which nobody without the data key can make. Pages
// that change places, or come from another content, do not pass it, and neither does a file that ends early.

import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Secret } from "../src/base/secret.ts";
import { CIPHER, NONCE_LENGTH, TAG_LENGTH } from "../src/store/seal.ts";
import { openedGarbage } from "./opened-garbage.ts";
import { PAGE_LENGTH } from "./page-cache.ts";

export const SEALED_PAGE_LENGTH = PAGE_LENGTH + TAG_LENGTH;

/** What is opened at once: in smaller pieces a page takes longer, and in larger ones not less. */
const PIECE_LENGTH = 16 * 1024;

/** Bytes of the file of a content of `length` bytes. */
export function sealedLength(length: number): number {
  return length + TAG_LENGTH * Math.ceil(length / PAGE_LENGTH);
}

/** Seals the pages of `bytes`, of which only the last one of a content may be short, into one piece of the file. */
export function sealPages(key: Secret, firstPage: number, bytes: Uint8Array): Uint8Array {
  const sealed: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += PAGE_LENGTH) {
    const cipher = createCipheriv(CIPHER, key.reveal(), nonceOf(firstPage + at / PAGE_LENGTH));
    sealed.push(cipher.update(bytes.subarray(at, at + PAGE_LENGTH)), cipher.final(), cipher.getAuthTag());
  }
  return Buffer.concat(sealed);
}

/** Opens one page in its place. Where this is false it is no page, and nothing of it may be used. */
export function unsealPage(key: Secret, page: number, bytes: Uint8Array, tag: Uint8Array): boolean {
  const decipher = createDecipheriv(CIPHER, key.reveal(), nonceOf(page)).setAuthTag(tag);
  for (let at = 0; at < bytes.length; at += PIECE_LENGTH) {
    bytes.set(decipher.update(bytes.subarray(at, at + PIECE_LENGTH)), at);
  }
  openedGarbage.leave(bytes.length);
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}

/** Opens a piece of the file that begins with a page, in its place; undefined where one is not what was sealed. */
export function unsealPages(key: Secret, firstPage: number, sealed: Uint8Array): Uint8Array | undefined {
  let length = 0;
  for (let at = 0; at < sealed.length; at += SEALED_PAGE_LENGTH) {
    const tagAt = Math.min(at + SEALED_PAGE_LENGTH, sealed.length) - TAG_LENGTH;
    if (tagAt <= at) return undefined;
    const page = sealed.subarray(at, tagAt);
    const number = firstPage + at / SEALED_PAGE_LENGTH;
    if (!unsealPage(key, number, page, sealed.subarray(tagAt, tagAt + TAG_LENGTH))) return undefined;
    sealed.copyWithin(length, at, tagAt);
    length += page.length;
  }
  return sealed.subarray(0, length);
}

function nonceOf(page: number): Uint8Array {
  const nonce = new Uint8Array(NONCE_LENGTH);
  new DataView(nonce.buffer).setUint32(NONCE_LENGTH - 4, page);
  return nonce;
}
