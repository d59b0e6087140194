import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SCOPE_NAMES_MAX, ScopeStore } from "../../psk/scope-store.ts";
import { toUtf8 } from "../../src/base/bytes.ts";
import { scratchDirectories, throwsStoreError } from "../store/scratch-directory.ts";

const test = suite("scope-store");
const scratch = scratchDirectories(test);

const METER = toUtf8("meter-7");
const PUMPS = { products: ["pump", "valve"], classes: ["outdoor"] };

test("an identity is bound to what was said last, until it is bound to nothing", () => {
  const directory = scratch();
  const store = ScopeStore.open(directory);
  assert.is(store.scopeOf(METER), undefined);
  store.set(METER, { products: ["valve"], classes: [] });
  store.set(METER, PUMPS);
  store.close();
  const again = ScopeStore.open(directory);
  assert.equal([again.scopeOf(METER), again.scopeOf(toUtf8("meter")), again.count()], [PUMPS, undefined, 1]);
  again.remove(METER);
  assert.equal([again.scopeOf(METER), again.count()], [undefined, 0]);
  again.close();
});

test("what another process binds is seen at once, and is a change", () => {
  const directory = scratch();
  const [one, other] = [ScopeStore.open(directory), ScopeStore.open(directory)];
  one.set(METER, PUMPS);
  assert.equal([other.scopeOf(METER), other.changedElsewhere(), other.changedElsewhere()], [PUMPS, true, false]);
  one.close();
  other.close();
});

test("names that no path can have, and more than an identity may be bound to, are refused", () => {
  const store = ScopeStore.open(scratch());
  throwsStoreError(() => store.set(METER, { products: ["a/b"], classes: [] }), "imageName");
  throwsStoreError(() => store.set(METER, { products: [""], classes: [] }), "imageName");
  throwsStoreError(() => store.set(METER, { products: [], classes: [] }), "imageName");
  throwsStoreError(() => store.set(METER, { products: ["pump"], classes: ["a b"] }), "className");
  const many = Array.from({ length: SCOPE_NAMES_MAX + 1 }, (_, i) => `p${i}`);
  throwsStoreError(() => store.set(METER, { products: many, classes: [] }), "imageName");
  throwsStoreError(() => store.set(METER, { products: ["pump"], classes: many }), "imageName");
  store.set(METER, { products: many.slice(1), classes: many.slice(1) });
  store.close();
});

test("work that fails leaves an identity bound as it was", () => {
  const store = ScopeStore.open(scratch());
  const fails = () => {
    throw new Error("no key");
  };
  assert.throws(() => store.bind(METER, PUMPS, fails), "no key");
  assert.is(store.scopeOf(METER), undefined);
  assert.is(
    store.bind(METER, PUMPS, () => 7),
    7,
  );
  assert.throws(() => store.bind(METER, { products: ["tap"], classes: [] }, fails), "no key");
  assert.equal(store.scopeOf(METER), PUMPS);
  store.close();
});

test.run();
