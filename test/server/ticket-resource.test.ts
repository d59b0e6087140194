import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat, EMPTY, equal, toUtf8 } from "../../src/base/bytes.ts";
import { Code, formatCode } from "../../src/coap/code.ts";
import { OptionNumber, uintOption } from "../../src/coap/option.ts";
import { CHECK_IN_LENGTH_MAX, decodeCheckInAnswer, encodeCheckIn } from "../../src/manifest/check-in.ts";
import { open, SIGNED_TICKET } from "../../src/manifest/signed-object.ts";
import { COME_AGAIN_SECONDS, deviceName } from "../../src/manifest/ticket.ts";
import { type CheckInQuestion, TICKET_LIFETIME } from "../../src/server/ticket-resource.ts";
import { CRYPTO } from "../support/crypto.ts";
import { IDENTITY } from "../support/firmware-scene.ts";
import { imageDigest } from "../support/releases.ts";
import { ED25519_PAIR } from "../support/signing-keys.ts";
import { BEGIN, CHECK_IN, checksIn, post, TrustScene, toldIn } from "../support/trust-scene.ts";

const tickets = suite("ticket-resource");

tickets("a device that is behind is offered the release, by a ticket for it and its nonce", () => {
  const scene = new TrustScene();
  const release = scene.releases.release(2, "1.3.0");
  const { ticket, manifest } = checksIn(scene.sessionPeer());
  assert.equal(ticket, {
    nonce: CHECK_IN.nonce,
    device: deviceName(CRYPTO, IDENTITY),
    manifestDigest: release.digest,
    sequenceNumber: 2,
    lifetime: TICKET_LIFETIME,
    issued: BEGIN,
    comeAgain: COME_AGAIN_SECONDS,
  });
  assert.is(manifest, undefined);
  const [event] = scene.events.filter(({ kind }) => kind === "checkIn");
  assert.equal([(event as { offered: string }).offered, (event as { version: string }).version], ["1.3.0", "1.2.0"]);
});

tickets("the manifest comes with the ticket where the device wants it, and the proof with the manifest", () => {
  const scene = new TrustScene();
  scene.releases.release(2, "1.3.0");
  scene.releases.proofBytes = toUtf8("proof");
  const peer = scene.sessionPeer();
  const told = checksIn(peer, { manifestWanted: true });
  assert.is(told.manifest?.version, "1.3.0");
  assert.equal(told.proof, toUtf8("proof"));
  assert.is(checksIn(peer).proof, undefined);
});

tickets("nothing new is signed too, with the newest sequence number and the registry's head", () => {
  const scene = new TrustScene();
  scene.releases.release(2, "1.3.0");
  scene.releases.head = { size: 7, root: new Uint8Array(32).fill(9) };
  const { ticket, manifest } = checksIn(scene.sessionPeer(), { sequenceNumber: 2, manifestWanted: true });
  assert.equal([ticket.manifestDigest, ticket.sequenceNumber, manifest], [undefined, 2, undefined]);
  assert.equal(ticket.log, scene.releases.head);
});

tickets("a product that was never released has nothing new, as number 0", () => {
  const { ticket } = checksIn(new TrustScene().sessionPeer(), { product: "valve", sequenceNumber: 0 });
  assert.equal([ticket.manifestDigest, ticket.sequenceNumber], [undefined, 0]);
});

tickets("replay: two check-ins with one nonce have one ticket's meaning, and another nonce has another ticket", () => {
  const scene = new TrustScene();
  scene.releases.release(2, "1.3.0");
  const peer = scene.sessionPeer();
  const first = checksIn(peer);
  const second = checksIn(peer, { nonce: new Uint8Array(16).fill(3) });
  assert.equal(second.ticket.nonce, new Uint8Array(16).fill(3));
  assert.not(equal(first.bytes, second.bytes));
});

