import { inspect } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Secret } from "../../src/base/secret.ts";
import { SecretSlab } from "../../src/base/secret-slab.ts";

const KEY = Uint8Array.of(0xc0, 0xff, 0xee, 0xc0, 0xff, 0xee);
const BOX = "[secret 6 bytes]";

const secret = suite("secret");

const PRINTED: Readonly<Record<string, (key: Secret) => string>> = {
  "util.inspect": (key) => inspect(key),
  "util.inspect with hidden members": (key) => inspect(key, { showHidden: true, depth: null }),
  "util.inspect of an object that holds it": (key) => inspect({ session: { key } }, { depth: null }),
  "JSON.stringify": (key) => JSON.stringify({ key }),
  "a template string": (key) => `${key}`,
  "string concatenation": (key) => `key: ${String(key)}`,
};
for (const [way, print] of Object.entries(PRINTED)) {
  secret(`${way} shows the box and not the bytes`, () => {
    assert.match(print(new Secret(KEY)), BOX);
  });
}

secret("no enumerable property leads to the bytes", () => {
  assert.equal(Object.keys(new Secret(KEY)), []);
  assert.equal({ ...new Secret(KEY) }, {});
});

secret("the bytes are revealed as they were given", () => {
  assert.equal(new Secret(KEY).reveal(), KEY);
  assert.is(new Secret(KEY).length, 6);
});

secret("it keeps a copy: the giver may reuse its buffer", () => {
  const buffer = KEY.slice();
  const key = new Secret(buffer);
  buffer.fill(0);
  assert.equal(key.reveal(), KEY);
});

secret("wiping overwrites the bytes that were revealed", () => {
  const key = new Secret(KEY);
  const revealed = key.reveal();
  key.wipe();
  assert.equal(revealed, new Uint8Array(6));
});

secret("wiping leaves the giver's own bytes alone", () => {
  const buffer = KEY.slice();
  new Secret(buffer).wipe();
  assert.equal(buffer, KEY);
});

secret("in a slab it is the same secret, and wiping it leaves zeros there", () => {
  const slab = new SecretSlab(6);
  const [one, other] = [new Secret(KEY), new Secret(KEY)];
  one.moveTo(slab);
  other.moveTo(slab);
  const revealed = one.reveal();
  assert.equal(Uint8Array.from(revealed), KEY);
  assert.match(inspect(one, { showHidden: true, depth: null }), BOX);
  one.wipe();
  assert.equal(Uint8Array.from(revealed), new Uint8Array(6));
  assert.equal(one.reveal(), new Uint8Array(6));
  assert.equal(Uint8Array.from(other.reveal()), KEY);
  assert.is(slab.size, 1);
  one.wipe();
  assert.is(slab.size, 1);
});

secret.run();
