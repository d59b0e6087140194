import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BytesBody, ContentFormat } from "../../src/coap/body.ts";
import { Code } from "../../src/coap/code.ts";
import { OptionNumber } from "../../src/coap/option.ts";
import { ENTRY_OVERHEAD_LENGTH, OBSERVE_PROBE_MS } from "../../src/coap/parameters.ts";
import type { Response } from "../../src/coap/response.ts";
import { countingBytes } from "../support/coap-line.ts";
import { type PeerOptions, ScriptedCoapPeer } from "../support/scripted-coap-peer.ts";

const observe = suite("observers");

/** A resource whose state is a number, and one that cannot be observed. */
class Scene {
  state = 0;
  answer: () => Response = () => ({
    body: new BytesBody(ContentFormat.TEXT_PLAIN, Buffer.from(`state ${this.state}`), Uint8Array.of(this.state)),
  });
  readonly peer: ScriptedCoapPeer;

  constructor(options: PeerOptions = {}) {
    this.peer = new ScriptedCoapPeer({
      handle: () => this.answer(),
      observed: ({ path }) => (path[0] === "still" ? undefined : path[0]),
      ...options,
    });
  }

  changes(resource = "state"): void {
    this.state++;
    this.peer.server.changed(this.peer.now, (name) => name === resource);
  }
}

observe("RFC 7641 3.1: an answer with Observe, and a notification for each change, each with a greater number", () => {
  const scene = new Scene();
  const { peer } = scene;
  peer.sends("CON 1 GET T=ab Observe=0 /state");
  peer.receives('ACK 0001 2.05 T=ab ETag=00 Observe=1 Content-Format=0 "state 0"');
  for (let i = 1; i <= 3; i++) {
    scene.changes();
    peer.receives(`CON 000${i - 1} 2.05 T=ab ETag=0${i} Observe=${i + 1} Content-Format=0 "state ${i}"`);
    peer.sends("ACK * EMPTY");
  }
  peer.receivesNothing();
});

observe("RFC 7641 4.5.2: while a notification is under way others wait, and then the newest state is told", () => {
  const scene = new Scene();
  const { peer } = scene;
  peer.sends("CON 1 GET T=ab Observe=0 /state");
  peer.receivesMessage();
  for (let i = 0; i < 5; i++) scene.changes();
  peer.receives('CON 0000 2.05 T=ab ETag=01 Observe=2 Content-Format=0 "state 1"');
  peer.receivesNothing();
  peer.sends("ACK * EMPTY");
  peer.receives('CON 0001 2.05 T=ab ETag=05 Observe=3 Content-Format=0 "state 5"');
});

observe("RFC 7641 3.6, 4.1: Observe 1 with the token ends it", () => {
  const scene = new Scene();
  const { peer } = scene;
  peer.sends("CON 1 GET T=ab Observe=0 /state");
  peer.receivesMessage();
  peer.sends("CON 2 GET T=ab Observe=1 /state");
  peer.receives('ACK 0002 2.05 T=ab ETag=00 Content-Format=0 "state 0"');
  scene.changes();
  peer.receivesNothing();
});

observe("RFC 7641 3.6: an RST to a notification ends it", () => {
  const scene = new Scene();
  const { peer } = scene;
  peer.sends("CON 1 GET T=ab Observe=0 /state");
  peer.receivesMessage();
  scene.changes();
  peer.receivesMessage();
  peer.sends("RST * EMPTY");
  scene.changes();
  peer.receivesNothing();
});

observe("RFC 7641 4.5: whoever acknowledges no notification is gone", () => {
  const scene = new Scene();
  const { peer } = scene;
  peer.sends("CON 1 GET T=ab Observe=0 /state");
  peer.receivesMessage();
  scene.changes();
  for (const ms of [2_000, 4_000, 8_000, 16_000, 32_000]) {
    peer.receivesMessage();
    peer.waits(ms);
  }
  scene.changes();
  peer.receivesNothing();
  assert.equal(peer.counted, ["observerGone"]);
});

observe("RFC 7641 4.1: the same token again is one observer, and so is another token for the same resource", () => {
  const scene = new Scene();
  const { peer } = scene;
  for (const [i, token] of ["ab", "ab", "cd"].entries()) {
    peer.sends(`CON ${i} GET T=${token} Observe=0 /state`);
    peer.receivesMessage();
  }
  scene.changes();
  assert.is(Buffer.from(peer.receivesMessage().token).toString("hex"), "cd");
  peer.sends("ACK * EMPTY");
  peer.receivesNothing();
});

