import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseDropSchedule } from "../../../sim/link/drop-schedule.ts";
import { CLIENT_COUNT_MAX, HELD_COUNT_MAX, type ProxyDirectionStatistics } from "../../../sim/link/link-proxy.ts";
import { Prng } from "../../../sim/prng.ts";
import { profileNamed } from "../../../sim/profiles/profiles.ts";
import { instant } from "../../../src/base/instant.ts";
import { peerAddress } from "../../../src/base/peer-address.ts";
import { clientAddress, ProxyLog } from "../../support/proxy-log.ts";

const proxy = suite("link-proxy");

function near(actual: number | undefined, expected: number, tolerance: number): void {
  const isNear = actual !== undefined && Math.abs(actual - expected) <= tolerance;
  assert.ok(isNear, `${actual} is not within ${tolerance} of ${expected}`);
}

function lostCountOf({ lostCount }: ProxyDirectionStatistics): number {
  return Object.values(lostCount).reduce((sum, count) => sum + count, 0);
}

proxy("there and back over half of the round trip each way", () => {
  const log = new ProxyLog({ profile: "ideal:rtt=100ms" });
  log.fromClient(1, 7);
  log.run();
  log.fromServer(log.atServer[0]!.binding, 8);
  log.run();
  assert.equal(log.atServer, [{ at: 50, id: 7, binding: { client: clientAddress(1) } }]);
  assert.equal(log.atClients, [{ at: 100, id: 8, client: clientAddress(1) }]);
});

proxy("each client has a binding of its own, and what comes for it goes to that client", () => {
  const log = new ProxyLog();
  const [one, two] = [log.bindingOf(1), log.bindingOf(2)];
  assert.is.not(one, two);
  log.fromServer(one, 11);
  log.fromServer(two, 12);
  log.run();
  assert.equal(
    log.atClients.map(({ id, client }) => [id, client]),
    [
      [11, clientAddress(1)],
      [12, clientAddress(2)],
    ],
  );
});

proxy("one port of a client at two of our addresses is two clients, and each is answered from its own", () => {
  const log = new ProxyLog();
  const asked = ["198.51.100.7", "198.51.100.8"].map((local) => peerAddress("192.0.2.1", 5_000, local));
  for (const [id, address] of asked.entries()) log.proxy.handleClientDatagram(log.now, address, Uint8Array.of(id));
  log.run();
  assert.is(log.proxy.statistics.clientCount, 2);
  for (const { binding, id } of log.atServer) log.fromServer(binding, id);
  log.run();
  assert.equal(
    log.atClients.map(({ client }) => client),
    asked,
  );
});

proxy("each client has a link of its own: two serialise side by side", () => {
  const log = new ProxyLog({ profile: "ideal:rate=8000" });
  log.fromClient(1, 1);
  log.fromClient(2, 2);
  log.run();
  assert.equal(
    log.atServer.map(({ at }) => at),
    [128, 128],
  );
});

proxy("with a shared medium they serialise one after the other", () => {
  const log = new ProxyLog({ profile: "ideal:rate=8000", sharedMedium: true });
  log.fromClient(1, 1);
  log.fromClient(2, 2);
  log.run();
  assert.equal(
    log.atServer.map(({ at }) => at),
    [128, 256],
  );
});

proxy("the caller may use its buffer again at once", () => {
  const log = new ProxyLog();
  const buffer = Uint8Array.of(1, 2, 3);
  log.proxy.handleClientDatagram(instant(0), clientAddress(1), buffer);
  buffer.fill(9);
  log.run();
  assert.is(log.atServer[0]?.id, 1);
});

proxy("RFC 4787 4.3: traffic either way keeps the binding, silence as long as the timeout ends it", () => {
  const log = new ProxyLog({ natTimeoutSeconds: 30 });
  const first = log.bindingOf(1);
  log.run(29_000);
  log.fromServer(first, 1);
  log.run(58_000);
  assert.is(log.bindingOf(1), first);
  log.run(88_000);
  log.fromServer(first, 2);
  log.run();
  assert.is(log.proxy.statistics.down.lostCount.unbound, 1);
  const second = log.bindingOf(1);
  assert.is.not(second, first);
  assert.equal(log.released, [first]);
  assert.is(log.proxy.statistics.rebindingCount, 1);
});

proxy("without a timeout of one's own that of the profile holds", () => {
  const log = new ProxyLog({ profile: { ...profileNamed("ideal"), natTimeoutSeconds: 10 } });
  const first = log.bindingOf(1);
  log.run(10_000);
  assert.is.not(log.bindingOf(1), first);
});

