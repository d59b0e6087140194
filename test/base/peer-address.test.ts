import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  formatPeerAddress,
  hasLocal,
  hostOf,
  isIpv4,
  localKeyOf,
  type PeerAddress,
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

/** Two addresses of one family, a port, and the zone that both are in. */
const ipv4Pair = fc.tuple(ipv4Bytes, ipv4Bytes, portNumber, fc.constant(""));
const ipv6Pair = fc.tuple(ipv6Bytes, ipv6Bytes, portNumber, fc.constantFrom("", "%eth0"));

function textOf(bytes: Uint8Array): string {
  return bytes.length === 4 ? bytes.join(".") : ipv6Groups(bytes).join(":");
}

function isRemote(peer: PeerAddress, bytes: Uint8Array, port: number, zone: string): void {
  assert.is(hostOf(peer), textOf(bytes) + zone);
  assert.is(portOf(peer), port);
  assert.is(zoneOf(peer), zone);
  assert.is(isIpv4(peer), bytes.length === 4);
}

peerAddresses(
  "with our own address behind it a peer is the same from units as from text, and its own address stays",
  () => {
    fc.assert(
      fc.property(fc.oneof(ipv4Pair, ipv6Pair), ([remote, local, port, zone]) => {
        const peer = peerAddress(textOf(remote) + zone, port, textOf(local));
        const units = Uint16Array.of(...unitsOf(remote), ...unitsOf(local).subarray(3));
        assert.is(peerAddressFromUnits(units, 3, remote.length / 2, port, zone, true), peer);
        isRemote(peer, remote, port, zone);
        assert.is(formatPeerAddress(peer), formatPeerAddress(peerAddress(textOf(remote) + zone, port)));
        assert.ok(hasLocal(peer));
        const written = Uint16Array.of(7, 7, 7, ...new Array<number>(remote.length).fill(9));
        assert.is(writeAddressUnits(peer, written, 3), remote.length / 2);
        assert.equal(written, units);
      }),
      { seed: SEED },
    );
  },
);

peerAddresses("RFC 6347 4.2.1, RFC 7252 4.4: a client's port that talks to four of our addresses is four peers", () => {
  for (const [client, ours] of [
    ["192.0.2.1", ["192.0.2.7", "192.0.2.8", "198.51.100.7", "198.51.100.8"]],
    ["2001:db8::1", ["2001:db8::7", "2001:db8::8", "::", "25::"]],
  ] as const) {
    const peers = [undefined, ...ours].map((local) => peerAddress(client, 5684, local));
    assert.is(new Set(peers).size, 5);
    assert.is(new Set(peers.map(formatPeerAddress)).size, 1);
    assert.equal(peers.map(hasLocal), [false, true, true, true, true]);
    assert.is(new Set(peers.map(localKeyOf)).size, 5);
  }
});

peerAddresses("RFC 4007 4: our link-local address is one in each zone, others are the same in all", () => {
  const key = (remote: string, local: string) => localKeyOf(peerAddress(remote, 5684, local));
  assert.is.not(key("fe80::1%eth0", "fe80::7"), key("fe80::1%eth1", "fe80::7"));
  assert.is(key("fe80::1%eth0", "2001:db8::7"), key("fe80::1%eth1", "2001:db8::7"));
  assert.is(key("fe80::1%eth0", "2001:db8::7"), key("2001:db8::1", "2001:db8::7"));
  assert.is(key("2001:db8::1", "fe80::7%eth0"), key("fe80::1%eth0", "fe80::7%eth0"));
});

peerAddresses("two ports of one host are two peers", () => {
  assert.is.not(peerAddress("192.0.2.1", 5683), peerAddress("192.0.2.1", 5684));
});

peerAddresses("RFC 3986 3.2.2: people read IPv6 in brackets and IPv4 without", () => {
  assert.is(formatPeerAddress(peerAddress("192.0.2.1", 5684)), "192.0.2.1:5684");
  assert.is(formatPeerAddress(peerAddress("2001:db8::1", 5684)), "[2001:db8:0:0:0:0:0:1]:5684");
});

peerAddresses.run();
