// wolfSSL as the client, for forward secrecy with an AEAD suite. It has TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256; no program
// or library of Debian without a Java VM has the same with CCM_8.

import { existsSync } from "node:fs";
import { join } from "node:path";
import coapPacket from "coap-packet";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { IDENTITY, identical, KEY } from "../support/coap-client-program.ts";
import { getRequest } from "../support/coap-packet-request.ts";
import { absent, peer } from "../support/peers.ts";
import { Program, runProgram } from "../support/program.ts";
import { servedFor } from "../support/serving.ts";
import { houseRoot } from "../tidy/house.ts";

const LIMIT_MS = 30_000;
const COMPILE_LIMIT_MS = 60_000;
const HEADER = "/usr/include/wolfssl/ssl.h";
const SOURCE = "test/interop/wolfssl-client.c";

const SUITE = "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256";
/** The same suite by wolfSSL's name. */
const CIPHER = "ECDHE-PSK-AES128-GCM-SHA256";

const image = sampleBytes(16, 3000);
const test = suite("wolfssl");
const serving = servedFor(test, { images: { "1": image }, keys: { [IDENTITY]: KEY } });
const scratch = scratchDirectories(test);
const compiler = peer("cc");
const library = existsSync(HEADER) ? HEADER : absent("wolfSSL", "libwolfssl-dev");

async function compiled(cc: string): Promise<string> {
  const client = join(scratch(), "wolfssl-client");
  const args = ["-O1", "-Wall", "-Wextra", "-Werror", join(houseRoot(), SOURCE), "-o", client, "-lwolfssl"];
  const { exit, text } = await runProgram(cc, args, COMPILE_LIMIT_MS);
  assert.is(exit, 0, text);
  return client;
}

if (compiler !== undefined && library !== undefined) {
  // It offers all of its groups: of ours secp256r1 and then x25519, which it cannot use with ECDHE_PSK.
  test(`RFC 8422 5.1.1: stock wolfSSL connects with ${SUITE}, and a GET through it brings the first block`, async () => {
    const client = await compiled(compiler);
    const program = new Program(client, [String(serving().coapsPort), CIPHER, IDENTITY, KEY], LIMIT_MS);
    program.write(getRequest(["fw", "boat", "1"], { num: 0, szx: 6 }, 1));
    program.endInput();
    const { exit, stdout, text } = await program.ended;
    assert.is(exit, 0, text);
    identical(coapPacket.parse(stdout).payload, image.subarray(0, 1024));
    assert.ok(await serving().logged(({ cipherSuite }) => cipherSuite === SUITE));
  });
}

test.run();
