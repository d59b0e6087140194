// Answers that are not there yet: piggybacked if they come soon, separate if they do not, and never anything but the answer
// itself within a block-wise transfer of a client that may take nothing else.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../src/base/bytes.ts";
import { type Body, ContentFormat, representationOptions } from "../../src/coap/body.ts";
import { Code } from "../../src/coap/code.ts";
import {
  ENTRY_OVERHEAD_LENGTH,
  PIGGYBACK_DELAY_MAX_MS,
  RETRY_AFTER_SECONDS,
  WAITING_LIFETIME_MS,
} from "../../src/coap/parameters.ts";
import { countingBytes } from "../support/coap-line.ts";
import { IMAGE, type PeerOptions, ScriptedCoapPeer } from "../support/scripted-coap-peer.ts";

const waiting = suite("waiting-requests");

/** A handler that asks a question until it has its answer. */
function asking(options: PeerOptions = {}, question = "digest") {
  const answered = { yet: false };
  const peer = new ScriptedCoapPeer({
    handle: () => (answered.yet ? { body: IMAGE } : { question }),
    ...options,
  });
  const answers = (ms = 0): void => {
    peer.waits(ms);
    answered.yet = true;
    peer.server.resume(peer.now, question);
  };
  return { peer, answers };
}

const BLOCK = "2.05 T=ab ETag=0102 Content-Format=42 2:0/1/64 Size2=150 [64 bytes]";

waiting(
  "RFC 7252 5.2.1: an answer that comes within the delay is piggybacked, though the buffer was used again",
  () => {
    const { peer, answers } = asking();
    peer.sends("CON 1234 GET T=ab /fw 2:0/0/64");
    assert.equal(peer.asked, ["digest"]);
    peer.receivesNothing();
    answers(PIGGYBACK_DELAY_MAX_MS - 1);
    peer.receives(`ACK 1234 ${BLOCK}`);
    assert.equal([peer.handled.length, peer.served.length], [2, 1]);
  },
);

waiting(
  "RFC 7252 4.5: repetitions of a request that waits are absorbed, and later ones get the same bytes again",
  () => {
    const { peer, answers } = asking();
    for (let i = 0; i < 3; i++) peer.sends("CON 1234 GET T=ab /fw 2:0/0/64");
    peer.receivesNothing();
    answers();
    peer.receives(`ACK 1234 ${BLOCK}`);
    peer.receivesNothing();
    peer.sends("CON 1234 GET T=ab /fw 2:0/0/64");
    peer.receives(`ACK 1234 ${BLOCK}`);
    assert.equal([peer.handled.length, peer.resentCount], [2, 1]);
  },
);

waiting("one question is asked, however many requests wait for it, and its answer goes to all of them", () => {
  const { peer, answers } = asking();
  for (let i = 0; i < 10; i++) {
    peer.association = `peer ${i}`;
    peer.sends(`CON ${i} GET T=ab /fw 2:0/0/64`);
  }
  assert.equal(peer.asked, ["digest"]);
  answers();
  for (let i = 0; i < 10; i++) peer.receives(`ACK 000${i} ${BLOCK}`);
  peer.receivesNothing();
});

waiting("RFC 7252 5.2.2: behind the delay a request outside of a transfer gets the empty ACK, and then a CON", () => {
  const { peer, answers } = asking();
  peer.sends("CON 1234 GET T=ab /fw");
  peer.waits(PIGGYBACK_DELAY_MAX_MS - 1);
  peer.receivesNothing();
  peer.waits(1);
  peer.receives("ACK 1234 EMPTY");
  peer.sends("CON 1234 GET T=ab /fw");
  peer.receives("ACK 1234 EMPTY");
  answers();
  peer.receives("CON 0000 2.05 T=ab ETag=0102 Content-Format=42 [150 bytes]");
  peer.sends("ACK * EMPTY");
  peer.waits(100_000);
  peer.receivesNothing();
});

waiting("in a transfer the answer is piggybacked however late it comes: nRF Connect SDK takes nothing else", () => {
  const { peer, answers } = asking();
  peer.sends("CON 1234 GET T=ab /fw 2:0/0/64");
  for (const ms of [3_000, 6_000, 12_000, 24_000]) {
    peer.waits(ms);
    peer.sends("CON 1234 GET T=ab /fw 2:0/0/64");
  }
  peer.receivesNothing();
  answers(10_000);
  peer.receives(`ACK 1234 ${BLOCK}`);
});

waiting("in a transfer of a client that has acknowledged a separate response, the answer is separate", () => {
  const { peer, answers } = asking();
  peer.sends("CON 1 POST T=ab /slow");
  peer.waits(PIGGYBACK_DELAY_MAX_MS);
  peer.receives("ACK 0001 EMPTY");
  peer.server.respond(peer.now, peer.handled[0]!, { code: Code.CHANGED });
  peer.receives("CON 0000 2.04 T=ab");
  peer.sends("ACK * EMPTY");
  peer.sends("CON 2 GET T=ab /fw 2:0/0/64");
  peer.waits(PIGGYBACK_DELAY_MAX_MS);
  peer.receives("ACK 0002 EMPTY");
  answers();
  peer.receives(`CON 0001 ${BLOCK}`);
});

