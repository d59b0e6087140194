import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BytesBody, ContentFormat } from "../../src/coap/body.ts";
import { Code } from "../../src/coap/code.ts";
import {
  EXCHANGE_LIFETIME_MS,
  NON_LIFETIME_MS,
  PIGGYBACK_DELAY_MAX_MS,
  REQUEST_LENGTH_MAX,
} from "../../src/coap/parameters.ts";
import { ScriptedCoapPeer } from "../support/scripted-coap-peer.ts";

const server = suite("coap-server");

server("RFC 7252 4.3: a ping gets a four-byte RST under its own Message ID", () => {
  const peer = new ScriptedCoapPeer();
  peer.sendsHex("40 00 1234");
  peer.receivesHex("70 00 1234");
  assert.equal([peer.counted, peer.handled.length], [["ping"], 0]);
});

server("RFC 7252 3: another version, garbage and a single byte are passed over in silence", () => {
  const peer = new ScriptedCoapPeer();
  for (const hex of ["80 01 1234", "c0 01 1234 ff", "17 fe fd 00 00", "40"]) peer.sendsHex(hex);
  peer.receivesNothing();
  assert.equal(peer.counted, ["unknownVersion", "unknownVersion", "unknownVersion", "headerTruncated"]);
});

server("RFC 7252 3: token length 9 in a CON gets RST", () => {
  const peer = new ScriptedCoapPeer();
  peer.sendsHex("49 01 1234 000000000000000000");
  peer.receivesHex("70 00 1234");
});

server("RFC 7252 3: a payload marker without payload in a CON gets RST", () => {
  const peer = new ScriptedCoapPeer();
  peer.sendsHex("40 01 1234 ff");
  peer.receivesHex("70 00 1234");
});

server("RFC 7252 4.1: an empty CON with bytes behind its header gets RST", () => {
  const peer = new ScriptedCoapPeer();
  peer.sendsHex("40 00 1234 00");
  peer.receivesHex("70 00 1234");
  assert.equal(peer.counted, ["emptyWithTrailingBytes"]);
});

server("RFC 7252 4.2: code classes 1, 6 and 7 in a CON get RST", () => {
  const peer = new ScriptedCoapPeer();
  for (const code of ["21", "c1", "e1"]) {
    peer.sendsHex(`40 ${code} 1234`);
    peer.receivesHex("70 00 1234");
  }
});

server("RFC 7252 4.3: a broken NON is ignored", () => {
  const peer = new ScriptedCoapPeer();
  for (const hex of ["59 01 1234 000000000000000000", "50 01 1234 ff", "50 21 1234", "50 00 1234 00", "50 00 1234"]) {
    peer.sendsHex(hex);
  }
  peer.receivesNothing();
  assert.is(peer.counted.length, 5);
});

server("RFC 7252 4.2: a response that comes as CON gets RST, as NON silence", () => {
  const peer = new ScriptedCoapPeer();
  peer.sends('CON 1234 2.05 T=ab "hi"');
  peer.receives("RST 1234 EMPTY");
  peer.sends('NON 1235 2.05 T=ab "hi"');
  peer.receivesNothing();
  assert.equal(peer.counted, ["responseUnexpected", "responseUnexpected"]);
});

server("RFC 7252 4.2: an ACK or RST is never answered, whatever it carries", () => {
  const peer = new ScriptedCoapPeer();
  for (const type of ["ACK", "RST"]) {
    for (const rest of ["EMPTY", "GET /fw", "2.05 T=ab", "4.04"]) peer.sends(`${type} 1234 ${rest}`);
  }
  for (const hex of ["60 00 1234 00", "70 21 1234", "69 01 1234", "60 01 1234 ff"]) peer.sendsHex(hex);
  peer.receivesNothing();
  assert.is(peer.handled.length, 0);
});

server("RFC 7252 5.8: an unknown method gets 4.05 and no handler", () => {
  const peer = new ScriptedCoapPeer();
  peer.sends("CON 1234 0.31 T=ab /fw");
  peer.receives("ACK 1234 4.05 T=ab");
  assert.equal([peer.counted, peer.handled.length], [["methodNotAllowed"], 0]);
});

