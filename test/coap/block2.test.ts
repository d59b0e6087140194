import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BytesBody, ContentFormat } from "../../src/coap/body.ts";
import { NO_OPTIONS } from "../../src/coap/encoded-options.ts";
import { encodeMessage } from "../../src/coap/message.ts";
import { countingBytes } from "../support/coap-line.ts";
import { IMAGE, type PeerOptions, ScriptedCoapPeer } from "../support/scripted-coap-peer.ts";

const block2 = suite("block2");

/** One request and its answer, of a body that IMAGE is when none is given. */
function exchange(request: string, answer: string, options: PeerOptions = {}): ScriptedCoapPeer {
  const peer = new ScriptedCoapPeer(options);
  peer.sends(request);
  peer.receives(answer);
  return peer;
}

function serving(length: number): PeerOptions {
  const body = new BytesBody(ContentFormat.OCTET_STREAM, countingBytes(length), Uint8Array.of(1, 2));
  return { handle: () => ({ body }) };
}

const FORMAT = "ETag=0102 Content-Format=42";

block2("RFC 7959 2.4: early negotiation gives the size asked for", () => {
  exchange("CON 1 GET /fw 2:0/0/32", `ACK 0001 2.05 ${FORMAT} 2:0/1/32 Size2=150 [32 bytes]`);
});

block2("RFC 7959 2.4: a size above the server's gets the server's, never a larger one", () => {
  exchange("CON 1 GET /fw 2:0/0/1024", `ACK 0001 2.05 ${FORMAT} 2:0/1/64 Size2=150 [64 bytes]`, { blockSize: 64 });
});

block2("RFC 7959 2.4: without Block2 in the request the server chooses, and says more", () => {
  exchange("CON 1 GET /fw", `ACK 0001 2.05 ${FORMAT} 2:0/1/128 Size2=150 [128 bytes]`, { blockSize: 128 });
});

block2("RFC 7959 2.4: without Block2 in the request a body of one block has none in the answer", () => {
  exchange("CON 1 GET /fw", `ACK 0001 2.05 ${FORMAT} [150 bytes]`);
});

block2("RFC 7959 2.4: a body of one block has Block2 when it was asked for", () => {
  exchange("CON 1 GET /fw 2:0/0/256", `ACK 0001 2.05 ${FORMAT} 2:0/0/256 [150 bytes]`);
});

block2("RFC 7959 2.2: a Block2 of zero length gets 16 bytes of NUM 0", () => {
  exchange("CON 1 GET /fw #23=", `ACK 0001 2.05 ${FORMAT} 2:0/1/16 Size2=150 [16 bytes]`);
});

block2("RFC 7959 2.2: SZX 7 gets 4.00", () => {
  exchange("CON 1 GET /fw #23=07", 'ACK 0001 4.00 "SZX 7 is reserved"');
});

block2("RFC 7959 2.2: Block2 of four bytes gets 4.02", () => {
  exchange("CON 1 GET /fw #23=00000006", 'ACK 0001 4.02 "critical option not recognised"');
});

block2("RFC 7959 2.4: M in a request is ignored", () => {
  exchange("CON 1 GET /fw 2:1/1/64", `ACK 0001 2.05 ${FORMAT} 2:1/1/64 [64 bytes]`);
});

block2("RFC 7959 2.4: a server that shrinks a block keeps the byte offset", () => {
  const peer = exchange("CON 1 GET /fw 2:1/0/64", `ACK 0001 2.05 ${FORMAT} 2:4/1/16 [16 bytes]`, { blockSize: 16 });
  assert.equal(peer.lastReceived!.payload[0], 64);
});

block2("RFC 7959 2.4: any block in any order at any size has the bytes of its offset", () => {
  const peer = new ScriptedCoapPeer();
  let messageId = 0;
  for (const [num, size] of [
    [2, 64],
    [0, 16],
    [9, 16],
    [1, 128],
    [3, 32],
    [0, 1024],
  ] as const) {
    peer.sends(`CON ${(messageId++).toString(16)} GET T=0${messageId} /fw 2:${num}/0/${size}`);
    const { payload } = peer.receivesMessage();
    assert.equal(new Uint8Array(payload), IMAGE.read(0, 150).slice(num * size, (num + 1) * size));
  }
});

block2("RFC 7959 2.4, 9175 4: a fresh token for each block goes on with the same body", () => {
  const peer = new ScriptedCoapPeer();
  peer.sends("CON 1 GET T=01 /fw 2:0/0/128");
  peer.receives(`ACK 0001 2.05 T=01 ${FORMAT} 2:0/1/128 Size2=150 [128 bytes]`);
  peer.sends("CON 2 GET T=02 /fw 2:1/0/128");
  peer.receives(`ACK 0002 2.05 T=02 ${FORMAT} 2:1/0/128 [22 bytes]`);
});

