// FirmwareServer by the line: what it keeps apart, what it forgets, what it does not do, and what it does not tell.

import { inspect } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY, fromUtf8, toHex } from "../../src/base/bytes.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import { Secret } from "../../src/base/secret.ts";
import { decodeBlock, offsetOf } from "../../src/coap/block.ts";
import { decodeMessage, encodeMessage } from "../../src/coap/message.ts";
import { OptionNumber } from "../../src/coap/option.ts";
import { SessionTable } from "../../src/dtls/session/session-table.ts";
import { countingBytes, messageFromLine } from "../support/coap-line.ts";
import {
  addressNumbered,
  FirmwareScene,
  IDENTITY,
  KEY,
  type ScenePeer,
  type SessionInput,
} from "../support/firmware-scene.ts";

const server = suite("firmware-server");

const REQUEST = "CON 7 GET T=01 /fw/hub/1.0 2:0/0/64";

function scene(): FirmwareScene {
  const made = new FirmwareScene();
  made.catalogue.publish("hub", "1.0", countingBytes(2_000));
  return made;
}

function payloadOf(datagram: Uint8Array): Uint8Array {
  const decoded = decodeMessage(datagram);
  return decoded.ok ? decoded.value.payload : EMPTY;
}

/** The image as `peer` gets it with blocks of at most `blockSize` bytes, each block in its place; and their lengths. */
function fetched(peer: ScenePeer, blockSize: number) {
  const image = new Uint8Array(2_000);
  const lengths: number[] = [];
  let szx = Math.log2(blockSize) - 4;
  for (let offset = 0; offset < image.length; ) {
    const line = `CON ${lengths.length.toString(16)} GET /fw/hub/1.0 2:${offset / 2 ** (szx + 4)}/0/${2 ** (szx + 4)}`;
    const { options, payload } = peer.asksMessage(messageFromLine(line, 0));
    const block = decodeBlock(options.find(({ number }) => number === OptionNumber.BLOCK2)!.value);
    assert.is(offsetOf(block), offset);
    image.set(payload, offset);
    lengths.push(payload.length);
    offset += payload.length;
    szx = block.szx;
  }
  return { image, lengths };
}

/** Counts how often anything of a sleeping session is looked at while `work` is done. */
function looksAtSleepers(sleeperCount: number, work: (scene: FirmwareScene) => void): number {
  const sessions: object[] = [];
  const { add } = SessionTable.prototype;
  SessionTable.prototype.add = function (session) {
    sessions.push(session);
    add.call(this, session);
  };
  const place = scene();
  for (let number = 1; number <= sleeperCount; number++) place.sessionPeer(addressNumbered(number));
  SessionTable.prototype.add = add;
  assert.is(place.server.sessionCount, sleeperCount);
  let looks = 0;
  for (const session of sessions) {
    for (const name of ["lastActiveAt", "peer", "identity", "newer", "older"] as const) {
      let value = Reflect.get(session, name);
      Object.defineProperty(session, name, {
        get() {
          looks++;
          return value;
        },
        set(next: unknown) {
          looks++;
          value = next;
        },
      });
    }
  }
  work(place);
  return looks;
}

server("RFC 6066 4, 8449 4: a device of small records gets blocks that fit them, at the right offsets", () => {
  for (const [input, blockSize] of [
    [{ maxFragmentLength: 1 }, 256],
    [{ recordSizeLimit: 300 }, 256],
    [{ recordSizeLimit: 512, connectionId: EMPTY }, 256],
    [{ recordSizeLimit: 80 }, 32],
    [{}, 1024],
  ] as [SessionInput, number][]) {
    const peer = scene().sessionPeer(addressNumbered(1), input);
    const { image, lengths } = fetched(peer, 1024);
    assert.equal(image, countingBytes(2_000));
    assert.is(lengths[0], blockSize);
    assert.ok(lengths.every((length) => length <= blockSize));
  }
});

server("RFC 7252 9.1.1: plain CoAP and DTLS of one address do not mix under one Message ID", () => {
  const place = scene();
  place.catalogue.publish("tag", "2.0", countingBytes(20, 5));
  const plain = place.plainPeer();
  const secure = place.sessionPeer();
  assert.match(plain.asks("CON 7 GET T=01 /fw/hub/1.0 2:1/0/64"), "2:1/1/64");
  const other = secure.asks("CON 7 GET T=01 /fw/tag/2.0");
  assert.match(other, /Content-Format=42 \[20 bytes\]$/);
  assert.is(secure.asks("CON 7 GET T=01 /fw/tag/2.0"), other);
  assert.match(plain.asks("CON 7 GET T=01 /fw/hub/1.0 2:1/0/64"), "2:1/1/64");
});