server("RFC 7252 5.4.1: an unknown critical option gets 4.02 in a CON and silence in a NON", () => {
  const peer = new ScriptedCoapPeer();
  peer.sends("CON 1234 GET T=ab /fw #65001=01");
  peer.receives('ACK 1234 4.02 T=ab "critical option not recognised"');
  peer.sends("NON 1235 GET T=ab /fw #65001=01");
  peer.receivesNothing();
  assert.equal([peer.counted, peer.handled.length], [["badOption", "badOption"], 0]);
});

server("RFC 7252 4.5: a duplicate CON gets the same bytes and the handler runs once", () => {
  const peer = new ScriptedCoapPeer();
  peer.sends("CON 1234 GET T=ab /fw 2:0/0/64");
  peer.receives("ACK 1234 2.05 T=ab ETag=0102 Content-Format=42 2:0/1/64 Size2=150 [64 bytes]");
  peer.sends("CON 1234 GET T=ab /fw 2:0/0/64");
  peer.receives("ACK 1234 2.05 T=ab ETag=0102 Content-Format=42 2:0/1/64 Size2=150 [64 bytes]");
  assert.equal([peer.handled.length, peer.served.length, peer.resentCount], [1, 1, 1]);
});

server("RFC 7252 4.5: an error is resent as well", () => {
  const peer = new ScriptedCoapPeer({ handle: () => ({ code: Code.NOT_FOUND }) });
  for (let i = 0; i < 2; i++) {
    peer.sends("CON 1234 POST T=ab /none");
    peer.receives("ACK 1234 4.04 T=ab");
  }
  assert.is(peer.handled.length, 1);
});

server("RFC 7252 4.5: a duplicate NON gets the same NON again, under the same Message ID", () => {
  const peer = new ScriptedCoapPeer();
  peer.sends("NON 1234 GET T=ab /fw 2:2/0/64");
  peer.receives("NON 0000 2.05 T=ab ETag=0102 Content-Format=42 2:2/0/64 [22 bytes]");
  peer.sends("NON 1234 GET T=ab /fw 2:2/0/64");
  peer.receives("NON 0000 2.05 T=ab ETag=0102 Content-Format=42 2:2/0/64 [22 bytes]");
  assert.is(peer.handled.length, 1);
});

server("RFC 7252 4.5: another token under the same Message ID is a new request", () => {
  const peer = new ScriptedCoapPeer();
  peer.sends("CON 1234 GET T=ab /fw 2:0/0/16");
  peer.receivesMessage();
  peer.sends("CON 1234 GET T=ac /fw 2:0/0/16");
  peer.receives("ACK 1234 2.05 T=ac ETag=0102 Content-Format=42 2:0/1/16 Size2=150 [16 bytes]");
  assert.is(peer.handled.length, 2);
});

server("RFC 7252 4.5: a wrapped Message ID with the same empty token never yields a stale block", () => {
  const peer = new ScriptedCoapPeer();
  peer.sends("CON 1234 GET /fw 2:1/0/64");
  peer.receivesMessage();
  peer.sends("CON 1234 GET /fw 2:2/0/64");
  peer.receives("ACK 1234 2.05 ETag=0102 Content-Format=42 2:2/0/64 [22 bytes]");
});

server("RFC 7252 4.5: after EXCHANGE_LIFETIME a CON with the same bytes is a new request", () => {
  const peer = new ScriptedCoapPeer();
  peer.sends("CON 1234 POST /fw");
  peer.waits(EXCHANGE_LIFETIME_MS - 1);
  peer.sends("CON 1234 POST /fw");
  assert.is(peer.handled.length, 1);
  peer.waits(1);
  peer.sends("CON 1234 POST /fw");
  assert.is(peer.handled.length, 2);
});

server("RFC 7252 4.5: after NON_LIFETIME a NON with the same bytes is a new request", () => {
  const peer = new ScriptedCoapPeer();
  peer.sends("NON 1234 POST /fw");
  peer.waits(NON_LIFETIME_MS - 1);
  peer.sends("NON 1234 POST /fw");
  assert.is(peer.handled.length, 1);
  peer.waits(1);
  peer.sends("NON 1234 POST /fw");
  assert.is(peer.handled.length, 2);
});

