// The list of images can be observed (RFC 7641): whoever does is told when something was published.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeMessage } from "../../src/coap/message.ts";
import { lineFromMessage, messageFromLine } from "../support/coap-line.ts";
import { addressNumbered, FirmwareScene, type ScenePeer } from "../support/firmware-scene.ts";

const test = suite("firmware-observe");

function lastLine({ received }: ScenePeer): string {
  const decoded = decodeMessage(received.at(-1)!);
  assert.ok(decoded.ok);
  return decoded.ok ? lineFromMessage(decoded.value) : "";
}

function publishes(scene: FirmwareScene, version: string): void {
  scene.catalogue.publish("hub", version, new Uint8Array(100));
  scene.server.handleCatalogueChange(scene.now);
  scene.drive();
}

for (const secure of [true, false]) {
  const over = secure ? "over DTLS" : "on plain CoAP";

  test(`${over}: an observer of /.well-known/core is told of a new image, until its session or address is gone`, () => {
    const scene = new FirmwareScene();
    publishes(scene, "1");
    const peers = [1, 2].map((n) => (secure ? scene.sessionPeer : scene.plainPeer).call(scene, addressNumbered(n)));
    for (const peer of peers) assert.match(peer.asks("CON 1 GET T=ab Observe=0 /.well-known/core"), / Observe=\d/);
    publishes(scene, "2");
    for (const peer of peers) {
      assert.match(lastLine(peer), /^CON .* 2\.05 T=ab .*Observe=\d.*hub\/1.*hub\/2/);
      peer.says({
        ...messageFromLine("ACK 0 EMPTY", 0),
        messageId: (peer.received.at(-1)![2]! << 8) | peer.received.at(-1)![3]!,
      });
      peer.received.length = 0;
    }
    publishes(scene, "3");
    for (const peer of peers) assert.is(peer.received.length, 1);
    scene.server.shutdown(scene.now);
  });
}

test("an image never changes, and cannot be observed", () => {
  const scene = new FirmwareScene();
  publishes(scene, "1");
  assert.not.match(scene.plainPeer().asks("CON 1 GET T=ab Observe=0 /fw/hub/1"), /Observe/);
});

test.run();
