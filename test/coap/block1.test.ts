import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Code } from "../../src/coap/code.ts";
import { ENTRY_OVERHEAD_LENGTH, EXCHANGE_LIFETIME_MS, PIGGYBACK_DELAY_MAX_MS } from "../../src/coap/parameters.ts";
import { countingBytes } from "../support/coap-line.ts";
import { IMAGE, type PeerOptions, ScriptedCoapPeer } from "../support/scripted-coap-peer.ts";

const block1 = suite("block1");

function peerThatChanges(options: PeerOptions = {}): ScriptedCoapPeer {
  return new ScriptedCoapPeer({ handle: () => ({ code: Code.CHANGED }), ...options });
}

block1("RFC 7959 2.3: 2.31 for each block with M 1, and the final answer acknowledges the last", () => {
  const peer = peerThatChanges();
  peer.sends("CON 1 PUT T=01 /r 1:0/1/16 [16 bytes]");
  peer.receives("ACK 0001 2.31 T=01 1:0/1/16");
  peer.sends("CON 2 PUT T=02 /r 1:1/1/16 [16 bytes]");
  peer.receives("ACK 0002 2.31 T=02 1:1/1/16");
  peer.sends("CON 3 PUT T=03 /r 1:2/0/16 [5 bytes]");
  peer.receives("ACK 0003 2.04 T=03 1:2/0/16");
  assert.equal(
    peer.handled.map(({ payload }) => payload),
    [Uint8Array.of(...countingBytes(16), ...countingBytes(16), ...countingBytes(5))],
  );
});

block1("RFC 7959 2.3: a body of one block", () => {
  const peer = peerThatChanges();
  peer.sends("CON 1 PUT /r 1:0/0/64 [10 bytes]");
  peer.receives("ACK 0001 2.04 1:0/0/64");
  assert.is(peer.handled[0]!.payload.length, 10);
});

block1("RFC 7959 2.5: a repeated message is answered from memory and gathers nothing twice", () => {
  const peer = peerThatChanges();
  for (let i = 0; i < 2; i++) {
    peer.sends("CON 1 PUT /r 1:0/1/16 [16 bytes]");
    peer.receives("ACK 0001 2.31 1:0/1/16");
  }
  peer.sends("CON 2 PUT /r 1:1/0/16 [1 bytes]");
  peer.receives("ACK 0002 2.04 1:1/0/16");
  assert.is(peer.handled[0]!.payload.length, 17);
});

block1("RFC 7959 2.5: a block that comes again under a new Message ID takes its old place", () => {
  const peer = peerThatChanges();
  for (const [messageId, num] of [
    [1, 0],
    [2, 1],
    [3, 1],
  ]) {
    peer.sends(`CON ${messageId} PUT /r 1:${num}/1/16 [16 bytes]`);
    peer.receives(`ACK 000${messageId} 2.31 1:${num}/1/16`);
  }
  peer.sends("CON 4 PUT /r 1:2/0/16 [1 bytes]");
  peer.receives("ACK 0004 2.04 1:2/0/16");
  assert.is(peer.handled[0]!.payload.length, 33);
});

block1("RFC 7959 2.5: an early block that was delayed does not set the body back", () => {
  const peer = peerThatChanges();
  for (const [messageId, num] of [
    [1, 0],
    [2, 1],
    [3, 2],
    [4, 1],
  ]) {
    peer.sends(`CON ${messageId} PUT /r 1:${num}/1/16 [16 bytes]`);
    peer.receives(`ACK 000${messageId} 2.31 1:${num}/1/16`);
  }
  peer.sends("CON 5 PUT /r 1:3/0/16 [1 bytes]");
  peer.receives("ACK 0005 2.04 1:3/0/16");
  assert.is(peer.handled[0]!.payload.length, 49);
});

block1("RFC 7959 2.5: NUM 0 always begins the body anew", () => {
  const peer = peerThatChanges();
  peer.sends("CON 1 PUT /r 1:0/1/16 [16 bytes]");
  peer.sends("CON 2 PUT /r 1:1/1/16 [16 bytes]");
  peer.sends("CON 3 PUT /r 1:0/1/16 [16 bytes]");
  peer.sends("CON 4 PUT /r 1:1/0/16 [2 bytes]");
  assert.equal(
    peer.handled.map(({ payload }) => payload.length),
    [18],
  );
});

block1("RFC 7959 2.9.2: a missing part gets 4.08", () => {
  const peer = peerThatChanges();
  peer.sends("CON 1 PUT /r 1:1/1/16 [16 bytes]");
  peer.receives("ACK 0001 4.08");
  peer.sends("CON 2 PUT /r 1:0/1/16 [16 bytes]");
  peer.receives("ACK 0002 2.31 1:0/1/16");
  peer.sends("CON 3 PUT /r 1:2/0/16 [16 bytes]");
  peer.receives("ACK 0003 4.08");
  assert.equal([peer.handled.length, peer.counted], [0, ["requestEntityIncomplete", "requestEntityIncomplete"]]);
});