observe("RFC 7641 4.2: an error is told without Observe, and ends it", () => {
  const scene = new Scene();
  const { peer } = scene;
  peer.sends("CON 1 GET T=ab Observe=0 /state");
  peer.receivesMessage();
  scene.answer = () => ({ code: Code.NOT_FOUND });
  scene.changes();
  peer.receives("CON 0000 4.04 T=ab");
  peer.sends("ACK * EMPTY");
  scene.changes();
  peer.receivesNothing();
});

observe("RFC 7641 4.5: an observer of what never changes is asked each day whether it is there", () => {
  const scene = new Scene();
  const { peer } = scene;
  peer.sends("CON 1 GET T=ab Observe=0 /state");
  peer.receivesMessage();
  for (let day = 0; day < 2; day++) {
    peer.waits(OBSERVE_PROBE_MS - 1);
    peer.receivesNothing();
    peer.waits(1);
    assert.is(peer.receivesMessage().type, "CON");
    peer.sends("ACK * EMPTY");
  }
});

observe("RFC 7959 2.6: a notification brings the first block, and the others are asked for without Observe", () => {
  const scene = new Scene();
  const { peer } = scene;
  scene.answer = () => ({ body: new BytesBody(ContentFormat.OCTET_STREAM, countingBytes(100), Uint8Array.of(7)) });
  peer.sends("CON 1 GET T=ab Observe=0 /state 2:0/0/64");
  peer.receives("ACK 0001 2.05 T=ab ETag=07 Observe=1 Content-Format=42 2:0/1/64 Size2=100 [64 bytes]");
  peer.sends("CON 2 GET T=cd Observe=0 /state 2:1/0/64");
  assert.is(
    peer.receivesMessage().options.some(({ number }) => number === OptionNumber.OBSERVE),
    false,
  );
  scene.changes();
  peer.receives("CON 0000 2.05 T=ab ETag=07 Observe=2 Content-Format=42 2:0/1/64 Size2=100 [64 bytes]");
});

observe("an answer with Observe fits where one without it just does", () => {
  for (let messageLengthMax = 60; messageLengthMax < 160; messageLengthMax++) {
    const scene = new Scene();
    const { peer } = scene;
    peer.messageLengthMax = messageLengthMax;
    scene.answer = () => ({ body: new BytesBody(ContentFormat.OCTET_STREAM, countingBytes(1_000), Uint8Array.of(7)) });
    peer.sends("CON 1 GET T=ab Observe=0 /state");
    assert.ok(peer.receivesLength() <= messageLengthMax);
    scene.changes();
    assert.ok(peer.receivesLength() <= messageLengthMax);
  }
});

observe("what cannot be observed, and what is no GET, is answered without Observe", () => {
  const { peer } = new Scene();
  for (const line of ["CON 1 GET T=ab Observe=0 /still", "CON 2 POST T=ab Observe=0 /state"]) {
    peer.sends(line);
    assert.is(
      peer.receivesMessage().options.some(({ number }) => number === OptionNumber.OBSERVE),
      false,
    );
  }
});

observe(
  "no association has more observers than the maximum, and no more bytes are kept of all: the rest is answered",
  () => {
    const limits = { observerCountMax: 2, observerLengthMax: 5 * (ENTRY_OVERHEAD_LENGTH + 20) };
    const { peer } = new Scene({ limits });
    let taken = 0;
    for (let i = 0; i < 30; i++) {
      peer.association = `peer ${i % 3}`;
      peer.sends(`CON ${i.toString(16)} GET T=${(16 + i).toString(16)} Observe=0 /r${i}`);
      if (peer.receivesMessage().options.some(({ number }) => number === OptionNumber.OBSERVE)) taken++;
    }
    assert.is(taken, 5);
  },
);

observe("an association that has ended is told nothing, and leaves nothing behind", () => {
  const scene = new Scene();
  const { peer } = scene;
  peer.sends("CON 1 GET T=ab Observe=0 /state");
  peer.receivesMessage();
  scene.changes();
  peer.receivesMessage();
  peer.server.forget("peer");
  scene.changes();
  peer.waits(100_000);
  peer.receivesNothing();
  assert.is(peer.server.rememberedLength, 0);
});

observe("RFC 7252 4.7: one association that observes two resources is told of one after the other", () => {
  const scene = new Scene();
  const { peer } = scene;
  peer.sends("CON 1 GET T=aa Observe=0 /one");
  peer.sends("CON 2 GET T=bb Observe=0 /two");
  peer.receivesMessage();
  peer.receivesMessage();
  scene.changes("one");
  scene.changes("two");
  assert.equal([...peer.receivesMessage().token], [0xaa]);
  peer.receivesNothing();
  peer.sends("ACK * EMPTY");
  assert.equal([...peer.receivesMessage().token], [0xbb]);
});

observe.run();