proxy("a rebinding: the server's next datagram is lost, the client's next comes from another port", () => {
  const log = new ProxyLog();
  const [one, two] = [log.bindingOf(1), log.bindingOf(2)];
  log.proxy.rebind();
  log.fromServer(one, 5);
  log.run();
  assert.equal(log.atClients, []);
  assert.is(log.proxy.statistics.down.lostCount.unbound, 1);
  assert.is.not(log.bindingOf(1), one);
  assert.is.not(log.bindingOf(2), two);
  assert.is(log.proxy.statistics.rebindingCount, 2);
});

proxy("what comes late for a port of before is lost", () => {
  const log = new ProxyLog();
  const before = log.bindingOf(1);
  log.proxy.rebind();
  const after = log.bindingOf(1);
  log.fromServer(before, 5);
  log.fromServer(after, 6);
  log.run();
  assert.equal(
    log.atClients.map(({ id }) => id),
    [6],
  );
});

proxy("libcoap -l by direction: each client's datagrams are counted by themselves, each way", () => {
  const drops = { up: parseDropSchedule("2")!, down: parseDropSchedule("1,3-4")! };
  const log = new ProxyLog({ drops });
  const bindings = [1, 2].map((n) => log.bindingOf(n));
  for (let id = 2; id <= 3; id++) for (const n of [1, 2]) log.fromClient(n, id);
  for (let id = 1; id <= 5; id++) for (const binding of bindings) log.fromServer(binding, id);
  log.run();
  assert.equal(
    log.atServer.map(({ id }) => id),
    [0, 0, 3, 3],
  );
  assert.equal(log.atClients.map(({ id }) => id).sort(), [2, 2, 5, 5]);
  const { up, down } = log.proxy.statistics;
  assert.equal([up.lostCount.scheduled, down.lostCount.scheduled], [2, 6]);
});

proxy("a scheduled loss takes no time on air, unlike one of the link", () => {
  const log = new ProxyLog({ profile: "ideal:rate=8000", drops: { up: parseDropSchedule("1")! } });
  log.fromClient(1, 1);
  log.fromClient(1, 2);
  log.run();
  assert.is(log.atServer[0]?.at, 128);
  assert.is(log.proxy.statistics.up.bytesOnAir, 128);
});

proxy("docs/links.md 2.1: Bernoulli loss of 20 % is measured within 4 standard deviations, each way", () => {
  const log = new ProxyLog({ profile: "bernoulli:loss=20%" });
  while (log.atServer.length === 0) {
    log.fromClient(1, 0);
    log.run();
  }
  const { binding } = log.atServer[0]!;
  for (let i = 0; i < 20_000; i++) {
    log.fromClient(1, 1);
    log.fromServer(binding, 2);
    log.run();
  }
  const { up, down } = log.proxy.statistics;
  for (const { datagramCount, lostCount } of [up, down]) {
    near(lostCount.lost / datagramCount, 0.2, 4 * Math.sqrt((0.2 * 0.8) / datagramCount));
  }
});

proxy("lte-m: the measured delay is serialisation and the profile's mean, within 4 standard deviations of it", () => {
  const log = new ProxyLog({ profile: "lte-m" });
  const count = 5000;
  for (let i = 0; i < count; i++) {
    log.fromClient(1, 1);
    log.run(i * 1000);
  }
  log.run();
  const serialisationMs = ((100 + 28 + 9) * 8) / 180;
  const deviationMs = 20 / Math.sqrt(2);
  near(log.proxy.statistics.up.delayMs?.mean, 60 + serialisationMs, (4 * deviationMs) / Math.sqrt(count));
});

proxy("lte-m: a downlink that is always full delivers at the profile's rate within 1 %", () => {
  const log = new ProxyLog({ profile: "lte-m" });
  const binding = log.bindingOf(1);
  for (let i = 0; i < 2000; i++) {
    log.fromServer(binding, 1, 1000);
    log.run(log.now + 30);
  }
  log.run();
  const { bitsPerSecond, lostCount, deliveredCount } = log.proxy.statistics.down;
  assert.ok(lostCount["queueFull"] > 0, "the link was never full");
  const share = deliveredCount / (deliveredCount + lostCount.lost);
  near((bitsPerSecond! * (1000 + 28 + 9)) / 1000 / share, 200_000, 2000);
});