block1("RFC 7959 2.3: blocks of unlike Content-Format are not put together", () => {
  const peer = peerThatChanges();
  peer.sends("CON 1 PUT /r Content-Format=42 1:0/1/16 [16 bytes]");
  peer.receives("ACK 0001 2.31 1:0/1/16");
  peer.sends("CON 2 PUT /r Content-Format=60 1:1/0/16 [16 bytes]");
  peer.receives("ACK 0002 4.08");
});

block1("RFC 7959 2.9.3: a body longer than admitted gets 4.13 and Size1, and is dropped", () => {
  const peer = peerThatChanges({ admit: () => 20 });
  peer.sends("CON 1 PUT /r 1:0/1/16 [16 bytes]");
  peer.receives("ACK 0001 2.31 1:0/1/16");
  peer.sends("CON 2 PUT /r 1:1/0/16 [5 bytes]");
  peer.receives("ACK 0002 4.13 Size1=20");
  peer.sends("CON 3 PUT /r 1:1/0/16 [4 bytes]");
  peer.receives("ACK 0003 4.08");
});

block1("RFC 7959 4: a Size1 longer than admitted gets 4.13 at the first block", () => {
  const peer = peerThatChanges({ admit: () => 20 });
  peer.sends("CON 1 PUT /r 1:0/1/16 Size1=21 [16 bytes]");
  peer.receives("ACK 0001 4.13 Size1=20");
});

block1("a request that is not admitted gets the handler's refusal, and nothing is gathered", () => {
  const peer = peerThatChanges({ admit: () => ({ code: Code.NOT_FOUND }) });
  peer.sends("CON 1 PUT /none 1:0/1/16 [16 bytes]");
  peer.receives("ACK 0001 4.04");
  peer.sends("CON 2 PUT /none 1:1/0/16 [1 bytes]");
  peer.receives("ACK 0002 4.08");
});

block1("RFC 7959 2.3: a block with M 1 that is not full, and one that overflows, get 4.00", () => {
  const peer = peerThatChanges();
  peer.sends("CON 1 PUT /r 1:0/1/16 [15 bytes]");
  peer.receives('ACK 0001 4.00 "payload length does not fit Block1"');
  peer.sends("CON 2 PUT /r 1:0/0/16 [17 bytes]");
  peer.receives('ACK 0002 4.00 "payload length does not fit Block1"');
});

block1("RFC 7959 2.3: the server asks for smaller blocks, and the byte offset is kept", () => {
  const peer = peerThatChanges({ blockSize: 16 });
  peer.sends("CON 1 PUT /r 1:0/1/64 [64 bytes]");
  peer.receives("ACK 0001 2.31 1:0/1/16");
  peer.sends("CON 2 PUT /r 1:4/1/16 [16 bytes]");
  peer.receives("ACK 0002 2.31 1:4/1/16");
  peer.sends("CON 3 PUT /r 1:5/0/16 [3 bytes]");
  peer.receives("ACK 0003 2.04 1:5/0/16");
  assert.is(peer.handled[0]!.payload.length, 83);
});

block1("the blocks asked for fit the layers below", () => {
  const peer = peerThatChanges();
  peer.messageLengthMax = 60;
  peer.sends("CON 1 PUT /r 1:0/1/64 [64 bytes]");
  peer.receives("ACK 0001 2.31 1:0/1/32");
});

block1("RFC 9175 3.3: two bodies of one resource, told apart by Request-Tag", () => {
  const peer = peerThatChanges();
  peer.sends("CON 1 PUT /r 1:0/1/16 Request-Tag= [16 bytes]");
  peer.sends("CON 2 PUT /r 1:0/1/32 [32 bytes]");
  peer.sends("CON 3 PUT /r 1:1/0/16 Request-Tag= [1 bytes]");
  peer.sends("CON 4 PUT /r 1:1/0/32 [1 bytes]");
  assert.equal(
    peer.handled.map(({ payload }) => payload.length),
    [17, 33],
  );
});

block1("RFC 7252 9.1.1: two associations gather two bodies", () => {
  const peer = peerThatChanges();
  peer.sends("CON 1 PUT /r 1:0/1/16 [16 bytes]");
  peer.association = "another";
  peer.sends("CON 2 PUT /r 1:1/0/16 [1 bytes]");
  assert.is(peer.handled.length, 0);
});

