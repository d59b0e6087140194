import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  formatPeerAddress,
  hostOf,
  isIpv4,
  peerAddress,
  peerAddressFromUnits,
  portOf,
  writeAddressUnits,
  zoneOf,
} from "../../src/base/peer-address.ts";

const SEED = 6347;

const portNumber = fc.integer({ min: 0, max: 65_535 });
const ipv4Bytes = fc.uint8Array({ minLength: 4, maxLength: 4 });
const ipv6Bytes = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  // IPv4-mapped addresses have a test of their own.
  .filter((bytes) => bytes.subarray(0, 10).some((byte) => byte !== 0));

function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function ipv6Groups(bytes: Uint8Array): string[] {
  return Array.from({ length: 8 }, (_, i) => readUint16(bytes, 2 * i).toString(16));
}

const peerAddresses = suite("peer-address");

/** The bytes in pairs, behind three other units. */
function unitsOf(bytes: Uint8Array): Uint16Array {
  return Uint16Array.of(7, 7, 7, ...Array.from({ length: bytes.length / 2 }, (_, i) => readUint16(bytes, 2 * i)));
}

peerAddresses("an IPv4 address is the same from its units as from its text", () => {
  fc.assert(
    fc.property(ipv4Bytes, portNumber, (bytes, port) => {
      assert.is(peerAddressFromUnits(unitsOf(bytes), 3, 2, port, ""), peerAddress(bytes.join("."), port));
    }),
    { seed: SEED },
  );
});

peerAddresses("an IPv6 address is the same from its units as from its text, with a zone or without", () => {
  fc.assert(
    fc.property(ipv6Bytes, portNumber, fc.constantFrom("", "%eth0"), (bytes, port, zone) => {
      const text = ipv6Groups(bytes).join(":") + zone;
      assert.is(peerAddressFromUnits(unitsOf(bytes), 3, 8, port, zone), peerAddress(text, port));
      assert.is(zoneOf(peerAddress(text, port)), zone);
    }),
    { seed: SEED },
  );
});

peerAddresses("the units of an address are written where they are wanted, and nothing else is", () => {
  fc.assert(
    fc.property(fc.oneof(ipv4Bytes, ipv6Bytes), portNumber, (bytes, port) => {
      const units = unitsOf(bytes);
      const peer = peerAddressFromUnits(units, 3, bytes.length / 2, port, "");
      const written = Uint16Array.of(7, 7, 7, ...new Array<number>(bytes.length / 2).fill(9));
      assert.is(writeAddressUnits(peer, written, 3), bytes.length / 2);
      assert.equal(written, units);
    }),
    { seed: SEED },
  );
});

peerAddresses("host and port come back as they went in", () => {
  fc.assert(
    fc.property(fc.oneof(ipv4Bytes, ipv6Bytes), portNumber, (bytes, port) => {
      const text = bytes.length === 4 ? bytes.join(".") : ipv6Groups(bytes).join(":");
      const peer = peerAddress(text, port);
      assert.is(hostOf(peer), text);
      assert.is(portOf(peer), port);
      assert.is(isIpv4(peer), bytes.length === 4);
    }),
    { seed: SEED },
  );
});

const SHORTENED: readonly (readonly [shortened: string, full: string])[] = [
  ["::", "0:0:0:0:0:0:0:0"],
  ["::1", "0:0:0:0:0:0:0:1"],
  ["2001:db8::", "2001:db8:0:0:0:0:0:0"],
  ["2001:db8::5:0:1", "2001:db8:0:0:0:5:0:1"],
  ["2001:DB8::ABCD", "2001:db8:0:0:0:0:0:abcd"],
  ["64:ff9b::192.0.2.1", "64:ff9b:0:0:0:0:c000:201"],
];
for (const [shortened, full] of SHORTENED) {
  peerAddresses(`RFC 4291 2.2: ${shortened} is ${full}`, () => {
    assert.is(peerAddress(shortened, 5684), peerAddress(full, 5684));
    assert.is(hostOf(peerAddress(shortened, 5684)), full);
  });
}

for (const mapped of ["::ffff:192.0.2.1", "::FFFF:192.0.2.1", "::ffff:c000:201", "0:0:0:0:0:ffff:c000:201"]) {
  peerAddresses(`RFC 4291 2.5.5.2: the IPv4-mapped ${mapped} is the IPv4 peer 192.0.2.1`, () => {
    assert.is(peerAddress(mapped, 5684), peerAddress("192.0.2.1", 5684));
  });
}

peerAddresses("RFC 4007 6: the same link-local address in two zones is two peers", () => {
  assert.is.not(peerAddress("fe80::1%eth0", 5684), peerAddress("fe80::1%eth1", 5684));
});

peerAddresses("RFC 4007 11: the zone comes back in the text", () => {
  const peer = peerAddress("fe80::1%eth0", 5684);
  assert.is(hostOf(peer), "fe80:0:0:0:0:0:0:1%eth0");
  assert.is(portOf(peer), 5684);
});

peerAddresses("two ports of one host are two peers", () => {
  assert.is.not(peerAddress("192.0.2.1", 5683), peerAddress("192.0.2.1", 5684));
});

peerAddresses("RFC 3986 3.2.2: people read IPv6 in brackets and IPv4 without", () => {
  assert.is(formatPeerAddress(peerAddress("192.0.2.1", 5684)), "192.0.2.1:5684");
  assert.is(formatPeerAddress(peerAddress("2001:db8::1", 5684)), "[2001:db8:0:0:0:0:0:1]:5684");
});

peerAddresses.run();
