// What strangers say to a whole server, in virtual time: nobody's tables grow beyond their maxima, an honest device goes on,
// and when all is over that was begun every table is as it was.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../src/base/bytes.ts";
import type { PeerAddress } from "../../src/base/peer-address.ts";
import { Secret } from "../../src/base/secret.ts";
import { encodeMessage } from "../../src/coap/message.ts";
import { countingBytes, messageFromLine } from "../support/coap-line.ts";
import { addressNumbered, FirmwareScene, type SecurePeer } from "../support/firmware-scene.ts";
import { SeededRandom } from "../support/seeded-random.ts";

const floods = suite("floods");

const COUNT = 200;
const IMAGE_LENGTH = 5_000;
/** Far more deadlines than there can be. */
const TURNS_MAX = 20_000;
const AFTERWARDS_MS = 2 * 3_600_000;

class FloodedScene extends FirmwareScene {
  readonly device: SecurePeer;
  readonly random = new SeededRandom(9);
  /** What the device says, newest last. */
  readonly deviceDatagrams: Uint8Array[] = [];

  constructor() {
    super();
    this.catalogue.publish("hub", "1.0", countingBytes(IMAGE_LENGTH));
    for (let i = 0; i < 50; i++) this.catalogue.publish(`product-${i}`, "1.0", countingBytes(10));
    this.device = this.sessionPeer();
  }

  override send(scheme: "coap" | "coaps", from: PeerAddress, datagram: Uint8Array): void {
    if (from === addressNumbered(1)) this.deviceDatagrams?.push(datagram.slice());
    super.send(scheme, from, datagram);
  }

  plain(from: number, line: string): void {
    this.send("coap", addressNumbered(from), encodeMessage(messageFromLine(line, 0)));
  }

  randomBytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.random.fill(bytes);
    return bytes;
  }

  asksForBlock(messageId: number): void {
    const answer = this.device.asks(`CON ${messageId.toString(16)} GET /fw/hub/1.0 2:1/0/1024`);
    assert.match(answer, "2:1/1/1024 [1024 bytes]");
  }

  /** Everything that becomes due in this time becomes due. */
  passes(ms: number): void {
    const end = this.now + ms;
    let turns = 0;
    for (let due = this.server.pollTimeout(); due !== undefined && due <= end; due = this.server.pollTimeout()) {
      assert.ok(turns++ < TURNS_MAX, "a deadline does not move");
      this.waits(Math.max(0, due - this.now));
    }
    this.waits(end - this.now);
  }
}

type Attack = (place: FloodedScene, stranger: number) => void;

/** The hellos of a client, which then hears nothing: with the cookie, as far as it gets. */
function halfOpen(place: FloodedScene, stranger: number): void {
  const address = addressNumbered(stranger);
  const hellos: Uint8Array[] = [];
  const send = place.send.bind(place);
  place.send = (scheme, from, datagram) => {
    if (from === address && hellos.push(datagram) > 2) return;
    send(scheme, from, datagram);
  };
  place.sessionPeer(address, { identity: place.randomBytes(16) });
  place.send = send;
}

const ATTACKS: Readonly<Record<string, Attack>> = {
  "first hellos": (place, stranger) => {
    const address = addressNumbered(stranger);
    const hello = place.deviceDatagrams[0]!.slice();
    place.random.fill(hello.subarray(27, 59));
    place.send("coaps", address, hello);
  },
  "half-open handshakes": halfOpen,
  "random bytes": (place, stranger) => {
    for (const length of [1, 13, 60, 1_200]) {
      place.send("coaps", addressNumbered(stranger), place.randomBytes(length));
      place.send("coap", addressNumbered(stranger), place.randomBytes(length));
    }
  },
  "forged records": (place, stranger) => {
    const forged = place.deviceDatagrams.at(-1)!.slice();
    place.random.fill(forged.subarray(8, 11));
    place.random.fill(forged.subarray(-8));
    place.send("coaps", addressNumbered(stranger % 2 === 0 ? 1 : stranger), forged);
    place.deviceDatagrams.pop();
  },
  "replayed records": (place) => {
    place.send("coaps", addressNumbered(1), place.deviceDatagrams.at(-1)!);
    place.deviceDatagrams.pop();
  },
  "plain GETs": (place, stranger) => {
    for (let num = 0; num < 4; num++) place.plain(stranger, `CON ${num} GET /fw/hub/1.0 2:${num}/0/1024`);
  },
  "plain NONs for scattered blocks": (place, stranger) => {
    for (let num = 0; num < 300; num += 2) place.plain((stranger % 20) + 2, `NON ${num} GET /fw/hub/1.0 2:${num}/0/16`);
  },
  "unknown paths": (place, stranger) => {
    place.plain(stranger, `CON 1 GET /fw/${toHex(place.randomBytes(8))}/1`);
  },
  "odd queries and filters for links": (place, stranger) => {
    place.plain(stranger, `CON 1 GET /.well-known/core ?x${toHex(place.randomBytes(8))}`);
    place.plain(stranger, `CON 2 GET /.well-known/core ?href=/fw/product-${stranger % 50}*`);
    place.plain(stranger, `CON 3 GET /.well-known/core ?sz=${stranger}`);
  },
  "slices of an image": (place, stranger) => {
    for (let i = 0; i < 8; i++) place.plain(stranger, `CON ${i} GET /fw/hub/1.0 ?offset=${stranger + i}`);
  },
  "requests with 60 KB": (place, stranger) => {
    place.plain(stranger, "CON 1 GET /fw/hub/1.0 [60000 bytes]");
    place.plain(stranger, "CON 2 POST /fw/hub/1.0 [60000 bytes]");
  },
  "bodies in blocks": (place, stranger) => {
    place.plain(stranger, "CON 1 PUT /fw/hub/1.0 1:0/1/1024 [1024 bytes]");
    place.plain(stranger, "CON 2 POST /fw/hub/1.0 1:0/1/16 [16 bytes]");
  },
  "wrong keys": (place, stranger) => {
    place.sessionPeer(addressNumbered(stranger), { key: new Secret(place.randomBytes(16)) });
  },
};

