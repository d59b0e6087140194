import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromUtf8 } from "../../src/base/bytes.ts";
import type { Body } from "../../src/coap/body.ts";
import { Code } from "../../src/coap/code.ts";
import { OptionNumber } from "../../src/coap/option.ts";
import type { PlainResponse } from "../../src/coap/response.ts";
import { ImageLinks, LINK_BODIES_MAX, LINK_FILTER_LENGTH_MAX, LINK_FILTERS_MAX } from "../../src/server/image-links.ts";
import { countingBytes } from "../support/coap-line.ts";
import { CRYPTO } from "../support/crypto.ts";
import { MemoryCatalogue } from "../support/memory-catalogue.ts";

const links = suite("image-links");

/** Images of 1 to `count` bytes. */
function catalogueOf(count: number): MemoryCatalogue {
  const catalogue = new MemoryCatalogue();
  for (let length = 1; length <= count; length++)
    catalogue.publish(`p${length % 7}`, `v${length}`, countingBytes(length));
  return catalogue;
}

function bodyFor(all: ImageLinks, ...queries: string[]): Body {
  const body = all.bodyFor(queries);
  assert.ok(body.ok, `refused: ${queries}`);
  return (body as { readonly value: Body }).value;
}

function textOf(body: Body, offset = 0, length = body.length): string {
  return fromUtf8(body.read(offset, length) as Uint8Array)!;
}

links("RFC 6690 4.1: what is no filter asks for the one list, written once, however often", () => {
  const catalogue = catalogueOf(40);
  const all = new ImageLinks(CRYPTO, catalogue);
  const whole = bodyFor(all);
  for (let i = 0; i < 100; i++) assert.is(bodyFor(all, `x${i}`), whole);
  assert.is(bodyFor(all, "rt=fw.image", "x1", "ct=*"), whole);
  assert.equal([catalogue.listCount, all.bodyCount], [1, 0]);
});

links("filters that anybody makes up have one answer, and put out nobody's list", () => {
  const catalogue = catalogueOf(40);
  const all = new ImageLinks(CRYPTO, catalogue);
  const asked = bodyFor(all, "sz=7");
  const none = bodyFor(all, "rt=nothing");
  assert.is(none.length, 0);
  for (let i = 0; i < 100; i++) assert.is(bodyFor(all, `x${i}=1`, `href=/${i}*`), none);
  assert.is(bodyFor(all, "sz=7"), asked);
  assert.equal([catalogue.listCount, all.bodyCount], [1, 1]);
});

links("LINK_BODIES_MAX filtered lists are kept, and one more puts out the one not asked for longest", () => {
  const all = new ImageLinks(CRYPTO, catalogueOf(LINK_BODIES_MAX + 1));
  const bodies = Array.from({ length: LINK_BODIES_MAX }, (_, i) => bodyFor(all, `sz=${i + 1}`));
  assert.is(bodyFor(all, "sz=1"), bodies[0]);
  bodyFor(all, `sz=${LINK_BODIES_MAX + 1}`);
  assert.is(all.bodyCount, LINK_BODIES_MAX);
  assert.is(bodyFor(all, "sz=1"), bodies[0]);
  const again = bodyFor(all, "sz=2");
  assert.is.not(again, bodies[1]);
  assert.equal([again.etag, textOf(again)], [bodies[1]!.etag, textOf(bodies[1]!)]);
});

links("RFC 7959 2.4: each part of a filtered list, from any byte on, is that of the links between commas", () => {
  const catalogue = catalogueOf(30);
  const all = new ImageLinks(CRYPTO, catalogue);
  const matching = catalogue.list().filter(({ length }) => String(length).startsWith("2"));
  const expected = matching
    .map(({ product, version, length }) => `</fw/${product}/${version}>;rt="fw.image";ct=42;sz=${length}`)
    .join(",");
  const body = bodyFor(all, "sz=2*");
  assert.is(body.length, expected.length);
  for (let start = 0; start < body.length; start += 1) {
    for (const length of [1, 16, 100]) {
      const end = Math.min(start + length, body.length);
      assert.is(textOf(body, start, end - start), expected.slice(start, end));
    }
  }
});

links("lists of other links have other ETags, before and after an image is published", () => {
  const catalogue = catalogueOf(30);
  const all = new ImageLinks(CRYPTO, catalogue);
  const texts = ["sz=1*", "sz=2*", "sz=10", "href=/fw/p1/*", "href=*", "no=1"];
  const etags = () => texts.map((text) => String(bodyFor(all, text).etag));
  const before = etags();
  assert.is(new Set(before).size, texts.length);
  catalogue.publish("p1", "another", countingBytes(10));
  all.handleCatalogueChange();
  for (const [i, etag] of etags().slice(0, -1).entries()) assert.is.not(etag, before[i]);
  assert.match(textOf(bodyFor(all, "sz=10")), "</fw/p1/another>");
});

links("LINK_FILTERS_MAX filters of LINK_FILTER_LENGTH_MAX bytes are asked for, and more get 4.00", () => {
  const all = new ImageLinks(CRYPTO, catalogueOf(3));
  const filters = Array.from({ length: LINK_FILTERS_MAX }, () => "rt=fw*");
  bodyFor(all, ...filters, "page", "other");
  const long = `href=${"a".repeat(LINK_FILTER_LENGTH_MAX - 5)}`;
  bodyFor(all, long);
  for (const queries of [[...filters, "ct=42"], [`${long}a`]]) {
    const refused = all.bodyFor(queries);
    assert.is(refused.ok ? undefined : refused.error.code, Code.BAD_REQUEST);
  }
});

links("RFC 7252 5.9.3.4: a catalogue that cannot tell what it has gets 5.03 with Max-Age, and is asked again", () => {
  const catalogue = catalogueOf(3);
  let isKnown = false;
  const unsure = {
    find: () => undefined,
    list: () => (isKnown ? catalogue.list() : undefined),
  };
  const all = new ImageLinks(CRYPTO, unsure);
  for (const queries of [[], ["sz=1"]]) {
    const refused = all.bodyFor(queries);
    const error = (refused as { readonly error: PlainResponse }).error;
    assert.is(error.code, Code.SERVICE_UNAVAILABLE);
    assert.equal(
      error.options?.map(({ number }) => number),
      [OptionNumber.MAX_AGE],
    );
  }
  isKnown = true;
  assert.match(textOf(bodyFor(all)), "</fw/p1/v1>");
});

links("250 odd queries and filters before 10,000 images write the list once and keep little", () => {
  const catalogue = new MemoryCatalogue();
  const content = countingBytes(1);
  for (let i = 0; i < 10_000; i++) catalogue.publish(`product-${i}`, "1.0.0", content);
  const all = new ImageLinks(CRYPTO, catalogue);
  for (let i = 0; i < 250; i++) {
    bodyFor(all, `x${i}`);
    bodyFor(all, `href=/fw/product-${i}*`);
  }
  assert.is(catalogue.listCount, 1);
  assert.ok(all.bodyCount <= LINK_BODIES_MAX);
});

links.run();
