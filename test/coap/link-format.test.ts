import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromUtf8, toUtf8 } from "../../src/base/bytes.ts";
import { type Link, LinkList, linkFilters } from "../../src/coap/link-format.ts";

const links = suite("link-format");

const LINKS: readonly Link[] = [
  { href: "/fw/hub/1.0", attributes: { rt: "fw.image", ct: 42, sz: 102_432 } },
  { href: "/fw/hub/2.0", attributes: { rt: "fw.image fw.latest", ct: 42, sz: 105_000 } },
  { href: "/r", attributes: { rt: "fw.report", if: "core.rp", ct: "60 112" } },
];

function matching(...queries: string[]): string[] {
  return matchingOf(LINKS, queries);
}

function matchingOf(links: readonly Link[], queries: readonly string[]): string[] {
  return [...new LinkList(links).matching(linkFilters(queries))].map((number) => links[number]!.href);
}

function formatted(links: readonly Link[]): string {
  return fromUtf8(new LinkList(links).bytes)!;
}

links("RFC 6690 2: targets in angle brackets, numbers bare, text quoted, links between commas", () => {
  assert.is(
    formatted(LINKS),
    '</fw/hub/1.0>;rt="fw.image";ct=42;sz=102432,</fw/hub/2.0>;rt="fw.image fw.latest";ct=42;sz=105000,' +
      '</r>;rt="fw.report";if="core.rp";ct="60 112"',
  );
});

links("RFC 6690 2: no links are an empty document", () => {
  assert.is(formatted([]), "");
});

links("RFC 6690 2: a quote or backslash in a value is escaped", () => {
  assert.is(formatted([{ href: "/a", attributes: { title: 'say "\\"' } }]), '</a>;title="say \\"\\\\\\""');
});

links("RFC 6690 4.1: no query gives all links", () => {
  assert.is(matching().length, 3);
});

links("RFC 6690 4.1: an attribute of several words matches by one of them", () => {
  assert.equal(matching("rt=fw.image"), ["/fw/hub/1.0", "/fw/hub/2.0"]);
  assert.equal(matching("rt=fw.latest"), ["/fw/hub/2.0"]);
  assert.equal(matching("ct=112"), ["/r"]);
});

links("RFC 6690 4.1: a trailing star matches any continuation, and a star alone anything present", () => {
  assert.equal(matching("rt=fw.r*"), ["/r"]);
  assert.equal(matching("if=*"), ["/r"]);
  assert.equal(matching("href=/fw*"), ["/fw/hub/1.0", "/fw/hub/2.0"]);
});

links("RFC 6690 4.1: href, ct and sz match as a whole", () => {
  assert.equal(matching("href=/r"), ["/r"]);
  assert.equal(matching("href=/fw"), []);
  assert.equal(matching("ct=4"), []);
  assert.equal(matching("sz=102432"), ["/fw/hub/1.0"]);
});

links("RFC 6690 4.1: an attribute that no link has matches none, names of JavaScript's own included", () => {
  assert.equal([matching("title=*"), matching("toString=*"), matching("__proto__=*")], [[], [], []]);
});

links("several filters must all match, and a query without equals sign is passed over", () => {
  assert.equal(matching("rt=fw.image", "sz=105000"), ["/fw/hub/2.0"]);
  assert.is(matching("page").length, 3);
});

links("a value may contain an equals sign", () => {
  const odd = [{ href: "/a?b=c", attributes: {} }];
  assert.is(matchingOf(odd, ["href=/a?b=c"]).length, 1);
});

links("a link's own bytes are those of the document, whatever its letters take in UTF-8", () => {
  const some = [
    { href: "/a", attributes: { title: "Größe" } },
    { href: "/ü", attributes: {} },
    { href: "/c", attributes: { sz: 5 } },
  ];
  const list = new LinkList(some);
  assert.equal(
    [0, 1, 2].map((number) => fromUtf8(list.bytes.subarray(list.startOf(number), list.endOf(number)))),
    ['</a>;title="Größe"', "</ü>", "</c>;sz=5"],
  );
  assert.is(list.bytes.length, toUtf8('</a>;title="Größe",</ü>,</c>;sz=5').length);
});

links("RFC 6690 4.1: what is found by its words is what a look at each link finds", () => {
  const words = fc.constantFrom("a", "ab", "abc", "b", "a b", "ab abc", "");
  const link = fc.record({
    href: words,
    attributes: fc.dictionary(fc.constantFrom("rt", "sz", "title"), fc.oneof(words, fc.nat({ max: 12 }))),
  });
  const query = fc
    .tuple(fc.constantFrom("href", "rt", "sz", "title", "no"), fc.constantFrom("a", "a*", "*", "1*", "ab", "b", ""))
    .map((parts) => parts.join("="));
  fc.assert(
    fc.property(fc.array(link, { maxLength: 12 }), fc.array(query, { minLength: 1, maxLength: 3 }), (some, queries) => {
      const expected = some.flatMap((one, number) =>
        queries.every((text) => matchesAlone(one, text)) ? [number] : [],
      );
      assert.equal([...new LinkList(some).matching(linkFilters(queries))], expected);
    }),
    { seed: 6690, numRuns: 2_000 },
  );
});

function matchesAlone({ href, attributes }: Link, query: string): boolean {
  const [name, pattern] = query.split("=") as [string, string];
  const value = name === "href" ? href : attributes[name];
  if (value === undefined) return false;
  const words = name === "rt" ? String(value).split(" ") : [String(value)];
  return words.some((word) => (pattern.endsWith("*") ? word.startsWith(pattern.slice(0, -1)) : word === pattern));
}

links.run();
