// RFC 6347 4.2.3: OpenSSL cuts its hellos where the MTU is small and the list of suites long. The first fragment alone has to
// get the cookie, and the second hello's fragments the handshake.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { IDENTITY, KEY } from "../support/coap-client-program.ts";
import { opensslClient } from "../support/openssl-client.ts";
import { peer } from "../support/peers.ts";
import { runProgram } from "../support/program.ts";
import { RecordingRelay, type RelayedDatagram } from "../support/recording-relay.ts";
import { servedFor } from "../support/serving.ts";

const CIPHER = "PSK-AES128-CCM8";

const CLIENT_HELLO = 1;
/** Of the handshake header, behind 13 bytes of record header. */
const MESSAGE_TYPE_AT = 13;
const FRAGMENT_OFFSET_AT = 19;

/** Makes the hello of 40 suites longer than 300 bytes. */
const ALPN = ["-alpn", "firmware,".repeat(12).concat("boat")];

const test = suite("fragmented-hello");
const serving = servedFor(test, { images: { "1": sampleBytes(9, 100) }, keys: { [IDENTITY]: KEY } });
const command = peer("openssl");

/** Cipher suites of OpenSSL as a list, the one that we have in common last. */
async function cipherList(openssl: string, count: number): Promise<string> {
  const { text } = await runProgram(openssl, ["ciphers", "-tls1_2", "PSK:ALL"], 10_000);
  const others = text
    .trim()
    .split(":")
    .filter((name) => !/^(ECDHE-)?PSK-AES128-(CCM|GCM)|^TLS_/.test(name));
  assert.ok(others.length >= count - 1, `${others.length} suites`);
  return [...others.slice(0, count - 1), CIPHER].join(":");
}

function laterFragments(recorded: readonly RelayedDatagram[]): number {
  return recorded.filter(({ from, bytes }) => {
    const isHello = from === "client" && bytes[0] === 22 && bytes[MESSAGE_TYPE_AT] === CLIENT_HELLO;
    return isHello && Buffer.from(bytes).readUIntBE(FRAGMENT_OFFSET_AT, 3) > 0;
  }).length;
}

if (command !== undefined) {
  for (const [count, mtu] of [
    [40, 300],
    [100, 256],
  ] as const) {
    test(`s_client with ${count} suites and an MTU of ${mtu} completes the handshake`, async () => {
      const relay = await RecordingRelay.start(serving().coapsPort);
      const cipher = await cipherList(command, count);
      const flags = ["-mtu", String(mtu), ...ALPN];
      const client = opensslClient({ command, port: relay.port, cipher, identity: IDENTITY, key: KEY, flags });
      await client.waitFor(new RegExp(`Cipher is ${CIPHER}$`, "m"));
      client.endInput();
      const { exit } = await client.ended;
      relay.close();
      assert.is(exit, 0);
      assert.ok(laterFragments(relay.recorded) >= 2, "both hellos come in fragments");
    });
  }
}

test.run();
