import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex, toUtf8 } from "../../src/base/bytes.ts";
import { Code } from "../../src/coap/code.ts";
import { decodeMessage, emptyMessage, type Message } from "../../src/coap/message.ts";
import { Access } from "../../src/server/access.ts";
import { ManifestResource, OBSERVED_NAMES_MAX } from "../../src/server/manifest-resource.ts";
import { messageFromLine } from "../support/coap-line.ts";
import { CRYPTO } from "../support/crypto.ts";
import type { ScenePeer } from "../support/firmware-scene.ts";
import { signedTrustRoot } from "../support/releases.ts";
import { etagIn, MemoryReleases, TrustScene } from "../support/trust-scene.ts";

const manifests = suite("manifest-resource");

const messageIds = Array.from({ length: 1_000 }, (_, i) => i.toString(16)).values();

function get(peer: ScenePeer, request: string): Message {
  return peer.asksMessage(messageFromLine(`CON ${messageIds.next().value} GET T=0a ${request}`, 0));
}

function codeOf(peer: ScenePeer, request: string): string {
  const { code } = get(peer, request);
  return `${code >> 5}.${String(code & 31).padStart(2, "0")}`;
}

manifests("a manifest is served as it was signed, with the beginning of its digest as ETag", () => {
  const scene = new TrustScene();
  const release = scene.releases.release(2, "1.3.0");
  const answer = get(scene.sessionPeer(), "/m/pump");
  assert.equal(new Uint8Array(answer.payload), release.manifest);
  assert.equal(etagIn(answer), release.digest.subarray(0, 8));
  const etag = toHex(release.digest.subarray(0, 8));
  assert.is(get(scene.sessionPeer(), `ETag=${etag} /m/pump`).code, Code.VALID);
});

manifests("a class gets its own, or what is for every device", () => {
  const scene = new TrustScene();
  const [all, outdoor] = [scene.releases.release(2, "1.3.0"), scene.releases.release(3, "1.4.0", { class: "outdoor" })];
  const peer = scene.sessionPeer();
  assert.equal(new Uint8Array(get(peer, "/m/pump ?c=outdoor").payload), outdoor.manifest);
  assert.equal(new Uint8Array(get(peer, "/m/pump ?c=indoor").payload), all.manifest);
});

manifests("the very manifest of a ticket is found by its digest", () => {
  const scene = new TrustScene();
  scene.releases.release(2, "1.3.0");
  const outdoor = scene.releases.release(3, "1.4.0", { class: "outdoor" });
  const peer = scene.sessionPeer();
  const answer = get(peer, `/m/pump ?d=${toHex(outdoor.digest.subarray(0, 8))}`);
  assert.equal(new Uint8Array(answer.payload), outdoor.manifest);
  assert.is(codeOf(peer, "/m/pump ?d=0000000000000000"), "4.04");
});

manifests("SUIT envelope and trust root have paths of their own; what a release lacks is 4.04", () => {
  const scene = new TrustScene();
  scene.releases.release(2, "1.3.0");
  scene.releases.roots.set("pump", signedTrustRoot(1));
  const peer = scene.sessionPeer();
  assert.equal(new Uint8Array(get(peer, "/m/pump/suit").payload), toUtf8("suit 1.3.0"));
  assert.equal(new Uint8Array(get(peer, "/m/pump/root").payload), signedTrustRoot(1));
  const missing = ["/m/pump/riot", "/m/pump/native", "/m/pump/suit/x", "/m", "/m/valve", "/m/valve/root", "/m/pump/x"];
  for (const path of missing) assert.is(codeOf(peer, path), "4.04", path);
});

manifests("RFC 7252 5.9.2: another method is 4.05, a name that is none 4.00, a store that cannot be read 5.03", () => {
  const scene = new TrustScene();
  scene.releases.release(2, "1.3.0");
  const peer = scene.sessionPeer();
  assert.match(peer.asks("CON 7001 POST /m/pump"), "4.05");
  for (const query of ["c=a/b", "c=", "c=a%20b", "d=00", "d=zz"]) assert.is(codeOf(peer, `/m/pump ?${query}`), "4.00");
  scene.releases.isUnavailable = true;
  assert.is(codeOf(peer, "/m/pump"), "5.03");
});

/** What the peer was sent since, acknowledged. */
function notified(peer: ScenePeer): Message[] {
  return peer.received.splice(0).map((datagram) => {
    const decoded = decodeMessage(datagram);
    assert.ok(decoded.ok);
    const { value } = decoded as { value: Message };
    peer.says(emptyMessage("ACK", value.messageId));
    return value;
  });
}

manifests("RFC 7641 4.2: who observes a manifest is told of a newer one, and of nothing else", () => {
  const scene = new TrustScene();
  scene.releases.release(2, "1.3.0");
  const peer = scene.sessionPeer();
  get(peer, "Observe=0 /m/pump");
  peer.received.length = 0;
  const changes = () => {
    scene.server.handleReleasesChange(scene.now);
    scene.drive();
  };
  changes();
  scene.releases.release(5, "7", { product: "valve" });
  changes();
  assert.equal(notified(peer), []);
  const newer = scene.releases.release(3, "1.4.0");
  changes();
  const [told, ...more] = notified(peer);
  assert.equal([new Uint8Array(told!.payload), more], [newer.manifest, []]);
  changes();
  assert.equal(notified(peer), []);
});

manifests("RFC 7641 4.2: an observer outlives a store that cannot be read for a while", () => {
  const scene = new TrustScene();
  scene.releases.release(2, "1.3.0");
  const peer = scene.sessionPeer();
  get(peer, "Observe=0 /m/pump/suit ?c=outdoor");
  peer.received.length = 0;
  scene.releases.isUnavailable = true;
  scene.server.handleReleasesChange(scene.now);
  scene.drive();
  scene.releases.isUnavailable = false;
  scene.releases.release(3, "1.4.0", { class: "outdoor" });
  scene.server.handleReleasesChange(scene.now);
  scene.drive();
  const [told] = notified(peer);
  assert.equal(new Uint8Array(told!.payload), toUtf8("suit 1.4.0"));
});

manifests(`names that observers make up are remembered up to ${OBSERVED_NAMES_MAX}`, () => {
  const releases = new MemoryReleases();
  releases.release(2, "1.3.0");
  const resource = new ManifestResource(CRYPTO, releases, new Access(undefined));
  for (let i = 0; i < OBSERVED_NAMES_MAX + 100; i++) {
    resource.observed({ segments: ["m", "pump"], queries: [`c=class${i}`] });
  }
  assert.is(resource.observedNameCount, OBSERVED_NAMES_MAX);
});

manifests.run();
