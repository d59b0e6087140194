// Our DTLS client against the servers of OpenSSL and GnuTLS: each of our suites that they have, with data both ways.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex, toUtf8 } from "../../src/base/bytes.ts";
import { cipherSuiteNamed } from "../../src/dtls/cipher-suite.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { IDENTITY, KEY } from "../support/coap-client-program.ts";
import { DtlsClientSocket } from "../support/dtls-client-socket.ts";
import { freePort } from "../support/free-port.ts";
import { peer } from "../support/peers.ts";
import { Program } from "../support/program.ts";

const LIMIT_MS = 60_000;

/** IANA's name, OpenSSL's, and what GnuTLS wants in a priority string. */
const SUITES = [
  ["TLS_PSK_WITH_AES_128_CCM_8", "PSK-AES128-CCM8", "+PSK:+AES-128-CCM-8:+AEAD"],
  ["TLS_PSK_WITH_AES_128_CCM", "PSK-AES128-CCM", "+PSK:+AES-128-CCM:+AEAD"],
  ["TLS_PSK_WITH_AES_128_GCM_SHA256", "PSK-AES128-GCM-SHA256", "+PSK:+AES-128-GCM:+AEAD"],
  ["TLS_PSK_WITH_AES_128_CBC_SHA256", "PSK-AES128-CBC-SHA256", "+PSK:+AES-128-CBC:+SHA256"],
  ["TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256", "ECDHE-PSK-AES128-CBC-SHA256", "+ECDHE-PSK:+AES-128-CBC:+SHA256"],
] as const;
const KEY_HEX = toHex(toUtf8(KEY));

const test = suite("dtls-servers");
const scratch = scratchDirectories(test);
const openssl = peer("openssl");
const gnutls = peer("gnutls-serv");

function connect(port: number, name: string): Promise<DtlsClientSocket> {
  return DtlsClientSocket.connect({ port, identity: IDENTITY, key: KEY, suite: cipherSuiteNamed(name)! });
}

/** -listen makes it ask for a cookie first. */
async function opensslServer(command: string, cipher: string): Promise<{ port: number; server: Program }> {
  const port = await freePort();
  const security = ["-nocert", "-psk_identity", IDENTITY, "-psk", KEY_HEX, "-cipher", cipher];
  const args = ["s_server", "-dtls1_2", "-listen", "-accept", `127.0.0.1:${port}`, ...security];
  const server = new Program(command, args, LIMIT_MS);
  await server.waitFor(/ACCEPT/);
  return { port, server };
}

async function gnutlsServer(command: string, priority: string): Promise<{ port: number; server: Program }> {
  const port = await freePort();
  const keys = join(scratch(), "keys.txt");
  writeFileSync(keys, `${IDENTITY}:${KEY_HEX}\n`);
  const strict = `NORMAL:-VERS-ALL:+VERS-DTLS1.2:-KX-ALL:-CIPHER-ALL:-MAC-ALL:${priority}`;
  const args = ["--udp", "--echo", "--port", String(port), "--pskpasswd", keys, "--priority", strict];
  const server = new Program(command, args, LIMIT_MS);
  await server.waitFor(/listening on IPv4.*done/);
  return { port, server };
}

async function ended(server: Program): Promise<void> {
  server.kill("SIGKILL");
  await server.ended;
}

for (const [name, cipher, priority] of SUITES) {
  if (openssl !== undefined) {
    test(`our client and openssl s_server -cipher ${cipher} exchange data both ways`, async () => {
      const { port, server } = await opensslServer(openssl, cipher);
      const client = await connect(port, name);
      client.send("ahoy\n");
      await server.waitFor(/^ahoy$/m);
      server.write("hello device\n");
      assert.is(await client.receive(), "hello device\n");
      client.close();
      await ended(server);
    });
  }
  if (gnutls !== undefined) {
    test(`our client and gnutls-serv with ${priority} exchange data both ways`, async () => {
      const { port, server } = await gnutlsServer(gnutls, priority);
      const client = await connect(port, name);
      client.send("ahoy");
      assert.is(await client.receive(), "ahoy");
      client.close();
      await ended(server);
    });
  }
}

test.run();
