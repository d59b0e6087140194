// The library's tokenizer, which recurses as deep as a peer nests and replaces text that is no UTF-8: this one stops at
// CBOR_DEPTH_MAX and at such a text.

import { type Token, Tokenizer, Type } from "cborg";
import { fromUtf8 } from "../base/bytes.ts";
import { CBOR_DEPTH_MAX } from "./cbor-value.ts";

export class BoundedTokenizer extends Tokenizer {
  /** How many items each array, map and tag that is open still has to come; Infinity until its break. */
  readonly #missing: number[] = [];

  override next(): Token {
    const token = super.next();
    const children = childrenOf(token);
    if (token.type === Type.string) checkText(token);
    if (children > 0) this.#open(children);
    else this.#close(token.type === Type.break);
    return token;
  }

  #open(children: number): void {
    this.#missing.push(children);
    if (this.#missing.length > CBOR_DEPTH_MAX) throw new Error(`more than ${CBOR_DEPTH_MAX} items within each other`);
  }

  /** An item is complete, and with the last one of a container that one is too. */
  #close(isBreak: boolean): void {
    const missing = this.#missing;
    if (isBreak) missing.pop();
    while (missing.length > 0 && --missing[missing.length - 1]! === 0) missing.pop();
  }
}

function childrenOf(token: Token): number {
  if (token.type === Type.array) return token.value as number;
  if (token.type === Type.map) return 2 * (token.value as number);
  return token.type === Type.tag ? 1 : 0;
}

/** The library also drops a byte order mark, and what is a text to one reader is another one to the next. */
function checkText(token: Token): void {
  if (token.byteValue === undefined) return;
  if (fromUtf8(token.byteValue) !== token.value)
    throw new Error("text that is no UTF-8, or begins with a byte order mark");
}