block2("RFC 7959 2.4: hours between two blocks end no transfer", () => {
  const peer = new ScriptedCoapPeer();
  peer.sends("CON 1 GET /fw 2:0/0/128");
  peer.receivesMessage();
  peer.waits(86_400_000);
  peer.sends("CON 2 GET /fw 2:1/0/128");
  peer.receives(`ACK 0002 2.05 ${FORMAT} 2:1/0/128 [22 bytes]`);
});

block2("RFC 7959 names no code: a NUM behind the end gets 4.00, without Block2 and ETag", () => {
  const peer = exchange("CON 1 GET /fw 2:3/0/64", 'ACK 0001 4.00 "block out of range"');
  assert.equal([peer.counted, peer.served.length], [["blockOutOfRange"], 0]);
});

block2("RFC 7959 2.4: at an exact multiple the last block has M 0 and the block behind it does not exist", () => {
  const options = serving(128);
  exchange("CON 1 GET /fw 2:1/0/64", `ACK 0001 2.05 ${FORMAT} 2:1/0/64 [64 bytes]`, options);
  exchange("CON 1 GET /fw 2:2/0/64", 'ACK 0001 4.00 "block out of range"', options);
});

block2("an empty body has block 0 of no bytes, and no block 1", () => {
  exchange("CON 1 GET /fw 2:0/0/64", `ACK 0001 2.05 ${FORMAT} 2:0/0/64`, serving(0));
  exchange("CON 1 GET /fw", `ACK 0001 2.05 ${FORMAT}`, serving(0));
  exchange("CON 1 GET /fw 2:1/0/64", 'ACK 0001 4.00 "block out of range"', serving(0));
});

block2("RFC 7959 2.4: every block carries the ETag and the Content-Format", () => {
  const peer = new ScriptedCoapPeer();
  for (const num of [0, 1, 2]) {
    peer.sends(`CON ${num} GET /fw 2:${num}/0/64`);
    assert.equal(
      peer
        .receivesMessage()
        .options.slice(0, 2)
        .map(({ number }) => number),
      [4, 12],
    );
  }
});

block2("RFC 7959 2.4: a body that changes in mid-transfer shows by its ETag on the next block", () => {
  let body = IMAGE;
  const peer = new ScriptedCoapPeer({ handle: () => ({ body }) });
  peer.sends("CON 1 GET /fw 2:0/0/64");
  peer.receives(`ACK 0001 2.05 ${FORMAT} 2:0/1/64 Size2=150 [64 bytes]`);
  body = new BytesBody(ContentFormat.OCTET_STREAM, countingBytes(100), Uint8Array.of(9));
  peer.sends("CON 2 GET /fw 2:1/0/64");
  peer.receives("ACK 0002 2.05 ETag=09 Content-Format=42 2:1/0/64 [36 bytes]");
});

block2(
  "RFC 7959 2.4: each block is of the resource that its own request names; a dropped query is not inherited",
  () => {
    const slice = new BytesBody(ContentFormat.OCTET_STREAM, countingBytes(80), Uint8Array.of(7));
    const peer = new ScriptedCoapPeer({ handle: ({ queries }) => ({ body: queries.length > 0 ? slice : IMAGE }) });
    peer.sends("CON 1 GET /fw ?length=80 2:0/0/64");
    peer.receives("ACK 0001 2.05 ETag=07 Content-Format=42 2:0/1/64 Size2=80 [64 bytes]");
    peer.sends("CON 2 GET /fw 2:1/0/64");
    peer.receives(`ACK 0002 2.05 ${FORMAT} 2:1/1/64 [64 bytes]`);
  },
);

block2("RFC 7959 4: Size2 is on NUM 0 of several blocks, and on any block that asks", () => {
  exchange("CON 1 GET /fw 2:1/0/64", `ACK 0001 2.05 ${FORMAT} 2:1/1/64 [64 bytes]`);
  exchange("CON 1 GET /fw 2:1/0/64 Size2=0", `ACK 0001 2.05 ${FORMAT} 2:1/1/64 Size2=150 [64 bytes]`);
  exchange("CON 1 GET /fw Size2=0", `ACK 0001 2.05 ${FORMAT} Size2=150 [150 bytes]`);
});

block2("RFC 7252 5.10.6.2: a matching ETag among several gets 2.03 without payload, on any NUM", () => {
  exchange("CON 1 GET ETag=ff ETag=0102 /fw", "ACK 0001 2.03 ETag=0102");
  const peer = exchange("CON 1 GET ETag=0102 /fw 2:2/0/64", "ACK 0001 2.03 ETag=0102");
  assert.is(peer.served.length, 0);
});