block1("RFC 7959 2.4: a body is dropped EXCHANGE_LIFETIME after its last block, and not before", () => {
  const peer = peerThatChanges();
  for (const num of [0, 1]) {
    peer.sends(`CON ${num} PUT /r 1:${num}/1/16 [16 bytes]`);
    peer.waits(EXCHANGE_LIFETIME_MS - 1);
  }
  peer.sends("CON 2 PUT /r 1:2/1/16 [16 bytes]");
  peer.waits(EXCHANGE_LIFETIME_MS);
  peer.sends("CON 3 PUT /r 1:3/0/16 [16 bytes]");
  assert.equal(peer.counted, ["requestEntityIncomplete"]);
});

block1("one association gathers gatheredCountMax bodies: one more drops the oldest", () => {
  const peer = peerThatChanges({ limits: { gatheredCountMax: 2 } });
  for (const name of ["a", "b", "c"]) peer.sends(`CON ${name} PUT /${name} 1:0/1/16 [16 bytes]`);
  for (const name of ["a", "b", "c"]) peer.sends(`CON 1${name} PUT /${name} 1:1/0/16 [1 bytes]`);
  assert.equal(
    peer.handled.map(({ path }) => path[0]),
    ["b", "c"],
  );
});

block1("all associations gather gatheredLengthMax bytes: more drop the oldest body, and options count as well", () => {
  assert.equal(whoEnds("r"), ["b", "c"]);
  assert.equal(whoEnds("r".repeat(100)), ["c"]);
});

/** Who of three gets a body through where two of a short path have room. */
function whoEnds(path: string): readonly string[] {
  const peer = peerThatChanges({ limits: { gatheredLengthMax: 2 * (ENTRY_OVERHEAD_LENGTH + 16 + 8) } });
  for (const name of ["a", "b", "c"]) {
    peer.association = name;
    peer.sends(`CON 1 PUT /${path} 1:0/1/16 [16 bytes]`);
  }
  for (const name of ["a", "b", "c"]) {
    peer.association = name;
    peer.sends(`CON 2 PUT /${path} 1:1/0/16 [1 bytes]`);
  }
  return peer.handled.map(({ association }) => association);
}

block1("RFC 7959 3.3: Block1 and Block2 in one exchange, the answer fetched without asking the handler again", () => {
  const peer = new ScriptedCoapPeer({ handle: () => ({ code: Code.CHANGED, body: IMAGE }) });
  peer.sends("CON 1 POST T=01 /r Content-Format=42 1:0/1/16 [16 bytes]");
  peer.receives("ACK 0001 2.31 T=01 1:0/1/16");
  peer.sends("CON 2 POST T=02 /r Content-Format=42 2:0/0/64 1:1/0/16 [4 bytes]");
  peer.receives("ACK 0002 2.04 T=02 ETag=0102 Content-Format=42 2:0/1/64 1:1/0/16 Size2=150 [64 bytes]");
  peer.sends("CON 3 POST T=03 /r 2:1/0/64");
  peer.receives("ACK 0003 2.04 T=03 ETag=0102 Content-Format=42 2:1/1/64 [64 bytes]");
  peer.sends("CON 4 POST T=04 /r 2:2/0/64");
  peer.receives("ACK 0004 2.04 T=04 ETag=0102 Content-Format=42 2:2/0/64 [22 bytes]");
  assert.is(peer.handled.length, 1);
});

block1(
  "RFC 7959 2.9.2: a further block of an answer that is not known gets 4.08, and no handler runs on no body",
  () => {
    const peer = new ScriptedCoapPeer();
    peer.sends("CON 1 POST /r 2:1/0/64");
    peer.receives("ACK 0001 4.08");
    assert.is(peer.handled.length, 0);
  },
);

block1("one association fetches answerBodyCountMax answers: one more drops the oldest", () => {
  const peer = new ScriptedCoapPeer({ handle: () => ({ body: IMAGE }), limits: { answerBodyCountMax: 1 } });
  for (const name of ["a", "b"]) peer.sends(`CON ${name} POST /${name} 2:0/0/64 [4 bytes]`);
  for (const name of ["a", "b"]) peer.sends(`CON 1${name} POST /${name} 2:1/0/64`);
  assert.equal([peer.counted, peer.served.length], [["requestEntityIncomplete"], 3]);
});

block1("a separate response to a gathered body acknowledges its last block", () => {
  const peer = new ScriptedCoapPeer({ handle: () => undefined });
  peer.sends("CON 1 PUT /r 1:0/1/16 [16 bytes]");
  peer.receives("ACK 0001 2.31 1:0/1/16");
  peer.sends("CON 2 PUT /r 1:1/0/16 [1 bytes]");
  peer.waits(PIGGYBACK_DELAY_MAX_MS);
  peer.receives("ACK 0002 EMPTY");
  peer.server.respond(peer.now, peer.handled[0]!, { code: Code.CHANGED });
  peer.receives("CON 0000 2.04 1:1/0/16");
});

block1.run();
