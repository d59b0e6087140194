// The bytes that nRF Connect SDK's downloader sends for a block: version and type, a token of 8 bytes, the whole path with its
// slashes in one Uri-Path option, and Block2 with 1024 bytes from the first request on.

import { concat, toUtf8 } from "../../src/base/bytes.ts";

/** `path` without its first slash, 13 to 268 bytes or fewer than 13. */
export function nrfConnectRequest(path: string, num: number, messageId: number): Uint8Array {
  const token = Uint8Array.of(0x4e, 0x52, 0x46, 0x39, 0x31, 0x36, messageId >> 8, messageId);
  const text = toUtf8(path);
  const pathHead = text.length < 13 ? [0xb0 | text.length] : [0xbd, text.length - 13];
  // Block2 is option 23, 12 behind Uri-Path; NUM, no M, SZX 6.
  const bits = num * 16 + 6;
  const block =
    bits < 256 ? [0xc1, bits] : bits < 65_536 ? [0xc2, bits >> 8, bits] : [0xc3, bits >> 16, bits >> 8, bits];
  const head = [0x48, 0x01, messageId >> 8, messageId];
  return concat(Uint8Array.from(head), token, Uint8Array.from(pathHead), text, Uint8Array.from(block));
}
