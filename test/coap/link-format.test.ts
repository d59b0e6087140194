import { suite } from "uvu";
import * as assert from "uvu/assert";
import { filterLinks, formatLinks, type Link } from "../../src/coap/link-format.ts";

const links = suite("link-format");

const LINKS: readonly Link[] = [
  { href: "/fw/hub/1.0", attributes: { rt: "fw.image", ct: 42, sz: 102_432 } },
  { href: "/fw/hub/2.0", attributes: { rt: "fw.image fw.latest", ct: 42, sz: 105_000 } },
  { href: "/r", attributes: { rt: "fw.report", if: "core.rp", ct: "60 112" } },
];

function matching(...queries: string[]): string[] {
  return filterLinks(LINKS, queries).map(({ href }) => href);
}

links("RFC 6690 2: targets in angle brackets, numbers bare, text quoted, links between commas", () => {
  assert.is(
    formatLinks(LINKS),
    '</fw/hub/1.0>;rt="fw.image";ct=42;sz=102432,</fw/hub/2.0>;rt="fw.image fw.latest";ct=42;sz=105000,' +
      '</r>;rt="fw.report";if="core.rp";ct="60 112"',
  );
});

links("RFC 6690 2: no links are an empty document", () => {
  assert.is(formatLinks([]), "");
});

links("RFC 6690 2: a quote or backslash in a value is escaped", () => {
  assert.is(formatLinks([{ href: "/a", attributes: { title: 'say "\\"' } }]), '</a>;title="say \\"\\\\\\""');
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
  assert.is(filterLinks(odd, ["href=/a?b=c"]).length, 1);
});

links.run();
