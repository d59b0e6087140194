import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { peerAddress } from "../../src/base/peer-address.ts";
import { KnownPeers } from "../../src/shell/known-peers.ts";

const test = suite("known-peers");

test("any addresses in any order are told apart", () => {
  const known = new KnownPeers();
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.ipV4(), fc.integer({ min: 1, max: 65_535 })), { maxLength: 50 }), (peers) => {
      for (const [host, port] of [...peers, ...peers]) {
        const expected = peerAddress(host, port);
        const units = Uint16Array.of(7, expected.charCodeAt(0), expected.charCodeAt(1));
        assert.is(known.ipv4(units, 1, port), expected);
      }
    }),
    { seed: 7252, numRuns: 200 },
  );
});

test("more peers than there are places for: each is still itself", () => {
  const known = new KnownPeers();
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 40_000; i++) {
      const peer = known.ipv4(Uint16Array.of(0x7f00, i), 0, 5_000 + (i % 3));
      assert.is(peer, String.fromCharCode(0x7f00, i, 5_000 + (i % 3)));
    }
  }
});

test.run();