/** What shows that an attack reached where it aims: something that is counted a hundred times, or a table that grew so much. */
const SHOWN_BY: Readonly<Record<string, string>> = {
  "first hellos": "helloVerifyRequest",
  "half-open handshakes": "handshakes",
  "random bytes": "recordTypeUnknown",
  "forged records": "badRecordMac",
  "replayed records": "recordReplayed",
  "plain GETs": "resends",
  "plain NONs for scattered blocks": "transfersBytes",
  "unknown paths": "knownOptions",
  "odd queries and filters for links": "knownOptions",
  "slices of an image": "transfers",
  "requests with 60 KB": "requestEntityTooLarge",
  "bodies in blocks": "resends",
  "wrong keys": "handshakes",
};

for (const [name, attack] of Object.entries(ATTACKS)) {
  floods(`${name}: an honest device goes on, and every table is back to its size when all is over`, () => {
    const place = new FloodedScene();
    place.asksForBlock(1);
    place.passes(AFTERWARDS_MS);
    const before = place.server.tables(place.now);
    place.asksForBlock(2);
    for (let stranger = 0; stranger < COUNT; stranger++) {
      // Something to forge and to replay.
      place.asksForBlock(3 + stranger);
      attack(place, 1_000 + stranger);
      if (stranger % 50 === 0) place.passes(100);
    }
    place.asksForBlock(3 + COUNT);
    const shown = SHOWN_BY[name]!;
    assert.ok((place.server.tables(place.now)[shown] ?? place.counted(shown)) >= 100, shown);
    place.passes(AFTERWARDS_MS);
    assert.equal(place.server.tables(place.now), before);
    assert.is(place.server.sessionCount, 1);
    place.asksForBlock(4 + COUNT);
  });
}

/** How many of five thousand plain requests of strangers are answered while the server has more to do than it can. */
function answeredInACrowd(place: FloodedScene, line: (place: FloodedScene) => string): number {
  place.asksForBlock(1);
  place.server.handleBatchEnd(place.now, 64);
  for (let stranger = 0; stranger < 5_000; stranger++) place.plain(2_000 + stranger, line(place));
  return 5_000 - place.counted("plainRequestShed");
}

floods(
  "in a crowd plain requests have their share of the time, and unknown paths, which cost the index, a smaller one",
  () => {
    const blocks = answeredInACrowd(new FloodedScene(), () => "CON 1 GET /fw/hub/1.0 2:0/0/1024");
    const unknown = answeredInACrowd(new FloodedScene(), (place) => `CON 1 GET /fw/${toHex(place.randomBytes(8))}/1`);
    assert.ok(unknown > 10 && unknown < blocks / 2 && blocks < 2_500, `${unknown} and ${blocks}`);
  },
);

floods("in a crowd hellos and half-open handshakes are dropped, and a session goes on", () => {
  const place = new FloodedScene();
  place.asksForBlock(1);
  place.server.handleBatchEnd(place.now, 64);
  for (let stranger = 0; stranger < 1_000; stranger++) {
    ATTACKS["first hellos"]!(place, 2_000 + stranger);
    ATTACKS["half-open handshakes"]!(place, 4_000 + stranger);
  }
  const [answered, shed] = [place.counted("helloVerifyRequest"), place.counted("helloShed")];
  assert.ok(answered < 400 && answered + shed >= 2_000, `${answered} answered, ${shed} shed`);
  place.asksForBlock(2);
});

floods("in a crowd few forged records with made-up numbers are opened, and the session's own all are", () => {
  const place = new FloodedScene();
  place.asksForBlock(1);
  place.server.handleBatchEnd(place.now, 64);
  for (let stranger = 0; stranger < 2_000; stranger++) {
    place.asksForBlock(2 + stranger);
    ATTACKS["forged records"]!(place, 2_000 + stranger);
  }
  // Every other one comes from the session's own address, where a site has 200 at once; the rest finds no session.
  const [opened, shed] = [place.counted("badRecordMac"), place.counted("farRecordShed")];
  assert.ok(opened >= 200 && opened < 250 && opened + shed > 990, `${opened} opened, ${shed} shed`);
});

floods.run();
