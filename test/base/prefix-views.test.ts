import { suite } from "uvu";
import * as assert from "uvu/assert";
import { KEPT_LENGTH_MAX, PrefixViews } from "../../src/base/prefix-views.ts";

const prefixViews = suite("prefix-views");

prefixViews("a view shows the first bytes of the array as they are now", () => {
  const bytes = new Uint8Array(10);
  const view = new PrefixViews(bytes).of(3);
  bytes.set([1, 2, 3, 4]);
  assert.equal(view, Uint8Array.of(1, 2, 3));
});

prefixViews("a length that was asked for before has the same object, up to the longest that is kept", () => {
  const views = new PrefixViews(new Uint8Array(2 * KEPT_LENGTH_MAX));
  for (const length of [0, 1, KEPT_LENGTH_MAX]) assert.is(views.of(length), views.of(length));
  const long = views.of(KEPT_LENGTH_MAX + 1);
  assert.is(long.length, KEPT_LENGTH_MAX + 1);
  assert.is.not(long, views.of(KEPT_LENGTH_MAX + 1));
});

prefixViews.run();
