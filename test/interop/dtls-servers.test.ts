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
import { CBC_PEER_SUITES, DEFAULT_PEER_SUITES } from "../support/peer-suites.ts";
import { peer } from "../support/peers.ts";
import { Program } from "../support/program.ts";

const LIMIT_MS = 60_000;

const KEY_HEX = toHex(toUtf8(KEY));

const test = suite("dtls-servers");
const scratch = scratchDirectories(test);
const opensslCommand = peer("openssl");
const gnutlsCommand = peer("gnutls-serv");

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
  const args = ["--udp", "--echo", "--port", String(port), "--pskpasswd", keys, "--priority", priority];
  const server = new Program(command, args, LIMIT_MS);
  await server.waitFor(/listening on IPv4.*done/);
  return { port, server };
}

async function ended(server: Program): Promise<void> {
  server.kill("SIGKILL");
  await server.ended;
}

for (const { name, openssl, gnutls } of [...DEFAULT_PEER_SUITES, ...CBC_PEER_SUITES]) {
  if (opensslCommand !== undefined) {
    test(`our client and openssl s_server with ${name} exchange data both ways`, async () => {
      const { port, server } = await opensslServer(opensslCommand, openssl);
      const client = await connect(port, name);
      client.send("ahoy\n");
      await server.waitFor(/^ahoy$/m);
      server.write("hello device\n");
      assert.is(await client.receive(), "hello device\n");
      client.close();
      await ended(server);
    });
  }
  if (gnutlsCommand !== undefined) {
    test(`our client and gnutls-serv with ${name} exchange data both ways`, async () => {
      const { port, server } = await gnutlsServer(gnutlsCommand, gnutls);
      const client = await connect(port, name);
      client.send("ahoy");
      assert.is(await client.receive(), "ahoy");
      client.close();
      await ended(server);
    });
  }
}

test.run();