tickets("another device's ticket: each names the device that asked, over DTLS by its identity", () => {
  const scene = new TrustScene();
  scene.releases.release(2, "1.3.0");
  const { ticket } = checksIn(scene.sessionPeer());
  assert.not.equal(ticket.device, deviceName(CRYPTO, toUtf8("device-2")));
});

tickets("downgrade: what has a lower sequence number than the device is never offered", () => {
  const scene = new TrustScene();
  scene.releases.release(2, "1.3.0");
  for (const sequenceNumber of [2, 3, 1_000]) {
    assert.is(checksIn(scene.sessionPeer(), { sequenceNumber }).ticket.manifestDigest, undefined);
  }
});

tickets("another class's manifest: a device is offered that of its class, or of every device", () => {
  const scene = new TrustScene();
  const [all, outdoor] = [scene.releases.release(2, "1.3.0"), scene.releases.release(3, "1.4.0", { class: "outdoor" })];
  const peer = scene.sessionPeer();
  assert.equal(checksIn(peer, { class: "outdoor" }).ticket.manifestDigest, outdoor.digest);
  assert.equal(checksIn(peer, { class: "indoor" }).ticket.manifestDigest, all.digest);
  assert.equal(checksIn(peer).ticket.manifestDigest, all.digest);
});

tickets("expiry: a manifest is offered until its last second, by the server's clock", () => {
  const scene = new TrustScene();
  scene.releases.release(2, "1.3.0", { notAfter: BEGIN + 10 });
  const peer = scene.sessionPeer();
  assert.ok(checksIn(peer).ticket.manifestDigest);
  scene.waits(10_000);
  assert.ok(checksIn(peer).ticket.manifestDigest);
  scene.waits(1_000);
  assert.is(checksIn(peer).ticket.manifestDigest, undefined);
});

tickets("a way back is offered to whoever runs the image that it is for, and to nobody else", () => {
  const scene = new TrustScene();
  scene.releases.release(1, "1.2.0");
  const back = scene.releases.release(3, "1.2.0", { forRunning: imageDigest("1.3.0") });
  const peer = scene.sessionPeer();
  const onNew = { sequenceNumber: 2, version: "1.3.0", runningSha256: imageDigest("1.3.0") };
  assert.equal(checksIn(peer, onNew).ticket.manifestDigest, back.digest);
  const onOld = { sequenceNumber: 1, runningSha256: imageDigest("1.2.0") };
  assert.is(checksIn(peer, onOld).ticket.manifestDigest, undefined);
  // One that has gone back.
  assert.is(checksIn(peer, { ...onOld, sequenceNumber: 3 }).ticket.manifestDigest, undefined);
});

tickets("forgery: a ticket holds under the server's key alone", () => {
  const scene = new TrustScene();
  scene.releases.release(2, "1.3.0");
  const { bytes } = checksIn(scene.sessionPeer());
  const opened = open(SIGNED_TICKET, bytes, () => [ED25519_PAIR.verification]);
  assert.is(opened.ok ? "ok" : opened.error.reason, "keyUnknown");
});

tickets("RFC 7252 5.9.2: what is no check-in is refused by its own code", () => {
  const peer = new TrustScene().sessionPeer();
  const code = (...args: Parameters<typeof post>) => formatCode(peer.asksMessage(post(...args)).code);
  const checkIn = encodeCheckIn(CHECK_IN);
  assert.is(code("/t", EMPTY), "4.00");
  assert.is(code("/t", concat(checkIn, Uint8Array.of(0))), "4.00");
  assert.is(code("/t", new Uint8Array(CHECK_IN_LENGTH_MAX + 1)), "4.13");
  assert.is(code("/t/x", checkIn), "4.04");
  assert.is(code("/t", checkIn, uintOption(OptionNumber.CONTENT_FORMAT, 50)), "4.15");
  assert.is(code("/t", checkIn, uintOption(OptionNumber.CONTENT_FORMAT, 60)), "2.04");
  assert.is(peer.asks("CON 1 GET /t"), "ACK 0001 4.05");
});