block2("RFC 7252 5.10.6.2: an ETag that does not match gets the block", () => {
  exchange("CON 1 GET ETag=ff /fw 2:2/0/64", `ACK 0001 2.05 ${FORMAT} 2:2/0/64 [22 bytes]`);
});

block2("RFC 7959 2.4: a follow-up needs no ETag, and a body may have none", () => {
  const body = new BytesBody(ContentFormat.OCTET_STREAM, countingBytes(20));
  exchange("CON 1 GET /fw 2:1/0/16", "ACK 0001 2.05 Content-Format=42 2:1/0/16 [4 bytes]", {
    handle: () => ({ body }),
  });
});

block2("RFC 7252 5.10.4: an Accept that the body does not meet gets 4.06", () => {
  exchange("CON 1 GET /fw Accept=60", "ACK 0001 4.06");
  exchange("CON 1 GET /fw Accept=42", `ACK 0001 2.05 ${FORMAT} [150 bytes]`);
});

block2("RFC 7252 5.10.8: If-Match and If-None-Match of a GET are honoured", () => {
  exchange("CON 1 GET If-Match=0102 /fw 2:2/0/64", `ACK 0001 2.05 ${FORMAT} 2:2/0/64 [22 bytes]`);
  exchange("CON 1 GET If-Match= /fw 2:2/0/64", `ACK 0001 2.05 ${FORMAT} 2:2/0/64 [22 bytes]`);
  exchange("CON 1 GET If-Match=ff /fw", "ACK 0001 4.12");
  exchange("CON 1 GET If-None-Match /fw", "ACK 0001 4.12");
});

block2("a block shrinks until the whole message fits the layers below, and keeps its offset", () => {
  const peer = new ScriptedCoapPeer(serving(1_000));
  for (const messageLengthMax of [1_200, 600, 300, 150, 80, 60]) {
    peer.messageLengthMax = messageLengthMax;
    peer.sends(`CON ${messageLengthMax} GET T=0102030405060708 /fw 2:1/0/512`);
    const answer = peer.receivesMessage();
    assert.ok(encodeMessage(answer).length <= messageLengthMax);
    assert.is(answer.payload[0], 512 & 0xff);
  }
  assert.equal(
    peer.served.map(({ length }) => length),
    [488, 488, 256, 128, 32, 32],
  );
});

block2("a block has 16 bytes even where less would fit", () => {
  const peer = new ScriptedCoapPeer();
  peer.messageLengthMax = 10;
  peer.sends("CON 1 GET /fw");
  peer.receives(`ACK 0001 2.05 ${FORMAT} 2:0/1/16 Size2=150 [16 bytes]`);
});

block2("the last bytes of a body fit where a whole block would not", () => {
  const peer = new ScriptedCoapPeer();
  peer.messageLengthMax = 40;
  peer.sends("CON 1 GET /fw 2:2/0/64");
  peer.receives(`ACK 0001 2.05 ${FORMAT} 2:2/0/64 [22 bytes]`);
});

block2("RFC 7959 2.2: an offset whose NUM has no 20 bits at the smaller size is out of range", () => {
  const body = {
    length: 2 ** 30,
    etag: undefined,
    contentFormat: 42,
    representation: NO_OPTIONS,
    shared: true,
    read: () => new Uint8Array(16),
  };
  const peer = new ScriptedCoapPeer({ handle: () => ({ body }), blockSize: 16 });
  peer.sends("CON 1 GET /fw 2:1000000/0/1024");
  peer.receives('ACK 0001 4.00 "block out of range"');
});

block2("a body whose bytes cannot be had any more gets 5.00, and no block is reported", () => {
  const body = {
    length: 20,
    etag: Uint8Array.of(1),
    contentFormat: 42,
    representation: NO_OPTIONS,
    shared: true,
    read: () => undefined,
  };
  const peer = exchange("CON 1 GET /fw 2:0/0/64", "ACK 0001 5.00", { handle: () => ({ body }) });
  assert.equal([peer.counted, peer.served.length], [["bodyUnreadable"], 0]);
});

block2("each fresh block is reported with its body, offset and length", () => {
  const peer = exchange("CON 1 GET /fw 2:2/0/64", `ACK 0001 2.05 ${FORMAT} 2:2/0/64 [22 bytes]`);
  assert.equal(peer.served, [{ body: IMAGE, offset: 128, length: 22 }]);
});

block2("a diagnostic that does not fit is left out", () => {
  const peer = new ScriptedCoapPeer();
  peer.messageLengthMax = 10;
  peer.sends("CON 1 GET /fw 2:3/0/64");
  peer.receives("ACK 0001 4.00");
});

block2.run();
