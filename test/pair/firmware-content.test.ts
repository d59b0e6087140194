// Images are questions: the server asks for what is not in memory, and nobody else waits for the answer.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PIGGYBACK_DELAY_MAX_MS } from "../../src/coap/parameters.ts";
import { messageFromLine } from "../support/coap-line.ts";
import { addressNumbered, FirmwareScene, type ScenePeer } from "../support/firmware-scene.ts";

const test = suite("firmware-content");

const BYTES = new Uint8Array(1_000).fill(65);

interface Scene {
  readonly scene: FirmwareScene;
  readonly peer: ScenePeer;
}

/** An image whose digest was not checked yet, in pages of 256 bytes that are not in memory, and one that is. */
function scene(): Scene {
  const made = new FirmwareScene();
  made.catalogue.publish("hub", "cold", BYTES).pageLength = 256;
  made.catalogue.unchecked.add("hub/cold");
  made.catalogue.publish("hub", "warm", BYTES);
  return { scene: made, peer: made.plainPeer() };
}

const answerOf = ({ peer }: Scene): string => String.fromCharCode(...peer.received.at(-1)!.subarray(-4));

/** Asks and gets nothing yet. */
function asksInVain({ peer }: { readonly peer: ScenePeer }, line: string): void {
  peer.received.length = 0;
  peer.says(messageFromLine(line, 0));
  assert.is(peer.received.length, 0);
}

test("the first request for an image asks for its digest, then for a page, and is answered in its acknowledgement", () => {
  const made = scene();
  asksInVain(made, "CON 1 GET /fw/hub/cold 2:0/0/64");
  made.scene.fetches();
  assert.is(made.peer.received.length, 0);
  made.scene.fetches();
  assert.equal([made.peer.received.length, made.peer.received[0]![0]! >> 4, answerOf(made)], [1, 0b0110, "AAAA"]);
  assert.match(made.peer.asks("CON 2 GET /fw/hub/cold 2:1/0/64"), /^ACK 0002 2\.05/);
});

test("meanwhile another image is served, and the same one to nobody", () => {
  const made = scene();
  asksInVain(made, "CON 1 GET /fw/hub/cold 2:0/0/64");
  assert.match(made.peer.asks("CON 2 GET /fw/hub/warm 2:0/0/64"), /^ACK 0002 2\.05/);
  const other = made.scene.sessionPeer(addressNumbered(2));
  asksInVain({ peer: other }, "CON 1 GET /fw/hub/cold 2:0/0/64");
  assert.is(made.scene.contentQuestions.length, 1);
  made.scene.fetches();
  made.scene.fetches();
  // The warm block, and the cold one.
  assert.equal([made.peer.received.length, other.received.length], [2, 1]);
});

test("twenty devices on plain CoAP that wait for one page get twenty right answers at once", () => {
  const made = scene();
  const peers = Array.from({ length: 20 }, (_, i) => made.scene.plainPeer(addressNumbered(10 + i)));
  for (const [i, peer] of peers.entries()) {
    asksInVain({ peer }, `CON ${i.toString(16)} GET T=ab /fw/hub/cold 2:0/0/64`);
  }
  made.scene.fetches();
  made.scene.fetches();
  for (const [i, peer] of peers.entries()) {
    assert.is(peer.received.length, 1);
    assert.is(peer.received[0]![3], i);
    assert.is(peer.received[0]!.at(-1), 65);
  }
});

test("an image that turns out damaged is answered with 5.00, and the operator is told", () => {
  const made = scene();
  asksInVain(made, "CON 1 GET /fw/hub/cold 2:0/0/64");
  made.scene.catalogue.damage("hub", "cold", "contentDiffers");
  made.scene.fetches();
  assert.is(made.peer.received[0]![1], 0xa0);
  assert.equal(
    made.scene.events.map(({ kind }) => kind),
    ["imageDamaged"],
  );
});

test("a session that ended while its request waited gets nothing", () => {
  const made = scene();
  const peer = made.scene.sessionPeer(addressNumbered(2));
  asksInVain({ peer }, "CON 1 GET /fw/hub/cold 2:0/0/64");
  peer.client.close();
  made.scene.server.shutdown(made.scene.now);
  made.scene.fetches();
  assert.is(peer.received.length, 0);
});

test("without Block2 the client is told by an empty ACK that the answer takes longer", () => {
  const made = scene();
  asksInVain(made, "CON 1 GET /fw/hub/cold");
  made.scene.waits(PIGGYBACK_DELAY_MAX_MS);
  assert.equal([...made.peer.received[0]!], [0x60, 0, 0, 1]);
});

test.run();
