// One host begins handshakes without end at a server on real sockets, and devices come from elsewhere: here with a small table
// and a short round trip, in which the table is overrun twice as in the full run, which `npm run test:half-open` is.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import { KEY, startServer } from "../shell/loopback.ts";
import { MemoryKeys } from "../shell/memory-stores.ts";
import { halfOpenIdentity, serveBesideHalfOpen } from "../support/half-open-scene.ts";

const test = suite("half-open");

const DEVICE_COUNT = 10;
const SERVED_COUNT_MIN = 9;

test(`half-open handshakes without end from 256 addresses: ${SERVED_COUNT_MIN} of ${DEVICE_COUNT} devices are served`, async () => {
  const keys = new MemoryKeys();
  for (let n = 0; n < DEVICE_COUNT; n++) keys.add(toUtf8(halfOpenIdentity(n)), KEY);
  const handshakesMax = 250;
  const server = await startServer(2_000, { keys, dtlsParameters: { handshakesMax } });
  const outcome = await serveBesideHalfOpen({
    port: server.port,
    image: server.images.bytes,
    handshakesMax,
    perSecond: 800,
    addressCount: 256,
    seed: 1,
    deviceCount: DEVICE_COUNT,
    roundTripMs: 600,
    spreadMs: 500,
    limitMs: 60_000,
  });
  await server.shell.stop();
  const { servedSeconds, begunCount } = outcome;
  assert.ok(servedSeconds.length >= SERVED_COUNT_MIN, JSON.stringify(outcome));
  assert.ok(begunCount > 4 * handshakesMax, `only ${begunCount} handshakes were begun`);
});

test.run();