waiting("RFC 7252 5.9.3.4: whoever waits in vain outside of a transfer is told 5.03, in time and with Max-Age", () => {
  const { peer } = asking();
  peer.sends("CON 1 GET T=ab /fw");
  peer.sends("NON 2 GET T=ab /fw");
  peer.waits(PIGGYBACK_DELAY_MAX_MS);
  peer.receives("ACK 0001 EMPTY");
  peer.waits(WAITING_LIFETIME_MS);
  peer.receives(`CON 0000 5.03 T=ab Max-Age=${RETRY_AFTER_SECONDS}`);
  peer.receives(`NON 0001 5.03 T=ab Max-Age=${RETRY_AFTER_SECONDS}`);
  assert.equal(peer.counted, ["serviceUnavailable", "serviceUnavailable"]);
});

waiting("in a transfer whoever waits in vain is told nothing, and asks again by himself", () => {
  const { peer, answers } = asking();
  peer.sends("CON 1 GET T=ab /fw 2:0/0/64");
  peer.waits(WAITING_LIFETIME_MS);
  peer.receivesNothing();
  assert.equal(peer.counted, ["requestUnanswered"]);
  answers();
  peer.receivesNothing();
  peer.sends("CON 1 GET T=ab /fw 2:0/0/64");
  peer.receives(`ACK 0001 ${BLOCK}`);
});

waiting("no more requests of one association wait than the maximum: 5.03 outside of a transfer, silence within", () => {
  const { peer, answers } = asking({ limits: { waitingCountMax: 2 } });
  peer.sends("CON 1 GET T=ab /fw 2:0/0/64");
  peer.sends("CON 2 GET T=ab /fw 2:0/0/64");
  peer.sends("CON 3 GET T=ab /fw 2:0/0/64");
  peer.receivesNothing();
  peer.sends("CON 4 GET T=ab /fw");
  peer.receives(`ACK 0004 5.03 T=ab Max-Age=${RETRY_AFTER_SECONDS}`);
  peer.association = "another";
  peer.sends("CON 5 GET T=ab /fw 2:0/0/64");
  answers();
  for (const id of [1, 2, 5]) peer.receives(`ACK 000${id} ${BLOCK}`);
  peer.receivesNothing();
});

waiting("over all associations the requests that wait have a maximum of bytes, and all of them come back", () => {
  const room = 3 * (ENTRY_OVERHEAD_LENGTH + 40);
  const { peer, answers } = asking({ limits: { waitingLengthMax: room } });
  for (let i = 0; i < 9; i++) {
    peer.association = `peer ${i}`;
    peer.sends(`CON ${i} GET T=ab /fw 2:0/0/64`);
  }
  assert.ok(peer.server.rememberedLength > 3 * ENTRY_OVERHEAD_LENGTH && peer.server.rememberedLength <= room);
  assert.is(peer.counted.filter((name) => name === "requestUnanswered").length, 6);
  answers();
  for (let i = 0; i < 3; i++) peer.receives(`ACK 000${i} ${BLOCK}`);
  peer.receivesNothing();
});

waiting("an association that has ended gets no answer, and leaves nothing behind", () => {
  const { peer, answers } = asking();
  peer.sends("CON 1 GET T=ab /fw");
  peer.server.forget("peer");
  assert.is(peer.server.rememberedLength, 0);
  answers();
  peer.receivesNothing();
});

waiting("an answer that raises another question waits on, within the same delay", () => {
  let step = 0;
  const peer = new ScriptedCoapPeer({
    handle: () => (step < 2 ? { question: `step ${step}` } : { body: IMAGE }),
  });
  peer.sends("CON 1 GET T=ab /fw 2:0/0/64");
  for (step = 1; step <= 2; step++) peer.server.resume(peer.now, `step ${step - 1}`);
  peer.receives(`ACK 0001 ${BLOCK}`);
  assert.equal(peer.asked, ["step 0", "step 1"]);
});

/** A body whose bytes have to be fetched first. */
class FetchedBody implements Body {
  readonly length = 100;
  readonly shared = true;
  readonly etag = Uint8Array.of(9);
  readonly contentFormat = ContentFormat.OCTET_STREAM;
  readonly representation = representationOptions(this.etag, this.contentFormat);
  isHere = false;

  read(offset: number, length: number) {
    return this.isHere ? countingBytes(this.length).subarray(offset, offset + length) : { question: "page" };
  }
}

waiting(
  "bytes of a body may be missing too: for a GET, for the next block of a POST's answer, and for an answer again",
  () => {
    const body = new FetchedBody();
    const peer = new ScriptedCoapPeer({ handle: () => ({ body }) });
    const fetches = (): void => {
      body.isHere = true;
      peer.server.resume(peer.now, "page");
      body.isHere = false;
    };
    peer.sends("CON 1 GET /fw 2:1/0/64");
    fetches();
    assert.is(toHex(peer.receivesMessage().payload), toHex(countingBytes(36, 64)));
    peer.sends("CON 1 GET /fw 2:1/0/64");
    peer.receivesNothing();
    fetches();
    peer.receivesMessage();
    peer.sends('CON 2 POST /fw 2:0/0/64 "x"');
    fetches();
    assert.is(peer.receivesMessage().payload.length, 64);
    peer.sends("CON 3 POST /fw 2:1/0/64");
    fetches();
    assert.is(toHex(peer.receivesMessage().payload), toHex(countingBytes(36, 64)));
  },
);

waiting("a response whose body has to be fetched waits for it after respond()", () => {
  const body = new FetchedBody();
  const peer = new ScriptedCoapPeer({ handle: () => undefined });
  peer.sends("CON 1 POST /slow");
  peer.server.respond(peer.now, peer.handled[0]!, { body, code: Code.CHANGED });
  assert.equal(peer.asked, ["page"]);
  body.isHere = true;
  peer.server.resume(peer.now, "page");
  assert.is(peer.receivesMessage().code, Code.CHANGED);
  assert.is(peer.handled.length, 1);
});

waiting.run();
