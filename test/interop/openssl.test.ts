// OpenSSL as the client: each of our suites that it has, and application data through it.

import { join } from "node:path";
import coapPacket from "coap-packet";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { IDENTITY, KEY } from "../support/coap-client-program.ts";
import { getRequest } from "../support/coap-packet-request.ts";
import { opensslClient } from "../support/openssl-client.ts";
import { CBC_PEER_SUITES, cipherSuitesFlag, DEFAULT_PEER_SUITES } from "../support/peer-suites.ts";
import { peer } from "../support/peers.ts";
import { runProgram } from "../support/program.ts";
import { servedFor } from "../support/serving.ts";

/** Standard input and output carry application data and nothing else. */
const DATA_ALONE = ["-quiet", "-no_ign_eof"];

const image = sampleBytes(9, 3000);
const FIRST_BLOCK = Buffer.from(image.subarray(0, 1024));
const cargo = { images: { "1": image }, keys: { [IDENTITY]: KEY } };
const test = suite("openssl");
const plain = servedFor(test, cargo);
const withCbc = servedFor(test, { ...cargo, flags: cipherSuitesFlag(CBC_PEER_SUITES) });
const scratch = scratchDirectories(test);
const command = peer("openssl");

if (command !== undefined) {
  const connect = (port: number, cipher: string, ...flags: string[]) =>
    opensslClient({ command, port, cipher, identity: IDENTITY, key: KEY, flags });

  for (const [serving, suites] of [
    [plain, DEFAULT_PEER_SUITES],
    [withCbc, CBC_PEER_SUITES],
  ] as const) {
    for (const { name, openssl: cipher } of suites) {
      test(`s_client -cipher ${cipher} completes the handshake`, async () => {
        const client = connect(serving().coapsPort, cipher);
        await client.waitFor(new RegExp(`Cipher is ${cipher}$`, "m"));
        await client.waitFor(/Secure Renegotiation IS supported/);
        await client.waitFor(/Extended master secret: yes/);
        client.endInput();
        assert.is((await client.ended).exit, 0);
        assert.ok(await serving().logged((line) => line.event === "sessionUp" && line.cipherSuite === name));
      });

      test(`a GET through s_client -cipher ${cipher} brings the first block`, async () => {
        const client = connect(serving().coapsPort, cipher, ...DATA_ALONE);
        client.write(getRequest(["fw", "boat", "1"], { num: 0, szx: 6 }, 1));
        // The answer comes decrypted on standard output.
        await client.waitUntil(({ stdout }) => stdout.includes(FIRST_BLOCK) || undefined);
        client.endInput();
        await client.ended;
      });
    }
  }

  test("RFC 6066 4: s_client -maxfraglen 512 gets blocks that fit 512 bytes with their header", async () => {
    const client = connect(plain().coapsPort, "PSK-AES128-CCM8", ...DATA_ALONE, "-maxfraglen", "512");
    client.write(getRequest(["fw", "boat", "1"], { num: 0, szx: 6 }, 1));
    const answer = await client.waitUntil(({ stdout }) =>
      stdout.includes(FIRST_BLOCK.subarray(0, 256)) ? stdout : undefined,
    );
    const { payload, options } = coapPacket.parse(answer);
    // NUM 0, M 1, SZX 4: RFC 7959 2.3 lets the server shrink.
    assert.equal(options.find(({ name }) => name === "Block2")?.value, Buffer.of(0b1100));
    assert.ok(payload.equals(image.subarray(0, 256)));
    client.endInput();
    await client.ended;
  });

  test("RFC 5246 F.1.4: s_client resumes a session with -sess_in, and a GET through it brings the first block", async () => {
    const session = join(scratch(), "session.pem");
    const first = connect(plain().coapsPort, "PSK-AES128-CCM8", "-sess_out", session);
    await first.waitFor(/New, TLSv1\.2, Cipher is PSK-AES128-CCM8/);
    first.endInput();
    await first.ended;
    const second = connect(plain().coapsPort, "PSK-AES128-CCM8", "-sess_in", session);
    await second.waitFor(/Reused, TLSv1\.2, Cipher is PSK-AES128-CCM8/);
    second.endInput();
    await second.ended;
    const third = connect(plain().coapsPort, "PSK-AES128-CCM8", ...DATA_ALONE, "-sess_in", session);
    third.write(getRequest(["fw", "boat", "1"], { num: 0, szx: 6 }, 1));
    await third.waitUntil(({ stdout }) => stdout.includes(FIRST_BLOCK) || undefined);
    third.endInput();
    await third.ended;
  });

  for (const { openssl: cipher } of CBC_PEER_SUITES) {
    test(`RFC 5246 7.2.2: ${cipher} is refused with handshake_failure unless --cipher-suites names it`, async () => {
      const client = connect(plain().coapsPort, cipher);
      await client.waitFor(/alert handshake failure/);
      assert.is((await client.ended).exit, 1);
    });
  }

  test("a server that was told CBC suites only refuses CCM_8", async () => {
    const client = connect(withCbc().coapsPort, "PSK-AES128-CCM8");
    await client.waitFor(/alert handshake failure/);
    assert.is((await client.ended).exit, 1);
  });

  test("RFC 6347 4.1: s_client of DTLS 1.0 is refused with protocol_version", async () => {
    const flags = ["s_client", "-dtls1", "-connect", `127.0.0.1:${plain().coapsPort}`];
    const security = ["-psk_identity", IDENTITY, "-psk", "00", "-cipher", "PSK-AES128-CBC-SHA:@SECLEVEL=0"];
    const { text } = await runProgram(command, [...flags, ...security], 30_000);
    assert.match(text, /alert protocol version/);
  });
}

test.run();
