import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ReleaseSource, ReleaseWatch } from "../../../src/shell/trust/release-watch.ts";
import { ScopeWatch } from "../../../src/shell/trust/scope-watch.ts";
import { StoreError } from "../../../src/store/store-error.ts";

const test = suite("release-watch");

const ONE = new Uint8Array(32);

class Bench {
  readonly said: string[] = [];
  isBroken = false;
  isChanged = false;
  classes: readonly string[] = [];
  readonly source: ReleaseSource = {
    current: () => this.read(undefined),
    wayBack: () => this.read(undefined),
    byDigest: () => this.read(undefined),
    trustRoot: () => this.read(ONE),
    wantsProof: (_product, name) => this.read(this.classes.includes(name ?? "")),
    withheld: () => this.read([{ product: "pump", version: "1.3.0" }]),
    refresh: () => this.read(this.isChanged),
  };
  readonly log = {
    proof: () => this.read(ONE),
    head: () => this.read({ size: 3, root: ONE }),
    refresh: () => this.read(false),
  };
  readonly watch = new ReleaseWatch(this.source, this.log, {
    faulty: (reason) => this.said.push(reason),
    mended: () => this.said.push("mended"),
  });

  read<Value>(value: Value): Value {
    if (this.isBroken) throw new StoreError("damaged", "broken");
    return value;
  }
}

test("what cannot be read is unavailable, said once, and asked for again until it can", () => {
  const bench = new Bench();
  const { watch } = bench;
  bench.isBroken = true;
  const answers = [
    watch.current("p", "c"),
    watch.wayBack("p", "c", ONE),
    watch.byDigest("p", ONE),
    watch.trustRoot("p"),
  ];
  assert.equal(answers, ["unavailable", "unavailable", "unavailable", "unavailable"]);
  assert.equal([watch.proof("p", "c", ONE), watch.logHead(), watch.ask()], [undefined, undefined, false]);
  bench.isBroken = false;
  assert.equal([watch.trustRoot("p"), watch.ask(), watch.ask()], [ONE, true, false]);
  assert.equal(bench.said, ["broken", "mended"]);
  bench.isChanged = true;
  assert.is(watch.ask(), true);
});

test("a proof goes to the devices of a class that asks for one, and to nobody else", () => {
  const bench = new Bench();
  bench.classes = ["outdoor"];
  assert.equal([bench.watch.proof("p", "outdoor", ONE), bench.watch.proof("p", "indoor", ONE)], [ONE, undefined]);
  assert.equal(bench.watch.logHead(), { size: 3, root: ONE });
  const without = new ReleaseWatch(bench.source, undefined, { faulty: () => {}, mended: () => {} });
  assert.equal([without.proof("p", "outdoor", ONE), without.logHead()], [undefined, undefined]);
});

test("a mistake of our own is no fault of the disk's", () => {
  const bench = new Bench();
  const broken = { ...bench.source, current: () => JSON.parse("{") };
  const watch = new ReleaseWatch(broken, undefined, { faulty: () => {}, mended: () => {} });
  assert.throws(() => watch.current("p", undefined), SyntaxError);
});

test("whom an identity is bound to cannot be told while the store cannot be read", () => {
  const said: string[] = [];
  let isBroken = true;
  const scope = { products: ["pump"], classes: [] };
  const read = <Value>(value: Value): Value => {
    if (isBroken) throw new StoreError("damaged", "broken");
    return value;
  };
  const source = { scopeOf: () => read(scope), changedElsewhere: () => read(true) };
  const watch = new ScopeWatch(source, { faulty: (reason) => said.push(reason), mended: () => said.push("mended") });
  assert.equal([watch.scopeOf(ONE), watch.ask()], ["unavailable", false]);
  isBroken = false;
  assert.equal([watch.scopeOf(ONE), watch.ask(), said], [scope, true, ["broken", "mended"]]);
});

test.run();