server("RFC 7252 9.1.1: the same message in another association is another request", () => {
  const peer = new ScriptedCoapPeer();
  peer.sends("CON 1234 GET /fw");
  peer.association = "another";
  peer.sends("CON 1234 GET /fw");
  assert.equal([peer.handled.map(({ association }) => association), peer.resentCount], [["peer", "another"], 0]);
});

server("a GET whose answer was evicted is computed again: 9 requests later the first runs the handler twice", () => {
  const peer = new ScriptedCoapPeer();
  for (let i = 0; i <= 8; i++) peer.sends(`CON ${i.toString(16)} GET /fw 2:0/0/16`);
  peer.sends("CON 1 GET /fw 2:0/0/16");
  assert.is(peer.handled.length, 9);
  peer.sends("CON 0 GET /fw 2:0/0/16");
  assert.is(peer.handled.length, 10);
});

server("RFC 7252 5.2.2: without an answer at once, an empty ACK, and later a CON under a Message ID of ours", () => {
  const peer = new ScriptedCoapPeer({ handle: () => undefined });
  peer.sends("CON 1234 GET T=ab /slow");
  peer.waits(PIGGYBACK_DELAY_MAX_MS);
  peer.receives("ACK 1234 EMPTY");
  peer.server.respond(peer.now, peer.handled[0]!, { code: Code.CHANGED });
  peer.receives("CON 0000 2.04 T=ab");
  peer.sends("ACK * EMPTY");
  peer.waits(100_000);
  peer.receivesNothing();
  assert.equal(peer.counted, []);
});

server("RFC 7252 5.2.2: a repeated request gets the empty ACK again, before and after the separate response", () => {
  const peer = new ScriptedCoapPeer({ handle: () => undefined });
  peer.sends("CON 1234 GET T=ab /slow");
  peer.waits(PIGGYBACK_DELAY_MAX_MS);
  peer.receives("ACK 1234 EMPTY");
  peer.sends("CON 1234 GET T=ab /slow");
  peer.receives("ACK 1234 EMPTY");
  peer.server.respond(peer.now, peer.handled[0]!, { code: Code.CHANGED });
  peer.receives("CON 0000 2.04 T=ab");
  peer.sends("ACK * EMPTY");
  peer.sends("CON 1234 GET T=ab /slow");
  peer.receives("ACK 1234 EMPTY");
  assert.is(peer.handled.length, 1);
});

server("RFC 7252 5.2.3: a late answer to a NON is a NON, and the NON is never acknowledged", () => {
  const peer = new ScriptedCoapPeer({ handle: () => undefined });
  peer.sends("NON 1234 GET T=ab /slow");
  peer.sends("NON 1234 GET T=ab /slow");
  peer.receivesNothing();
  peer.server.respond(peer.now, peer.handled[0]!, { code: Code.CHANGED });
  peer.receives("NON 0000 2.04 T=ab");
  assert.is(peer.handled.length, 1);
});

server("RFC 7252 4.2: a separate response is sent five times in all, then given up", () => {
  const peer = new ScriptedCoapPeer({ handle: () => undefined });
  peer.sends("CON 1234 GET T=ab /slow");
  peer.waits(PIGGYBACK_DELAY_MAX_MS);
  peer.receives("ACK 1234 EMPTY");
  peer.server.respond(peer.now, peer.handled[0]!, { code: Code.CHANGED });
  for (const ms of [2_000, 4_000, 8_000, 16_000, 32_000]) {
    peer.receives("CON 0000 2.04 T=ab");
    peer.waits(ms - 1);
    peer.receivesNothing();
    peer.waits(1);
  }
  peer.receivesNothing();
  assert.equal(peer.counted, ["separateResponseGivenUp"]);
});

server("RFC 7252 4.2: an RST ends a separate response like an ACK", () => {
  const peer = new ScriptedCoapPeer({ handle: () => undefined });
  peer.sends("CON 1234 GET T=ab /slow");
  peer.waits(PIGGYBACK_DELAY_MAX_MS);
  peer.receives("ACK 1234 EMPTY");
  peer.server.respond(peer.now, peer.handled[0]!, { code: Code.CHANGED });
  peer.receives("CON 0000 2.04 T=ab");
  peer.sends("RST * EMPTY");
  peer.waits(100_000);
  peer.receivesNothing();
});