proxy("a driver that comes late is measured as it is: the delay lasts until the call", () => {
  const log = new ProxyLog({ profile: "ideal:rtt=100ms" });
  log.fromClient(1, 1);
  log.proxy.handleTimeout(instant(49));
  assert.is(log.atServer.length, 0);
  log.proxy.handleTimeout(instant(80));
  near(log.proxy.statistics.up.delayMs?.mean, 80, 0.08);
});

proxy("statistics add up over losses, duplicates, queues and clients that give way", () => {
  const profile = "bernoulli:loss=20%,duplicate=10%,rate=20000,rtt=300ms,jitter=50ms,mtu=500";
  const log = new ProxyLog({ profile, drops: { up: parseDropSchedule("5%")! } });
  for (let i = 0; i < 6000; i++) {
    log.fromClient(i % (CLIENT_COUNT_MAX + 100), 1, 50 + (i % 500));
    const binding = log.atServer.at(-1)?.binding;
    if (binding !== undefined) log.fromServer(binding, 2, 60);
    log.run(log.now + 0.3);
  }
  const { up, down, evictedClientCount } = log.proxy.statistics;
  assert.ok(evictedClientCount > 100 && up.lostCount.evicted > 0 && up.lostCount["tooLarge"] > 0);
  for (const one of [up, down]) {
    const goneCount = one.deliveredCount + lostCountOf(one) + one.underWayCount;
    assert.is(one.datagramCount + one.duplicateCount, goneCount);
  }
  assert.is(up.deliveredCount, log.atServer.length);
  assert.is(down.deliveredCount, log.atClients.length);
});

proxy(`of ${CLIENT_COUNT_MAX} clients and one more the one that was silent longest gives way`, () => {
  const log = new ProxyLog();
  const bindings = Array.from({ length: CLIENT_COUNT_MAX }, (_, n) => log.bindingOf(n));
  log.fromServer(bindings[0]!, 1);
  log.run();
  log.bindingOf(CLIENT_COUNT_MAX);
  assert.equal(log.released, [bindings[1]]);
  log.fromServer(bindings[1]!, 2);
  log.run();
  const { clientCount, evictedClientCount, down } = log.proxy.statistics;
  assert.equal([clientCount, evictedClientCount, down.lostCount.unbound], [CLIENT_COUNT_MAX, 1, 1]);
});

proxy(`${HELD_COUNT_MAX} datagrams are under way at most, over all clients; then there is room again`, () => {
  const log = new ProxyLog({ profile: "ideal:rtt=10s" });
  for (let i = 0; i < HELD_COUNT_MAX + 5; i++) log.fromClient(i % 100, 1);
  assert.is(log.proxy.statistics.up.lostCount["proxyFull"], 5);
  assert.is(log.proxy.statistics.up.underWayCount, HELD_COUNT_MAX);
  log.run();
  assert.is(log.atServer.length, HELD_COUNT_MAX);
  log.fromClient(1, 1);
  assert.is(log.proxy.statistics.up.underWayCount, 1);
});

proxy("what a client that gives way had under way makes room too", () => {
  const log = new ProxyLog({ profile: "ideal:rtt=10s" });
  for (let i = 0; i < HELD_COUNT_MAX; i++) log.fromClient(0, 1);
  for (let n = 1; n <= CLIENT_COUNT_MAX; n++) log.fromClient(n, 1);
  const { up } = log.proxy.statistics;
  assert.is(up.lostCount.evicted, HELD_COUNT_MAX);
  assert.is(up.underWayCount, 1);
});

proxy("nothing is due when nothing is under way", () => {
  const log = new ProxyLog({ profile: "ideal:rtt=1s" });
  assert.is(log.proxy.pollTimeout(), undefined);
  log.fromClient(1, 1);
  assert.is(log.proxy.pollTimeout(), 0);
  log.run(400);
  assert.is(log.proxy.pollTimeout(), 500);
  log.run();
  assert.is(log.proxy.pollTimeout(), undefined);
});

proxy("the same seed loses the same datagrams, another seed others", () => {
  const arrivals = (seed: number) => {
    const log = new ProxyLog({ profile: "bernoulli:loss=50%", random: new Prng(seed) });
    for (let id = 0; id < 100; id++) log.fromClient(id % 3, id);
    log.run();
    return log.atServer.map(({ id }) => id);
  };
  assert.equal(arrivals(1), arrivals(1));
  assert.not.equal(arrivals(1), arrivals(2));
});

proxy.run();
