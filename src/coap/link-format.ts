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
  /** The numbers of the links that say the first word, then those of the second, and so on. */
  readonly links: Uint32Array;
  /** By word: where its numbers begin; and behind the last, where all of them end. */
  readonly starts: Uint32Array;
}

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
    const alike = filters.map(({ name, pattern }) => this.#linksLike(name, pattern));
    if (alike.some((links) => links.length === 0)) return NO_LINKS;
    // How many of the filters each link has passed, one after the other.
    const passed = new Uint8Array(this.count);
    for (let filter = 0; filter < alike.length; filter++) {
      const links = alike[filter]!;
      for (let i = 0; i < links.length; i++) if (passed[links[i]!] === filter) passed[links[i]!] = filter + 1;
    }
    const matching = new Uint32Array(this.count);
    let count = 0;
    for (let link = 0; link < passed.length; link++) if (passed[link] === alike.length) matching[count++] = link;
    return matching.slice(0, count);
  }

  /** Where one link begins and ends in `bytes`. */
  startOf(number: number): number {
    return number === 0 ? 0 : this.#ends[number - 1]! + 1;
  }

  endOf(number: number): number {
    return this.#ends[number]!;
  }

  /** In the order of their words; a link twice where two of its words match. */
  #linksLike(name: string, pattern: string): Uint32Array {
    const words = this.#wordsOf(name);
    if (words === undefined) return NO_LINKS;
    const { sorted, links, starts } = words;
    const star = pattern.endsWith("*");
    const text = star ? pattern.slice(0, -1) : pattern;
    const first = firstWhere(sorted, (word) => word >= text);
    const end = firstWhere(sorted, (word) => word > text && !(star && word.startsWith(text)));
    return links.subarray(starts[first], starts[end]);
  }

  /** Undefined for an attribute that no link has: that is whatever a peer likes to ask for. */
  #wordsOf(name: string): Words | undefined {
    const known = this.#words.get(name);
    if (known !== undefined || !this.#names.has(name)) return known;
    const saying = new Map<string, number[]>();
    for (const [number, link] of this.#links.entries()) {
      for (const word of valuesOf(link, name)) {
        const numbers = saying.get(word);
        if (numbers === undefined) saying.set(word, [number]);
        else numbers.push(number);
      }
    }
    const words = inOrder(saying);
    this.#words.set(name, words);
    return words;
  }
}

function inOrder(saying: ReadonlyMap<string, readonly number[]>): Words {
  const sorted = [...saying.keys()].sort();
  const starts = new Uint32Array(sorted.length + 1);
  for (const [i, word] of sorted.entries()) starts[i + 1] = starts[i]! + saying.get(word)!.length;
  const links = new Uint32Array(starts[sorted.length]!);
  for (const [i, word] of sorted.entries()) links.set(saying.get(word)!, starts[i]!);
  return { sorted, links, starts };
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

/** The first of `sorted` for which this holds, as it then does for all behind it; their count where there is none. */
function firstWhere(sorted: readonly string[], holds: (word: string) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(sorted[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
