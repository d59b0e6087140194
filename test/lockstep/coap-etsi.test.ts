// The ETSI CoAP plugtest list (TD_COAP_CORE, TD_COAP_BLOCK) as far as it concerns a server's core.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import { BytesBody, ContentFormat } from "../../src/coap/body.ts";
import { Code } from "../../src/coap/code.ts";
import { OptionNumber, stringOption } from "../../src/coap/option.ts";
import { PIGGYBACK_DELAY_MAX_MS } from "../../src/coap/parameters.ts";
import type { Request } from "../../src/coap/request.ts";
import type { Response } from "../../src/coap/response.ts";
import { countingBytes } from "../support/coap-line.ts";
import { ScriptedCoapPeer } from "../support/scripted-coap-peer.ts";

const etsi = suite("coap-etsi");

const TEXT = new BytesBody(ContentFormat.TEXT_PLAIN, toUtf8("hello"), Uint8Array.of(0xe1));
const LARGE = new BytesBody(ContentFormat.TEXT_PLAIN, countingBytes(150), Uint8Array.of(0xe2));

function answerTo({ code, path }: Request<string>): Response | undefined {
  switch (path[0]) {
    case "separate":
      return undefined;
    case "large":
      return { body: LARGE };
    case "large-post":
      return { code: Code.CHANGED, body: LARGE };
    case "large-create":
      return { code: Code.CREATED, options: [stringOption(OptionNumber.LOCATION_PATH, "new")] };
  }
  switch (code) {
    case Code.GET:
      return { body: TEXT };
    case Code.DELETE:
      return { code: Code.DELETED };
    default:
      return { code: Code.CHANGED };
  }
}

function begin(): ScriptedCoapPeer {
  return new ScriptedCoapPeer({ handle: answerTo, blockSize: 64 });
}

etsi("RFC 7252 5.2.1: CORE_01 to 04, the four methods as CON", () => {
  const peer = begin();
  peer.sends("CON 1 GET T=01 /test");
  peer.receives('ACK 0001 2.05 T=01 ETag=e1 Content-Format=0 "hello"');
  peer.sends("CON 2 DELETE T=02 /test");
  peer.receives("ACK 0002 2.02 T=02");
  peer.sends('CON 3 PUT T=03 /test Content-Format=0 "new"');
  peer.receives("ACK 0003 2.04 T=03");
  peer.sends('CON 4 POST T=04 /test Content-Format=0 "new"');
  peer.receives("ACK 0004 2.04 T=04");
});

etsi("RFC 7252 5.2.3: CORE_05 to 08, the four methods as NON, under Message IDs of our own", () => {
  const peer = begin();
  peer.sends("NON 11 GET T=01 /test");
  peer.receives('NON 0000 2.05 T=01 ETag=e1 Content-Format=0 "hello"');
  peer.sends("NON 12 DELETE T=02 /test");
  peer.receives("NON 0001 2.02 T=02");
  peer.sends('NON 13 PUT T=03 /test Content-Format=0 "new"');
  peer.receives("NON 0002 2.04 T=03");
  peer.sends('NON 14 POST T=04 /test Content-Format=0 "new"');
  peer.receives("NON 0003 2.04 T=04");
});

etsi("RFC 7252 5.2.2: CORE_09 and 11, a separate response with the request's token", () => {
  const peer = begin();
  peer.sends("CON 1 GET T=0102 /separate");
  peer.waits(PIGGYBACK_DELAY_MAX_MS);
  peer.receives("ACK 0001 EMPTY");
  peer.server.respond(peer.now, peer.handled[0]!, { body: TEXT });
  peer.receives('CON 0000 2.05 T=0102 ETag=e1 Content-Format=0 "hello"');
  peer.sends("ACK * EMPTY");
  peer.receivesNothing();
});

etsi("RFC 7252 5.3.1: CORE_10 and 12, tokens of 0 to 8 bytes come back", () => {
  const peer = begin();
  peer.sends("CON 0 GET /test");
  peer.receives('ACK 0000 2.05 ETag=e1 Content-Format=0 "hello"');
  for (let length = 1; length <= 8; length++) {
    const token = "ab".repeat(length);
    peer.sends(`CON ${length} GET T=${token} /test`);
    peer.receives(`ACK 000${length} 2.05 T=${token} ETag=e1 Content-Format=0 "hello"`);
  }
});

etsi("RFC 7252 5.10.1: CORE_13 and 14, path segments and queries", () => {
  const peer = begin();
  peer.sends("CON 1 GET /seg1/seg2/seg3 ?first=1 ?second=2");
  assert.equal(peer.handled[0]!.path, ["seg1", "seg2", "seg3"]);
  assert.equal(peer.handled[0]!.queries, ["first=1", "second=2"]);
});

etsi("RFC 7252 4.5: CORE_15, a lost request and a lost answer, and one effect", () => {
  const peer = begin();
  peer.sends("CON 1 POST T=01 /test");
  peer.receivesMessage(); // Lost on its way: the peer sends again.
  peer.waits(2_500);
  peer.sends("CON 1 POST T=01 /test");
  peer.receives("ACK 0001 2.04 T=01");
  assert.is(peer.handled.length, 1);
});

etsi("RFC 7252 5.2.2: CORE_16, the separate response is lost, then its ACK", () => {
  const peer = begin();
  peer.sends("CON 1 GET T=01 /separate");
  peer.waits(PIGGYBACK_DELAY_MAX_MS);
  peer.receives("ACK 0001 EMPTY");
  peer.server.respond(peer.now, peer.handled[0]!, { code: Code.CONTENT });
  peer.receives("CON 0000 2.05 T=01");
  peer.waits(2_000);
  peer.receives("CON 0000 2.05 T=01");
  peer.waits(4_000);
  peer.receives("CON 0000 2.05 T=01");
  peer.sends("ACK * EMPTY");
  peer.waits(100_000);
  peer.receivesNothing();
});