server("RFC 7252 4.5: the same bytes are resent within one association, and made anew in each other", () => {
  const place = scene();
  const peers = [place.plainPeer(), place.plainPeer(addressNumbered(2)), place.sessionPeer(addressNumbered(3))];
  const answers = peers.flatMap((peer) => [peer.asks(REQUEST), peer.asks(REQUEST)]);
  assert.is(new Set(answers).size, 1);
  const transfers = place.events.filter(({ kind }) => kind === "transfer");
  assert.is(transfers.length, peers.length);
});

// RFC 7252 4.4, RFC 6347 4.2.1: an endpoint is an address and a port, ours as well as the peer's.
for (const kind of ["plain", "secure"] as const) {
  server(
    `one port of a client at four of our addresses is four endpoints with Message IDs of their own, ${kind}`,
    () => {
      const place = scene();
      const locals = ["192.0.2.7", "192.0.2.8", "198.51.100.7", "198.51.100.8"];
      const asked = locals.map((local) => peerAddress("203.0.113.1", 40_000, local));
      const peers = asked.map((address) => (kind === "plain" ? place.plainPeer(address) : place.sessionPeer(address)));
      for (const [i, peer] of peers.entries()) {
        const line = `CON 7 GET T=01 /fw/hub/1.0 2:${i}/0/64`;
        assert.match(peer.asks(line), `2:${i}/1/64`);
        assert.match(peer.asks(line), `2:${i}/1/64`);
      }
      assert.is(place.server.sessionCount, kind === "plain" ? 0 : 4);
      assert.is(place.events.filter((event) => event.kind === "sessionDown").length, 0);
    },
  );
}

for (const kind of ["plain", "secure"] as const) {
  for (const together of ["handled before anything is sent", "of one datagram"] as const) {
    if (kind === "plain" && together === "of one datagram") continue;
    server(`RFC 6347 4.1.1: requests ${together} get an answer each, ${kind}`, () => {
      const place = scene();
      const peer = kind === "plain" ? place.plainPeer() : place.sessionPeer();
      const sent: Uint8Array[] = [];
      const { send } = place;
      place.send = (_scheme, _from, datagram) => void sent.push(Uint8Array.from(datagram));
      for (const number of [0, 1, 2]) peer.says(messageFromLine(`CON ${number} GET /fw/hub/1.0 2:${number}/0/256`, 0));
      place.send = send;
      const scheme = kind === "plain" ? "coap" : "coaps";
      for (const datagram of together === "of one datagram" ? [Buffer.concat(sent)] : sent) {
        place.server.handleDatagram(place.now, scheme, addressNumbered(1), datagram);
      }
      place.drive();
      const image = countingBytes(2_000);
      const payloads = peer.received.map((answer) => Uint8Array.from(payloadOf(answer)));
      assert.equal(
        payloads,
        [0, 256, 512].map((offset) => image.slice(offset, offset + 256)),
      );
    });
  }
}

server("RFC 7252 9.1.1: a new session of the same address and Message ID gets a fresh answer", () => {
  const place = scene();
  const before = place.sessionPeer().asks(REQUEST);
  place.catalogue.publish("hub", "1.0", countingBytes(1_000, 9));
  const after = place.sessionPeer().asks(REQUEST);
  assert.is.not(after, before);
  assert.match(after, "Size2=1000");
});

server("a transfer belongs to its session, and in the next one it begins anew", () => {
  const place = scene();
  place.sessionPeer().asks(REQUEST);
  place.sessionPeer().asks(REQUEST);
  assert.equal(
    place.events.map((event) => (event.kind === "transfer" ? event.news.kind : event.kind)),
    ["sessionUp", "begun", "sessionDown", "sessionUp", "begun"],
  );
});

server("RFC 7252 9.1.1: when the last session has ended nothing is left to wait for", () => {
  const place = scene();
  const peer = place.sessionPeer();
  peer.asks(REQUEST);
  peer.client.close();
  // What the server has learned to read is nobody's own, the session may be resumed, and its network has earned a share: all
  // of it goes with time.
  const {
    knownOptions: _known,
    knownOptionsBytes: _bytes,
    resumables: _resumables,
    networksWithShares: _shares,
    ...tables
  } = place.server.tables(place.now);
  assert.equal(new Set(Object.values(tables)), new Set([0]));
  // What can be resumed is forgotten after a day (RFC 5246 F.1.4).
  for (let turn = 0; turn < 5; turn++) {
    const deadline = place.server.pollTimeout();
    if (deadline !== undefined) place.waits(deadline - place.now);
  }
  assert.is(place.server.pollTimeout(), undefined);
  assert.equal(new Set(Object.values(place.server.tables(place.now))), new Set([0]));
});

