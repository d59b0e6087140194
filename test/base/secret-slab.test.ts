import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SecretSlab } from "../../src/base/secret-slab.ts";

const secretSlab = suite("secret-slab");

const secretOf = (number: number) => Uint8Array.of(number >> 8, number, 7);

secretSlab("thousands of secrets lie in places of their own", () => {
  const slab = new SecretSlab(3);
  const places = Array.from({ length: 5_000 }, (_, number) => slab.put(secretOf(number)));
  assert.is(slab.size, 5_000);
  for (const [number, place] of places.entries()) assert.equal(Uint8Array.from(slab.view(place)), secretOf(number));
});

secretSlab("a place that is given back is overwritten, and the next secret's", () => {
  const slab = new SecretSlab(3);
  const [first, second] = [slab.put(secretOf(1)), slab.put(secretOf(2))];
  const bytes = slab.view(first);
  slab.giveBack(first);
  assert.equal(Uint8Array.from(bytes), new Uint8Array(3));
  assert.is(slab.size, 1);
  assert.is(slab.put(secretOf(3)), first);
  assert.equal(Uint8Array.from(slab.view(second)), secretOf(2));
});

secretSlab("a secret of another length is our own mistake", () => {
  assert.throws(() => new SecretSlab(3).put(new Uint8Array(4)), /one length/);
});

secretSlab.run();
