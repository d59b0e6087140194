// RFC 6690: the links of /.well-known/core, and their filtering by query.

export interface Link {
  /** The target's absolute path. */
  readonly href: string;
  /** In the order in which they are written; a value of several words (rt, if, ct) has spaces between them. */
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** Attributes whose value is a list of words: RFC 6690 2.2 and 3, RFC 7252 7.2.1. */
const WORD_ATTRIBUTES: ReadonlySet<string> = new Set(["rel", "rev", "rt", "if", "ct"]);

/** RFC 6690 2: numbers as they are, text as quoted strings. */
export function formatLinks(links: readonly Link[]): string {
  return links.map(formatLink).join(",");
}

function formatLink(link: Link): string {
  let text = `<${link.href}>`;
  for (const [name, value] of Object.entries(link.attributes)) {
    text += typeof value === "number" ? `;${name}=${value}` : `;${name}="${value.replace(/["\\]/g, "\\$&")}"`;
  }
  return text;
}

/**
 * RFC 6690 4.1: the links that match every `name=value` of `queries`. A trailing `*` matches any continuation; of an
 * attribute of several words one word must match. A query without `=` is no filter and is passed over.
 */
export function filterLinks(links: readonly Link[], queries: readonly string[]): readonly Link[] {
  return queries.reduce((left, query) => {
    const separator = query.indexOf("=");
    if (separator < 0) return left;
    const [name, pattern] = [query.slice(0, separator), query.slice(separator + 1)];
    return left.filter((link) => valuesOf(link, name).some((value) => matches(value, pattern)));
  }, links);
}

function valuesOf(link: Link, name: string): readonly string[] {
  if (name === "href") return [link.href];
  const value = Object.hasOwn(link.attributes, name) ? link.attributes[name] : undefined;
  if (value === undefined) return [];
  const text = String(value);
  return WORD_ATTRIBUTES.has(name) ? text.split(" ") : [text];
}

function matches(value: string, pattern: string): boolean {
  return pattern.endsWith("*") ? value.startsWith(pattern.slice(0, -1)) : value === pattern;
}