etsi("RFC 7252 5.2.3: CORE_17, a delayed answer to a NON comes without ACK", () => {
  const peer = begin();
  peer.sends("NON 1 GET T=01 /separate");
  peer.receivesNothing();
  peer.waits(3_000);
  peer.server.respond(peer.now, peer.handled[0]!, { body: TEXT });
  peer.receives('NON 0000 2.05 T=01 ETag=e1 Content-Format=0 "hello"');
});

etsi("RFC 7252 5.10.4: CORE_20, Accept", () => {
  const peer = begin();
  peer.sends("CON 1 GET T=01 /test Accept=0");
  peer.receives('ACK 0001 2.05 T=01 ETag=e1 Content-Format=0 "hello"');
  peer.sends("CON 2 GET T=02 /test Accept=41");
  peer.receives("ACK 0002 4.06 T=02");
});

etsi("RFC 7252 5.10.6: CORE_21, an ETag is validated until the representation changes", () => {
  let body = TEXT;
  const peer = new ScriptedCoapPeer({ handle: () => ({ body }) });
  peer.sends("CON 1 GET T=01 /validate");
  peer.receives('ACK 0001 2.05 T=01 ETag=e1 Content-Format=0 "hello"');
  peer.sends("CON 2 GET T=02 ETag=e1 /validate");
  peer.receives("ACK 0002 2.03 T=02 ETag=e1");
  body = new BytesBody(ContentFormat.TEXT_PLAIN, toUtf8("other"), Uint8Array.of(0xe3));
  peer.sends("CON 3 GET T=03 ETag=e1 /validate");
  peer.receives('ACK 0003 2.05 T=03 ETag=e3 Content-Format=0 "other"');
});

etsi("RFC 7252 4.3: CORE_31, a ping gets four bytes of RST", () => {
  const peer = begin();
  peer.sendsHex("40 00 abcd");
  peer.receivesHex("70 00 abcd");
});

const BLOCKS = ["2:0/1/64 Size2=150 [64 bytes]", "2:1/1/64 [64 bytes]", "2:2/0/64 [22 bytes]"] as const;

etsi("RFC 7959 2.4: BLOCK_01, early negotiation", () => {
  const peer = begin();
  for (const [num, rest] of BLOCKS.entries()) {
    peer.sends(`CON ${num} GET T=0${num} /large 2:${num}/0/64`);
    peer.receives(`ACK 000${num} 2.05 T=0${num} ETag=e2 Content-Format=0 ${rest}`);
  }
});

etsi("RFC 7959 2.4: BLOCK_02, late negotiation: the client shrinks the blocks and scales NUM", () => {
  const peer = begin();
  peer.sends("CON 1 GET T=01 /large");
  peer.receives("ACK 0001 2.05 T=01 ETag=e2 Content-Format=0 2:0/1/64 Size2=150 [64 bytes]");
  peer.sends("CON 2 GET T=02 /large 2:2/0/32");
  peer.receives("ACK 0002 2.05 T=02 ETag=e2 Content-Format=0 2:2/1/32 [32 bytes]");
  assert.is(peer.lastReceived!.payload[0], 64);
});

etsi("RFC 7959 2.5: BLOCK_03, PUT of a large body", () => {
  const peer = begin();
  peer.sends("CON 1 PUT T=01 /large-update 1:0/1/64 [64 bytes]");
  peer.receives("ACK 0001 2.31 T=01 1:0/1/64");
  peer.sends("CON 2 PUT T=02 /large-update 1:1/0/64 [20 bytes]");
  peer.receives("ACK 0002 2.04 T=02 1:1/0/64");
  assert.is(peer.handled[0]!.payload.length, 84);
});

etsi("RFC 7959 2.5: BLOCK_04, POST that creates a resource", () => {
  const peer = begin();
  peer.sends("CON 1 POST T=01 /large-create 1:0/1/64 [64 bytes]");
  peer.receives("ACK 0001 2.31 T=01 1:0/1/64");
  peer.sends("CON 2 POST T=02 /large-create 1:1/0/64 [20 bytes]");
  peer.receives("ACK 0002 2.01 T=02 Location-Path=new 1:1/0/64");
});

etsi("RFC 7959 3.3: BLOCK_05, POST with a large body and a large answer", () => {
  const peer = begin();
  peer.sends("CON 1 POST T=01 /large-post 1:0/1/64 [64 bytes]");
  peer.receives("ACK 0001 2.31 T=01 1:0/1/64");
  peer.sends("CON 2 POST T=02 /large-post 1:1/0/64 [20 bytes]");
  peer.receives("ACK 0002 2.04 T=02 ETag=e2 Content-Format=0 2:0/1/64 1:1/0/64 Size2=150 [64 bytes]");
  peer.sends("CON 3 POST T=03 /large-post 2:1/0/64");
  peer.receives("ACK 0003 2.04 T=03 ETag=e2 Content-Format=0 2:1/1/64 [64 bytes]");
  peer.sends("CON 4 POST T=04 /large-post 2:2/0/64");
  peer.receives("ACK 0004 2.04 T=04 ETag=e2 Content-Format=0 2:2/0/64 [22 bytes]");
  assert.is(peer.handled.length, 1);
});

etsi("RFC 7959 2.4: BLOCK_06, blocks of 16 bytes", () => {
  const peer = begin();
  const body: number[] = [];
  for (let num = 0; num < 10; num++) {
    peer.sends(`CON ${num} GET /large 2:${num}/0/16`);
    body.push(...peer.receivesMessage().payload);
  }
  assert.equal(Uint8Array.from(body), countingBytes(150));
});

etsi.run();
