import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatPeerAddress, peerAddress } from "../../src/base/peer-address.ts";
import { ADDRESSES_MAX, AddressCache } from "../../src/shell/address-cache.ts";

const test = suite("address-cache");

test("RFC 4291 2.5.5.2: an IPv4 peer on an IPv6 socket is a plain IPv4 peer, and is answered by its mapped address", () => {
  const cache = new AddressCache("udp6");
  const peer = cache.peerOf("::ffff:192.0.2.1", 5000);
  assert.is(peer, peerAddress("192.0.2.1", 5000));
  assert.is(cache.hostFor(peer), "::ffff:192.0.2.1");
});

test("on an IPv4 socket it is answered as it is", () => {
  const cache = new AddressCache("udp4");
  assert.is(cache.hostFor(cache.peerOf("192.0.2.1", 5000)), "192.0.2.1");
});

test("an IPv6 peer keeps its zone", () => {
  const cache = new AddressCache("udp6");
  assert.is(cache.hostFor(cache.peerOf("fe80::1%eth0", 5000)), "fe80:0:0:0:0:0:0:1%eth0");
});

test("two ports of one host are two peers", () => {
  const cache = new AddressCache("udp4");
  const peers = [5000, 5001, 5000].map((port) => formatPeerAddress(cache.peerOf("192.0.2.1", port)));
  assert.equal(peers, ["192.0.2.1:5000", "192.0.2.1:5001", "192.0.2.1:5000"]);
});

test(`more than ${ADDRESSES_MAX} peers: all are forgotten, and known again when they come back`, () => {
  const cache = new AddressCache("udp6");
  const host = (i: number) => `2001:db8::${(i >> 8).toString(16)}:${(i & 255).toString(16)}`;
  for (let i = 0; i < ADDRESSES_MAX; i++) cache.hostFor(cache.peerOf(host(i), 5000));
  assert.is(cache.size, ADDRESSES_MAX);
  cache.hostFor(cache.peerOf(host(0), 5001));
  assert.is(cache.size, 1);
  assert.is(cache.peerOf(host(0), 5000), peerAddress(host(0), 5000));
  assert.is(cache.hostFor(peerAddress(host(0), 5000)), "2001:db8:0:0:0:0:0:0");
});

test.run();
