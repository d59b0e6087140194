import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Freshness } from "../../src/server/freshness.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { WatchingCrypto } from "../support/watching-crypto.ts";

const freshness = suite("freshness");

freshness("the secret of the Echo values stands in their MAC alone", () => {
  const crypto = new WatchingCrypto();
  const policy = new Freshness(crypto, new SeededRandom(1), true);
  assert.equal(policy.mac(Uint8Array.of(1)), policy.mac(Uint8Array.of(1)));
  assert.equal([crypto.secretsLeft, crypto.openCount], [[], 1]);
});

freshness.run();