tickets("RFC 7959 2.9: a check-in in blocks is gathered up to its bound", () => {
  const peer = new TrustScene().sessionPeer();
  assert.match(peer.asks("CON 1 POST T=01 /t 1:0/1/64 [64 bytes]"), "2.31");
  assert.match(peer.asks("CON 2 GET T=01 /t 1:0/1/64 [64 bytes]"), "4.05");
  assert.match(peer.asks("CON 3 POST T=01 /t 1:0/1/64 Size1=385 [64 bytes]"), "4.13");
});

tickets(
  "RFC 9175 2.4: on plain CoAP an address shows by Echo that it is its own before anything is signed for it",
  () => {
    const scene = new TrustScene();
    scene.releases.release(2, "1.3.0");
    const peer = scene.plainPeer();
    const refused = peer.asksMessage(post("/t", encodeCheckIn(CHECK_IN)));
    assert.is(refused.code, Code.UNAUTHORIZED);
    const echo = refused.options.find(({ number }) => number === OptionNumber.ECHO)!;
    const answer = peer.asksMessage(post("/t", encodeCheckIn(CHECK_IN), echo));
    assert.is(answer.code, Code.CHANGED);
    const decoded = decodeCheckInAnswer(answer.payload);
    assert.ok(decoded.ok);
    assert.equal(checksIn(peer).ticket.device, deviceName(CRYPTO, EMPTY));
  },
);

tickets("5.03 while the store cannot be read: a device is never told that there is nothing new", () => {
  const scene = new TrustScene();
  scene.releases.isUnavailable = true;
  assert.is(scene.sessionPeer().asksMessage(post("/t", encodeCheckIn(CHECK_IN))).code, Code.SERVICE_UNAVAILABLE);
});

function questions(scene: TrustScene): CheckInQuestion[] {
  return scene.events.flatMap((event) => (event.kind === "checkInReceived" ? [event.question] : []));
}

tickets("a check-in is answered when it is decided, by that decision, and not before", () => {
  const scene = new TrustScene();
  const [older] = [scene.releases.release(2, "1.3.0"), scene.releases.release(3, "1.4.0", { class: "outdoor" })];
  scene.decides = undefined;
  const peer = scene.sessionPeer();
  peer.received.length = 0;
  peer.says(post("/t", encodeCheckIn({ ...CHECK_IN, class: "outdoor" })));
  assert.is(peer.received.length, 0);
  const [question] = questions(scene);
  assert.equal([question?.identity, question?.checkIn.class], [IDENTITY, "outdoor"]);
  scene.server.handleCheckIn(scene.now, question!, { offered: older.digest, comeAgain: 60 });
  scene.drive();
  const { ticket } = toldIn(peer.received[0]!);
  assert.equal([ticket.manifestDigest, ticket.sequenceNumber, ticket.comeAgain], [older.digest, 2, 60]);
});

tickets("5.03 for a decision that cannot be made now, and for one about what is offered no longer", () => {
  const scene = new TrustScene();
  scene.releases.release(2, "1.3.0");
  const peer = scene.sessionPeer();
  const decisions = ["unavailable", { offered: new Uint8Array(32), comeAgain: 60 }] as const;
  for (const [i, decision] of decisions.entries()) {
    scene.decides = () => decision;
    const nonce = new Uint8Array(16).fill(i);
    const { code } = peer.asksMessage(post("/t", encodeCheckIn({ ...CHECK_IN, nonce })));
    assert.is(code, Code.SERVICE_UNAVAILABLE);
  }
});

tickets("a server without releases has no such resource", () => {
  const peer = new TrustScene({ trust: undefined }).sessionPeer();
  for (const path of ["/t", "/r", "/m/pump"]) assert.match(peer.asks(`CON 1 GET ${path}`), "4.04");
});

tickets.run();