server("a late answer slices a body as the request asked, though the datagram's buffer was used again", () => {
  const peer = new ScriptedCoapPeer({ handle: () => undefined });
  const ready = new ScriptedCoapPeer();
  ready.sends("CON 1234 GET T=ab /fw 2:1/0/32");
  const answer = ready.receivesMessage();
  peer.sends("CON 1234 GET T=ab /fw 2:1/0/32");
  peer.server.respond(peer.now, peer.handled[0]!, { body: ready.served[0]!.body });
  const { code, token, options, payload } = peer.receivesMessage();
  assert.equal([code, token, options, payload], [answer.code, answer.token, answer.options, answer.payload]);
});

server("forget() drops every trace of an association", () => {
  const peer = new ScriptedCoapPeer({ handle: ({ code }) => (code === Code.GET ? undefined : { code: Code.CHANGED }) });
  peer.sends("CON 1 POST /a");
  peer.sends("CON 2 PUT /b 1:0/1/16 [16 bytes]");
  peer.sends("CON 3 GET /slow");
  peer.server.respond(peer.now, peer.handled[1]!, { code: Code.CONTENT });
  peer.server.forget("peer");
  // Which options requests have is nobody's own.
  const { knownOptions: _known, knownOptionsBytes: _bytes, ...tables } = peer.server.tables;
  assert.equal(new Set(Object.values(tables)), new Set([0]));
});

server("a server at rest has no deadline, and one that answered has some until all that it knows expired", () => {
  const peer = new ScriptedCoapPeer();
  assert.is(peer.server.pollTimeout(), undefined);
  peer.sends("CON 1 GET /fw");
  const deadline = peer.server.pollTimeout()!;
  assert.ok(deadline >= EXCHANGE_LIFETIME_MS);
  peer.waits(deadline);
  assert.equal([peer.server.tables["resends"], peer.server.rememberedLength], [0, 0]);
  peer.waits(peer.server.pollTimeout()! - peer.now);
  assert.is(peer.server.pollTimeout(), undefined);
  assert.equal(new Set(Object.values(peer.server.tables)), new Set([0]));
});

server("RFC 7252 4.5: what was cut from a body made for one answer is repeated without that body", () => {
  const bytes = new Uint8Array(50_000);
  let made = 0;
  let reads = 0;
  const handle = () => {
    made++;
    const body = new BytesBody(ContentFormat.LINK_FORMAT, bytes, Uint8Array.of(made));
    const read = body.read.bind(body);
    body.read = (offset, length) => {
      reads++;
      return read(offset, length);
    };
    return { body };
  };
  const peer = new ScriptedCoapPeer({ handle });
  const before = peer.server.rememberedLength;
  peer.sends("CON 1 GET /links 2:3/0/64");
  const first = peer.receivesMessage();
  peer.sends("CON 1 GET /links 2:3/0/64");
  assert.equal(peer.receivesMessage(), first);
  assert.equal([made, reads, peer.resentCount], [1, 1, 1]);
  assert.ok(peer.server.rememberedLength - before >= 64);
});

server("RFC 7959 2.9.3: a request of more than REQUEST_LENGTH_MAX bytes gets 4.13, and nothing of it is kept", () => {
  const peer = new ScriptedCoapPeer();
  const before = peer.server.rememberedLength;
  for (const code of ["GET", "POST"]) {
    peer.sends(`CON 1 ${code} /fw [60000 bytes]`);
    peer.receives(`ACK 0001 4.13 Size1=${REQUEST_LENGTH_MAX}`);
  }
  assert.equal([peer.counted, peer.handled.length], [["requestEntityTooLarge", "requestEntityTooLarge"], 0]);
  const { resends, knownOptions } = peer.server.tables;
  assert.equal([peer.server.rememberedLength, resends, knownOptions], [before, 0, 0]);
  peer.sends(`CON 1 POST /fw [${REQUEST_LENGTH_MAX - 10} bytes]`);
  assert.is(peer.handled.length, 1);
});

server.run();
