import { suite } from "uvu";
import * as assert from "uvu/assert";
import { instant } from "../../src/base/instant.ts";
import type { AnswerRateLimits } from "../../src/coap/answer-rates.ts";
import { AnswerRates } from "../../src/coap/answer-rates.ts";
import { BytesBody, ContentFormat } from "../../src/coap/body.ts";
import { ENTRY_OVERHEAD_LENGTH, PIGGYBACK_DELAY_MAX_MS, RATED_ASSOCIATIONS_MAX } from "../../src/coap/parameters.ts";
import { countingBytes } from "../support/coap-line.ts";
import { ScriptedCoapPeer } from "../support/scripted-coap-peer.ts";

const rates = suite("answer-rates");

const BODY = new BytesBody(ContentFormat.OCTET_STREAM, countingBytes(100_000), Uint8Array.of(1, 2));

function scene(limits: AnswerRateLimits, limitsOfServer = {}): ScriptedCoapPeer {
  return new ScriptedCoapPeer({ rates: limits, limits: limitsOfServer, handle: () => ({ body: BODY }) });
}

/** One client that asks for the next block as soon as it has one; counts what it got. */
class Puller {
  bytes = 0;
  blocks = 0;
  #messageId = 0;
  readonly #peer: ScriptedCoapPeer;
  readonly #association: string;
  readonly #size: number;

  constructor(peer: ScriptedCoapPeer, association: string, size: number) {
    this.#peer = peer;
    this.#association = association;
    this.#size = size;
  }

