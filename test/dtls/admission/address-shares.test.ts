import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addMs, instant } from "../../../src/base/instant.ts";
import { type PeerAddress, peerAddress } from "../../../src/base/peer-address.ts";
import { PREFIX_LEVEL_COUNT, prefixHash } from "../../../src/dtls/admission/address-prefix.ts";
import { AddressShares } from "../../../src/dtls/admission/address-shares.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

const addressShares = suite("address-shares");

const NOW = instant(1_000);
const HOUR_MS = 3_600_000;
const ROUNDS = 2_000;

function sameNetworks(one: string, other: string): number {
  const [a, b] = [peerAddress(one, 1), peerAddress(other, 2)];
  let levels = 0;
  for (let level = 0; level < PREFIX_LEVEL_COUNT; level++) {
    if (prefixHash(a, level, 7) === prefixHash(b, level, 7)) levels++;
  }
  return levels;
}

/** How often each kind of peer gives way in many rounds. */
function choices(shares: AddressShares, peers: readonly PeerAddress[], kindOf: (peer: PeerAddress) => string) {
  const counts = new Map<string, number>();
  for (let i = 0; i < ROUNDS; i++) {
    const kind = kindOf(peers[shares.choose(NOW, peers.length, (index) => peers[index])!]!);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** 900 entries of one network and 100 of many others. */
function crowd(attacker: (i: number) => string): { peers: PeerAddress[]; kindOf: (peer: PeerAddress) => string } {
  const loud = Array.from({ length: 900 }, (_, i) => peerAddress(attacker(i), i + 1));
  const quiet = Array.from({ length: 100 }, (_, i) => peerAddress(`198.${i}.7.${i}`, 5_000));
  const isQuiet = new Set(quiet);
  return { peers: [...quiet, ...loud], kindOf: (peer) => (isQuiet.has(peer) ? "quiet" : "loud") };
}

for (const [one, other, levels] of [
  ["10.1.2.3", "10.1.2.3", 3],
  ["10.1.2.3", "10.1.2.4", 2],
  ["10.1.2.3", "10.1.3.3", 1],
  ["10.1.2.3", "10.2.2.3", 0],
  ["2001:db8:1:2::3", "2001:db8:1:2:ffff::4", 3],
  ["2001:db8:1:2::3", "2001:db8:1:3::3", 2],
  ["2001:db8:1:2::3", "2001:db8:2:2::3", 1],
  ["2001:db8:1:2::3", "2001:db9:1:2::3", 0],
] as const) {
  addressShares(`${one} and ${other} share ${levels} of three networks`, () => {
    assert.is(sameNetworks(one, other), levels);
  });
}

for (const [what, attacker] of [
  ["one address", () => "203.0.113.7"],
  ["all of its /24", (i: number) => `203.0.113.${i % 256}`],
  ["all of its /16", (i: number) => `203.0.${i % 256}.${(i * 7) % 256}`],
  ["all of its /64", (i: number) => `2001:db8:1:2::${i}`],
  ["all of its /48", (i: number) => `2001:db8:1:${i}::1`],
] as const) {
  addressShares(`a host that fills a table from ${what} gives way, and nobody else`, () => {
    const { peers, kindOf } = crowd(attacker);
    assert.equal([...choices(new AddressShares(NOW, new SeededRandom(1), 7), peers, kindOf)], [["loud", ROUNDS]]);
  });
}

addressShares("where nobody holds more than others, each is as likely to give way", () => {
  const peers = Array.from({ length: 50 }, (_, i) => peerAddress(`${i + 1}.0.0.1`, 1));
  const counts = choices(new AddressShares(NOW, new SeededRandom(1), 7), peers, (peer) => peer);
  assert.is(counts.size, 50);
  for (const count of counts.values()) assert.ok(count < (3 * ROUNDS) / 50, `${count}`);
});

addressShares("a fleet behind one address that authenticated is no heavier than strangers", () => {
  const shares = new AddressShares(NOW, new SeededRandom(1), 7);
  const { peers, kindOf } = crowd(() => "203.0.113.7");
  for (let i = 0; i < 1_000; i++) shares.authenticated(NOW, peerAddress("203.0.113.7", i + 1));
  const quiet = choices(shares, peers, kindOf).get("quiet")!;
  assert.ok(quiet > ROUNDS / 20 && quiet < ROUNDS / 5, `${quiet}`);
});

addressShares("half of what was earned is forgotten in an hour", () => {
  const { peers, kindOf } = crowd(() => "203.0.113.7");
  for (const [hours, earned] of [
    [0, 1_000],
    [1, 2_000],
    [9, 600_000],
  ] as const) {
    const shares = new AddressShares(addMs(NOW, -hours * HOUR_MS), new SeededRandom(1), 7);
    for (let i = 0; i < earned; i++) shares.authenticated(addMs(NOW, -hours * HOUR_MS), peers.at(-1)!);
    assert.ok(choices(shares, peers, kindOf).has("quiet"), `${hours} hours`);
  }
  const late = new AddressShares(addMs(NOW, -10 * HOUR_MS), new SeededRandom(1), 7);
  for (let i = 0; i < 1_000; i++) late.authenticated(addMs(NOW, -10 * HOUR_MS), peers.at(-1)!);
  assert.not(choices(late, peers, kindOf).has("quiet"));
});

addressShares("who must stay is never chosen", () => {
  const shares = new AddressShares(NOW, new SeededRandom(1), 7);
  const peer = peerAddress("10.0.0.1", 1);
  for (let i = 0; i < 100; i++) {
    assert.is(shares.choose(NOW, 3, (index) => (index === 1 ? peer : undefined)) ?? 1, 1);
  }
  assert.is(
    shares.choose(NOW, 3, () => undefined),
    undefined,
  );
});

addressShares.run();
