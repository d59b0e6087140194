import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatPeerAddress, peerAddress } from "../../src/base/peer-address.ts";
import { ADDRESSES_MAX, AddressCache } from "../../src/shell/address-cache.ts";

const test = suite("address-cache");

test("an IPv4 peer is answered as it is written", () => {
  const cache = new AddressCache();
  assert.is(cache.hostFor(cache.finder()("192.0.2.1", 5000)), "192.0.2.1");
});

test("RFC 7252 5.3.2: a peer that asks at two of our addresses is two, and answered at its own", () => {
  const cache = new AddressCache();
  const locals = ["192.0.2.7", "192.0.2.8", undefined];
  const finders = locals.map((local) => cache.finder(local));
  for (let round = 0; round < 2; round++) {
    for (const [i, local] of locals.entries()) {
      const peer = finders[i]!("192.0.2.1", 5000);
      assert.is(peer, peerAddress("192.0.2.1", 5000, local));
      assert.is(cache.hostFor(peer), "192.0.2.1");
    }
  }
  assert.is(cache.size, 3);
});

test("an IPv6 peer keeps its zone", () => {
  const cache = new AddressCache();
  assert.is(cache.hostFor(cache.finder()("fe80::1%eth0", 5000)), "fe80:0:0:0:0:0:0:1%eth0");
});

test("two ports of one host are two peers", () => {
  const find = new AddressCache().finder();
  const peers = [5000, 5001, 5000].map((port) => formatPeerAddress(find("192.0.2.1", port)));
  assert.equal(peers, ["192.0.2.1:5000", "192.0.2.1:5001", "192.0.2.1:5000"]);
});

test(`more than ${ADDRESSES_MAX} peers: all are forgotten, and known again when they come back`, () => {
  const cache = new AddressCache();
  const find = cache.finder();
  const host = (i: number) => `2001:db8::${(i >> 8).toString(16)}:${(i & 255).toString(16)}`;
  for (let i = 0; i < ADDRESSES_MAX; i++) cache.hostFor(find(host(i), 5000));
  assert.is(cache.size, ADDRESSES_MAX);
  cache.hostFor(find(host(0), 5001));
  assert.is(cache.size, 1);
  assert.is(find(host(0), 5000), peerAddress(host(0), 5000));
  assert.is(cache.hostFor(peerAddress(host(0), 5000)), "2001:db8:0:0:0:0:0:0");
});

test("who was not heard of during two turns is forgotten, and who was heard of stays", () => {
  const cache = new AddressCache();
  const find = cache.finder();
  const address = (i: number) => `192.0.${i >> 8}.${i & 255}`;
  for (let i = 0; i < 1_000; i++) cache.hostFor(find(address(i), 5000));
  assert.is(cache.size, 1_000);
  cache.age();
  for (let i = 0; i < 3; i++) assert.is(find(address(i), 5000), peerAddress(address(i), 5000));
  assert.is(cache.size, 3);
  cache.age();
  assert.is(cache.size, 0);
});

test.run();