  asks(): void {
    this.#peer.association = this.#association;
    const id = (++this.#messageId).toString(16);
    this.#peer.sends(`CON ${id} GET T=${this.#association} /fw 2:${this.blocks % 64}/0/${this.#size}`);
  }
}

/** Lets clients pull for a while, in steps of 10 ms, each answer followed by the next request at once. */
function pullFor(peer: ScriptedCoapPeer, pullers: ReadonlyMap<string, Puller>, ms: number): void {
  for (const puller of pullers.values()) puller.asks();
  for (let t = 0; t < ms; t += 10) {
    for (const message of peer.takesAll()) {
      if (message.payload.length === 0) continue;
      const puller = pullers.get(Buffer.from(message.token).toString("hex"))!;
      puller.bytes += message.payload.length;
      puller.blocks++;
      puller.asks();
    }
    peer.waits(10);
  }
}

rates("a client that asks without a pause gets its rate, and a second's worth of it at the beginning", () => {
  const peer = scene({ perAssociation: 10_000 });
  const puller = new Puller(peer, "aa", 1024);
  pullFor(peer, new Map([["aa", puller]]), 20_000);
  assert.ok(puller.bytes > 0.95 * 205_000 && puller.bytes < 1.05 * 210_000, `${puller.bytes} bytes`);
});

rates("two clients have a rate each", () => {
  const peer = scene({ perAssociation: 10_000 });
  const pullers = new Map(["aa", "bb"].map((name) => [name, new Puller(peer, name, 1024)]));
  pullFor(peer, pullers, 10_000);
  for (const { bytes } of pullers.values()) assert.ok(bytes > 95_000 && bytes < 115_000, `${bytes} bytes`);
});

rates("under a rate for all, one that asks 60 times at once leaves each of nine others its tenth", () => {
  const peer = scene({ total: 20_000 });
  const names = Array.from({ length: 9 }, (_, i) => `0${i}`);
  const pullers = new Map(names.map((name) => [name, new Puller(peer, name, 512)]));
  const hog = new Puller(peer, "ff", 512);
  for (let i = 0; i < 59; i++) {
    hog.asks();
    hog.blocks++;
  }
  pullers.set("ff", hog);
  pullFor(peer, pullers, 30_000);
  for (const name of names) {
    const { bytes } = pullers.get(name)!;
    assert.ok(bytes > 0.8 * 60_000, `${name}: ${bytes} bytes`);
  }
});

rates("RFC 7252 5.2: what waits for its turn is piggybacked in time, or however late in a transfer", () => {
  const peer = scene({ perAssociation: 100 });
  peer.sends("CON 1 GET T=aa /fw 2:0/0/1024");
  assert.is(peer.receivesMessage().payload.length, 1024);
  peer.sends("CON 2 GET T=aa /fw 2:1/0/1024");
  peer.waits(3_000);
  peer.sends("CON 2 GET T=aa /fw 2:1/0/1024");
  peer.waits(6_500);
  const late = peer.receivesMessage();
  assert.equal([late.type, late.messageId, late.payload.length], ["ACK", 2, 1024]);
  peer.receivesNothing();
});

rates("RFC 7252 5.2.2: outside of a transfer what waits for long is separate", () => {
  const peer = scene({ perAssociation: 100 });
  peer.sends("CON 1 GET T=aa /fw 2:0/0/1024");
  peer.receivesMessage();
  peer.sends("CON 2 GET T=aa /fw");
  peer.waits(PIGGYBACK_DELAY_MAX_MS);
  peer.receives("ACK 0002 EMPTY");
  peer.waits(10_000);
  assert.is(peer.receivesMessage().type, "CON");
});

rates("an answer that was lost is sent again in its turn, with the same bytes", () => {
  const peer = scene({ perAssociation: 1_000 });
  peer.sends("CON 1 GET T=aa /fw 2:0/0/1024");
  const first = peer.receivesMessage();
  peer.sends("CON 1 GET T=aa /fw 2:0/0/1024");
  peer.receivesNothing();
  peer.waits(1_100);
  assert.equal(peer.receivesMessage(), first);
});

rates("a body that was gathered by Block1 waits for its turn, and is handled once", () => {
  const peer = scene({ perAssociation: 100 });
  peer.sends("CON 1 GET T=aa /fw 2:0/0/1024");
  peer.receivesMessage();
  peer.sends('CON 2 POST T=aa /up 1:0/0/16 "whole"');
  peer.receivesNothing();
  peer.waits(PIGGYBACK_DELAY_MAX_MS);
  peer.receives("ACK 0002 EMPTY");
  peer.waits(10_000);
  assert.is(Buffer.from(peer.handled[1]!.payload).toString(), "whole");
  assert.is(peer.handled.length, 2);
});

rates("requests beyond the room to wait are dropped in a transfer, and all the room comes back", () => {
  const peer = scene({ total: 100 }, { waitingLengthMax: 4 * (ENTRY_OVERHEAD_LENGTH + 40) });
  for (let i = 0; i < 20; i++) {
    peer.association = `peer ${i}`;
    peer.sends(`CON ${i} GET T=aa /fw 2:0/0/64`);
  }
  assert.is(peer.counted.filter((name) => name === "requestUnanswered").length, 14);
  peer.waits(400_000);
  peer.waits(400_000);
  assert.is(peer.server.rememberedLength, 0);
});

rates("an association that ended while it waited takes nobody's turn", () => {
  const peer = scene({ total: 1_000 });
  for (const name of ["aa", "bb", "cc"]) {
    peer.association = name;
    peer.sends(`CON 1 GET T=${name} /fw 2:0/0/1024`);
  }
  peer.receivesMessage();
  peer.server.forget("bb");
  peer.waits(1_100);
  assert.is(Buffer.from(peer.receivesMessage().token).toString("hex"), "cc");
});

rates(`no more than ${RATED_ASSOCIATIONS_MAX} associations are known, and none of them once its bucket is full`, () => {
  const known = new AnswerRates<number, never>({ perAssociation: 1_000 }, () => {});
  for (let i = 0; i <= RATED_ASSOCIATIONS_MAX; i++) known.debit(instant(0), i, 1_000);
  assert.is(known.associationCount, RATED_ASSOCIATIONS_MAX);
  const deadline = known.pollTimeout()!;
  known.handleTimeout(deadline);
  assert.equal([known.associationCount, known.pollTimeout()], [0, undefined]);
});

rates.run();
