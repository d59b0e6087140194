// GnuTLS as the client: each of our suites that it has.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex, toUtf8 } from "../../src/base/bytes.ts";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { IDENTITY, KEY } from "../support/coap-client-program.ts";
import { getRequest } from "../support/coap-packet-request.ts";
import { CBC_PEER_SUITES, cipherSuitesFlag, DEFAULT_PEER_SUITES } from "../support/peer-suites.ts";
import { peer } from "../support/peers.ts";
import { Program } from "../support/program.ts";
import { servedFor } from "../support/serving.ts";

const LIMIT_MS = 30_000;

const image = sampleBytes(12, 3000);
const FIRST_BLOCK = Buffer.from(image.subarray(0, 1024));
const cargo = { images: { "1": image }, keys: { [IDENTITY]: KEY } };
const test = suite("gnutls");
const plain = servedFor(test, cargo);
const withCbc = servedFor(test, { ...cargo, flags: cipherSuitesFlag(CBC_PEER_SUITES) });
const command = peer("gnutls-cli");

function connect(command: string, port: number, priority: string, ...flags: readonly string[]): Program {
  const security = ["--pskusername", IDENTITY, "--pskkey", toHex(toUtf8(KEY)), "--priority", priority];
  return new Program(command, ["--udp", "--port", String(port), ...security, ...flags, "127.0.0.1"], LIMIT_MS);
}

if (command !== undefined) {
  for (const [serving, suites] of [
    [plain, DEFAULT_PEER_SUITES],
    [withCbc, CBC_PEER_SUITES],
  ] as const) {
    for (const { name, gnutls } of suites) {
      test(`gnutls-cli completes the handshake with ${name}`, async () => {
        const client = connect(command, serving().coapsPort, gnutls);
        // Only a Finished that gnutls-cli sent under the right keys makes a session.
        assert.is((await serving().logged(({ cipherSuite }) => cipherSuite === name)).identity, IDENTITY);
        client.endInput();
        await client.ended;
      });

      // gnutls-cli 3.7.9 dies of its own report on an ECDHE_PSK handshake, before it reads its input.
      if (name.startsWith("TLS_ECDHE")) continue;

      test(`a GET through gnutls-cli with ${name} brings the first block`, async () => {
        const client = connect(command, serving().coapsPort, gnutls);
        await client.waitFor(/Simple Client Mode/);
        client.write(getRequest(["fw", "boat", "1"], { num: 0, szx: 6 }, 1));
        // It comes decrypted on standard output, behind the report on the handshake.
        await client.waitUntil(({ stdout }) => stdout.includes(FIRST_BLOCK) || undefined);
        client.endInput();
        await client.ended;
      });
    }
  }

  const { gnutls: pskSuite } = DEFAULT_PEER_SUITES.find(({ name }) => name.startsWith("TLS_PSK"))!;
  test("RFC 5246 F.1.4: gnutls-cli --resume resumes its session, and a GET through it brings the first block", async () => {
    const client = connect(command, plain().coapsPort, pskSuite, "--resume");
    await client.waitFor(/This is a resumed session/);
    client.write(getRequest(["fw", "boat", "1"], { num: 0, szx: 6 }, 1));
    await client.waitUntil(({ stdout }) => stdout.includes(FIRST_BLOCK) || undefined);
    client.endInput();
    await client.ended;
  });

  for (const { name, gnutls } of CBC_PEER_SUITES) {
    test(`gnutls-cli is refused ${name} unless --cipher-suites names it`, async () => {
      const client = connect(command, plain().coapsPort, gnutls);
      await client.waitFor(/Received alert \[40\]: Handshake failed/);
      assert.is((await client.ended).exit, 1);
    });
  }
}

test.run();
