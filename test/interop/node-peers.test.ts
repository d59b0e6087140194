// The libraries that Node.js projects use: node-dtls-client with coap-packet, and the coap package's client.

import { once } from "node:events";
import coap from "coap";
import coapPacket from "coap-packet";
import { dtls } from "node-dtls-client";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { IDENTITY, identical, KEY } from "../support/coap-client-program.ts";
import { getRequest } from "../support/coap-packet-request.ts";
import { servedFor } from "../support/serving.ts";

const LIMIT_MS = 30_000;
const SZX = 6;
const BLOCK_LENGTH = 1024;

const image = sampleBytes(13, 40_000);
const test = suite("node-peers");
const serving = servedFor(test, { images: { "1": image }, keys: { [IDENTITY]: KEY }, flags: ["--coap"] });

type DtlsSocket = ReturnType<typeof dtls.createSocket>;

function connect(): DtlsSocket {
  const address = { address: "127.0.0.1", port: serving().coapsPort };
  return dtls.createSocket({ type: "udp4", ...address, psk: { [IDENTITY]: KEY }, timeout: LIMIT_MS });
}

/** The image by one GET for each block, until a block says that no more follow. */
async function download(socket: DtlsSocket): Promise<Uint8Array> {
  const blocks: Buffer[] = [];
  for (let num = 0, more = true; more; num++) {
    socket.send(getRequest(["fw", "boat", "1"], { num, szx: SZX }, num));
    const [answer] = (await once(socket, "message", { signal: AbortSignal.timeout(LIMIT_MS) })) as [Buffer];
    const { code, messageId, options, payload } = coapPacket.parse(answer);
    assert.equal([code, messageId], ["2.05", num]);
    const block2 = options.find(({ name }) => name === "Block2")?.value as Buffer;
    const value = block2.readUIntBE(0, block2.length);
    assert.is(value >> 4, num);
    more = (value & 0b1000) !== 0;
    blocks.push(payload);
  }
  assert.is(blocks.length, Math.ceil(image.length / BLOCK_LENGTH));
  return Buffer.concat(blocks);
}

test("node-dtls-client with coap-packet downloads 40,000 bytes, every byte as published", async () => {
  const socket = connect();
  await once(socket, "connected", { signal: AbortSignal.timeout(LIMIT_MS) });
  identical(await download(socket), image);
  const closed = once(socket, "close");
  socket.close();
  await closed;
});

test("the coap package's client pulls 40,000 bytes over plain CoAP, every byte as published", async () => {
  const request = coap.request({ hostname: "127.0.0.1", port: serving().coapPort, pathname: "/fw/boat/1" });
  request.end();
  const [response] = await once(request, "response", { signal: AbortSignal.timeout(LIMIT_MS) });
  assert.is(response.code, "2.05");
  identical(response.payload, image);
});

test("the coap package's client sees 4.04 for an image that was never published", async () => {
  const request = coap.request({ hostname: "127.0.0.1", port: serving().coapPort, pathname: "/fw/boat/2" });
  request.end();
  const [response] = await once(request, "response", { signal: AbortSignal.timeout(LIMIT_MS) });
  assert.is(response.code, "4.04");
});

test.run();
