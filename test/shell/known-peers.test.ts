import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { peerAddress, writeAddressUnits, zoneOf } from "../../src/base/peer-address.ts";
import { KnownPeers } from "../../src/shell/known-peers.ts";

const test = suite("known-peers");

const SEED = 7252;

/** Of either family, with an address of ours or without, and in a zone or not. */
const anyPeer = fc
  .tuple(fc.boolean(), fc.option(fc.constantFrom("192.0.2.7", "192.0.2.8")), fc.constantFrom("", "%eth0", "%eth1"))
  .chain(([v4, local, zone]) =>
    fc.tuple(
      v4 ? fc.ipV4() : fc.constant(`fe80::1${zone}`),
      fc.integer({ min: 1, max: 3 }),
      fc.constant(local === null ? undefined : v4 ? local : `2001:db8::${local}`),
    ),
  );

test("any addresses in any order are told apart", () => {
  const known = new KnownPeers();
  fc.assert(
    fc.property(fc.array(anyPeer, { maxLength: 50 }), (peers) => {
      for (const [host, port, local] of [...peers, ...peers]) {
        const expected = peerAddress(host, port, local);
        const units = new Uint16Array(17);
        const unitCount = writeAddressUnits(expected, units, 1);
        const found = known.peer(units, 1, unitCount, port, zoneOf(expected), local !== undefined);
        assert.is(found, expected);
      }
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test("one client's port at four of our addresses is known as four peers", () => {
  const known = new KnownPeers();
  const peers = [0, 1, 2, 3].map((i) => Uint16Array.of(0xc000, 0x0201, 0xc000, 0x0207 + i));
  const find = () => peers.map((units) => known.peer(units, 0, 2, 5_684, "", true));
  assert.equal(
    find(),
    [7, 8, 9, 10].map((i) => peerAddress("192.0.2.1", 5_684, `192.0.2.${i}`)),
  );
  assert.equal(find(), find());
});

test("more peers than there are places for: each is still itself", () => {
  const known = new KnownPeers();
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 40_000; i++) {
      const peer = known.peer(Uint16Array.of(0x7f00, i), 0, 2, 5_000 + (i % 3), "", false);
      assert.is(peer, String.fromCharCode(0x7f00, i, 5_000 + (i % 3)));
    }
  }
});

test.run();
