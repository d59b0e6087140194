// RFC 6690: the links of /.well-known/core, written once, and found by what filters ask for without a look at each.

import { toUtf8 } from "../base/bytes.ts";

export interface Link {
  /** The target's absolute path. */
  readonly href: string;
  /** In the order in which they are written; a value of several words (rt, if, ct) has spaces between them. */
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** RFC 6690 4.1: `name=value`; a trailing `*` of the pattern matches any continuation. */
export interface LinkFilter {
  readonly name: string;
  readonly pattern: string;
}

/** Attributes whose value is a list of words: RFC 6690 2.2 and 3, RFC 7252 7.2.1. */
const WORD_ATTRIBUTES: ReadonlySet<string> = new Set(["rel", "rev", "rt", "if", "ct"]);

const COMMA = 0x2c;

/** The filters among the queries of a request; a query without `=` is none and is passed over. */
export function linkFilters(queries: readonly string[]): readonly LinkFilter[] {
  return queries.flatMap((query) => {
    const separator = query.indexOf("=");
    return separator < 0 ? [] : [{ name: query.slice(0, separator), pattern: query.slice(separator + 1) }];
  });
}

/** What all links say with one attribute. */
interface Words {
  /** Each once, in the order in which strings compare, so that those with one beginning stand together. */
  readonly sorted: readonly string[];
  /** By word: the numbers of the links that say it, ascending. */
  readonly links: ReadonlyMap<string, readonly number[]>;
}

const NO_WORDS: Words = { sorted: [], links: new Map() };
const NO_LINKS = new Uint32Array(0);

export class LinkList {
  /** The whole document: numbers as they are, text as quoted strings, commas between the links (RFC 6690 2). */
  readonly bytes: Uint8Array;
  readonly #links: readonly Link[];
  /** Of all attributes that any link has, `href` too. */
  readonly #names: ReadonlySet<string>;
  /** By link: where it ends in `bytes`. A comma stands there, or the end. */
  readonly #ends: Uint32Array;
  /** By attribute, made when somebody first filters by it. */
  readonly #words = new Map<string, Words>();

  constructor(links: readonly Link[]) {
    this.#links = links;
    this.#names = new Set(["href", ...links.flatMap(({ attributes }) => Object.keys(attributes))]);
    const texts = links.map((link) => toUtf8(formatLink(link)));
    this.#ends = new Uint32Array(links.length);
    this.bytes = joined(texts, this.#ends);
  }

  get count(): number {
    return this.#links.length;
  }

  /** The numbers of the links that match every filter, ascending; of an attribute of several words one has to match. */
  matching(filters: readonly LinkFilter[]): Uint32Array {
    const alike = filters.map(({ name, pattern }) => [...this.#linksLike(name, pattern)]);
    if (alike.some((lists) => lists.length === 0)) return NO_LINKS;
    const passed = new Uint8Array(this.count);
    for (const [index, lists] of alike.entries()) {
      for (const links of lists) for (const link of links) if (passed[link] === index) passed[link] = index + 1;
    }
    let count = 0;
    const matching = new Uint32Array(this.count);
    for (let link = 0; link < passed.length; link++) if (passed[link] === filters.length) matching[count++] = link;
    return matching.slice(0, count);
  }

  /** Bytes of one link. */
  link(number: number): Uint8Array {
    const start = number === 0 ? 0 : this.#ends[number - 1]! + 1;
    return this.bytes.subarray(start, this.#ends[number]);
  }

  *#linksLike(name: string, pattern: string): Generator<readonly number[]> {
    const { sorted, links } = this.#wordsOf(name);
    if (!pattern.endsWith("*")) {
      const exactly = links.get(pattern);
      if (exactly !== undefined) yield exactly;
      return;
    }
    const beginning = pattern.slice(0, -1);
    for (let i = firstNotBelow(sorted, beginning); sorted[i]?.startsWith(beginning); i++) yield links.get(sorted[i]!)!;
  }

  #wordsOf(name: string): Words {
    const known = this.#words.get(name);
    if (known !== undefined) return known;
    if (!this.#names.has(name)) return NO_WORDS;
    const links = new Map<string, number[]>();
    for (const [number, link] of this.#links.entries()) {
      for (const word of valuesOf(link, name)) {
        const saying = links.get(word);
        if (saying === undefined) links.set(word, [number]);
        else saying.push(number);
      }
    }
    const words = { sorted: [...links.keys()].sort(), links };
    this.#words.set(name, words);
    return words;
  }
}

/** Writes where each text ends. */
function joined(texts: readonly Uint8Array[], ends: Uint32Array): Uint8Array {
  const length = texts.reduce((sum, text) => sum + text.length + 1, 0);
  const bytes = new Uint8Array(Math.max(0, length - 1)).fill(COMMA);
  let at = 0;
  for (const [index, text] of texts.entries()) {
    bytes.set(text, at);
    ends[index] = at + text.length;
    at += text.length + 1;
  }
  return bytes;
}

function formatLink(link: Link): string {
  let text = `<${link.href}>`;
  for (const [name, value] of Object.entries(link.attributes)) {
    text += typeof value === "number" ? `;${name}=${value}` : `;${name}="${value.replace(/["\\]/g, "\\$&")}"`;
  }
  return text;
}

function valuesOf(link: Link, name: string): readonly string[] {
  if (name === "href") return [link.href];
  const value = Object.hasOwn(link.attributes, name) ? link.attributes[name] : undefined;
  if (value === undefined) return [];
  const text = String(value);
  return WORD_ATTRIBUTES.has(name) ? text.split(" ") : [text];
}

function firstNotBelow(sorted: readonly string[], text: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < text) low = middle + 1;
    else high = middle;
  }
  return low;
}