server("answers that nobody has polled keep their bytes while further requests are handled", () => {
  const place = scene();
  const requests = [0, 1, 2].map((num) => messageFromLine(`CON ${num} GET T=0${num} /fw/hub/1.0 2:${num}/0/64`, 0));
  const peer = place.plainPeer();
  const expected = requests.map((request) => toHex(encodeMessage(peer.asksMessage(request))));
  for (const [i, request] of requests.entries()) {
    place.server.handleDatagram(place.now, "coap", addressNumbered(11 + i), encodeMessage(request));
  }
  const answers = requests.map(() => toHex(place.server.pollTransmit()!.datagram));
  assert.equal(answers, expected);
});

server("an early handleTimeout changes nothing", () => {
  const place = scene();
  const peer = place.sessionPeer();
  const answer = peer.asks(REQUEST);
  const deadline = place.server.pollTimeout();
  for (let early = 0; early < 3; early++) place.server.handleTimeout(place.now);
  assert.is(place.server.pollTimeout(), deadline);
  assert.is(place.server.pollTransmit(), undefined);
  assert.is(place.server.pollEvent(), undefined);
  assert.is(peer.asks(REQUEST), answer);
});

server("after each deadline that is met the next one lies ahead, until there is none", () => {
  const place = scene();
  place.sessionPeer().asks(REQUEST);
  place.plainPeer(addressNumbered(2)).asks(REQUEST);
  for (let due = place.server.pollTimeout(); due !== undefined; due = place.server.pollTimeout()) {
    assert.ok(due > place.now);
    place.waits(due - place.now);
  }
  assert.is(place.server.sessionCount, 0);
  assert.match(inspect(place.events.at(-1)), "idle");
});

server("RFC 4279 5.3: an identity of up to 128 bytes, UTF-8 or not, is asked for; a longer one is unknown", () => {
  for (const length of [0, 1, 128, 129, 1_000]) {
    const place = scene();
    const peer = place.sessionPeer(addressNumbered(1), { identity: new Uint8Array(length).fill(0xff) });
    assert.is(place.pskQuestions.length, length <= 128 ? 1 : 0, `${length} bytes`);
    assert.is(place.server.sessionCount, 0);
    assert.is(peer.client.session, undefined);
  }
});

server("a datagram costs the same whether ten or ten thousand other sessions sleep", () => {
  const work = (place: FirmwareScene) => {
    const peer = place.sessionPeer(addressNumbered(20_000));
    for (let messageId = 0; messageId < 20; messageId++) {
      peer.asks(`CON ${messageId} GET /fw/hub/1.0 2:${messageId}/0/64`);
      place.server.handleTimeout(place.now);
      place.server.pollTimeout();
    }
  };
  const looks = looksAtSleepers(10, work);
  assert.ok(looks > 0);
  assert.is(looksAtSleepers(10_000, work), looks);
});

server("no event, and no inspection of the whole server, shows a key or the bytes of an image", () => {
  const place = scene();
  const peer = place.sessionPeer();
  place.psk = () => "later";
  const waiting = place.sessionPeer(addressNumbered(2));
  fetched(peer, 64);
  peer.asks("CON 999 POST /fw/hub/1.0");
  place.catalogue.damage("hub", "1.0", "digest mismatch");
  peer.asks("CON 99a GET /fw/hub/1.0");
  place.server.handleKeyRemoved(place.now, IDENTITY);
  place.drive();
  assert.ok(place.events.length > 5 && waiting.end === undefined);
  const seen = inspect([place.events, place.server, place.server.counters.snapshot()], {
    depth: Number.POSITIVE_INFINITY,
    showHidden: true,
    maxArrayLength: null,
    maxStringLength: null,
  });
  for (const bytes of [KEY.reveal(), countingBytes(16), countingBytes(16, 64)]) {
    const list = Array.from(bytes);
    const forms = [
      fromUtf8(bytes)!,
      toHex(bytes),
      list.join(", "),
      list.join(","),
      Buffer.from(bytes).toString("base64"),
    ];
    for (const form of forms) assert.not.ok(seen.includes(form), `shows ${form}`);
    assert.not.ok(seen.includes(toHex(bytes).replace(/(..)(?=.)/g, "$1 ")));
  }
});

for (const [what, input, reason] of [
  ["a key that the server has another one for", { key: new Secret(new Uint8Array(16)) }, "keyDiffers"],
  ["an identity that has none", { identity: Uint8Array.of(7) }, "identityUnknown"],
] as const) {
  server(`${what} is told once, with its reason, and counted by it`, () => {
    const scene = new FirmwareScene();
    scene.sessionPeer(addressNumbered(1), input);
    const identity = "identity" in input ? input.identity : IDENTITY;
    assert.equal(scene.events, [{ kind: "keyRefused", peer: addressNumbered(1), identity, reason }]);
    assert.equal([scene.counted(`keyRefused.${reason}`), scene.counted("badRecordMac")], [1, 1]);
  });
}

server.run();
