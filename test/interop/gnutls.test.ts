// GnuTLS as the client: each of our suites that it has. It has no ECDHE_PSK with AEAD.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex, toUtf8 } from "../../src/base/bytes.ts";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { IDENTITY, KEY } from "../support/coap-client-program.ts";
import { getRequest } from "../support/coap-packet-request.ts";
import { peer } from "../support/peers.ts";
import { Program } from "../support/program.ts";
import { servedFor } from "../support/serving.ts";

const LIMIT_MS = 30_000;

/** Priority strings by the IANA names that they leave. */
const OFFERED = {
  TLS_PSK_WITH_AES_128_CCM_8: "+PSK:+AES-128-CCM-8:+AEAD",
  TLS_PSK_WITH_AES_128_CCM: "+PSK:+AES-128-CCM:+AEAD",
  TLS_PSK_WITH_AES_128_GCM_SHA256: "+PSK:+AES-128-GCM:+AEAD",
};
const BY_NAME_ONLY = {
  TLS_PSK_WITH_AES_128_CBC_SHA256: "+PSK:+AES-128-CBC:+SHA256",
  TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256: "+ECDHE-PSK:+AES-128-CBC:+SHA256",
};

const image = sampleBytes(12, 3000);
const FIRST_BLOCK = Buffer.from(image.subarray(0, 1024));
const cargo = { images: { "1": image }, keys: { [IDENTITY]: KEY } };
const test = suite("gnutls");
const plain = servedFor(test, cargo);
const withCbc = servedFor(test, { ...cargo, flags: ["--cipher-suites", Object.keys(BY_NAME_ONLY).join()] });
const gnutls = peer("gnutls-cli");

function connect(command: string, port: number, priority: string, key = KEY): Program {
  const strict = `NORMAL:-VERS-ALL:+VERS-DTLS1.2:-KX-ALL:-CIPHER-ALL:-MAC-ALL:${priority}`;
  const security = ["--pskusername", IDENTITY, "--pskkey", toHex(toUtf8(key)), "--priority", strict];
  return new Program(command, ["--udp", "--port", String(port), ...security, "127.0.0.1"], LIMIT_MS);
}

if (gnutls !== undefined) {
  for (const [serving, suites] of [
    [plain, OFFERED],
    [withCbc, BY_NAME_ONLY],
  ] as const) {
    for (const [name, priority] of Object.entries(suites)) {
      test(`gnutls-cli completes the handshake with ${name}`, async () => {
        const client = connect(gnutls, serving().coapsPort, priority);
        // Only a Finished that gnutls-cli sent under the right keys makes a session.
        assert.is((await serving().logged(({ cipherSuite }) => cipherSuite === name)).identity, IDENTITY);
        client.endInput();
        await client.ended;
      });
    }
  }

  // gnutls-cli 3.7.9 dies of its own report on an ECDHE_PSK handshake, so these are without it.
  for (const [serving, priority] of [
    ...Object.values(OFFERED).map((priority) => [plain, priority] as const),
    [withCbc, BY_NAME_ONLY.TLS_PSK_WITH_AES_128_CBC_SHA256] as const,
  ]) {
    test(`a GET through gnutls-cli with ${priority} brings the first block`, async () => {
      const client = connect(gnutls, serving().coapsPort, priority);
      await client.waitFor(/Simple Client Mode/);
      client.write(getRequest(["fw", "boat", "1"], { num: 0, szx: 6 }, 1));
      // It comes decrypted on standard output, behind the report on the handshake.
      await client.waitUntil(({ stdout }) => stdout.includes(FIRST_BLOCK) || undefined);
      client.endInput();
      await client.ended;
    });
  }

  for (const [name, priority] of Object.entries(BY_NAME_ONLY)) {
    test(`gnutls-cli is refused ${name} unless --cipher-suites names it`, async () => {
      const client = connect(gnutls, plain().coapsPort, priority);
      await client.waitFor(/Received alert \[40\]: Handshake failed/);
      assert.is((await client.ended).exit, 1);
    });
  }
}

test.run();
