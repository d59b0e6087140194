// Whoever stands between a maker and a device, by what they have: nothing but the network and recordings of it, the server's
// own key, or a place from which they say nothing. Each is refused or noticed, with its own reason and the nearest LwM2M result.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { instant } from "../../../src/base/instant.ts";
import { Code } from "../../../src/coap/code.ts";
import { MemoryFlash } from "../../../src/device/memory-flash.ts";
import { CheckInExchange, type CheckInStep } from "../../../src/device/slots/check-in-exchange.ts";
import { MemoryRecord } from "../../../src/device/slots/memory-record.ts";
import { TrustAnchors } from "../../../src/device/slots/trust-anchors.ts";
import { encodeCheckInAnswer } from "../../../src/manifest/check-in.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { ED25519_PAIR, ES256_PAIR, OTHER_ES256_PAIR } from "../../support/signing-keys.ts";
import { SlotBoard } from "../../support/slot-board.ts";
import {
  DEVICE_NAME,
  PRODUCT,
  type Release,
  type ReleaseInput,
  release,
  SERVER_KEY,
  TODAY,
  trustRoot,
  UpdateServer,
} from "../../support/update-server.ts";

const test = suite("adversaries");

const DAY_MS = 86_400_000;

class Scene {
  readonly server = new UpdateServer();
  readonly board: SlotBoard;

  constructor(input: ConstructorParameters<typeof SlotBoard>[1] = {}) {
    this.board = new SlotBoard(this.server, input);
  }

  publish(input: ReleaseInput): Release {
    const published = release(input);
    this.server.publish(published);
    this.board.know(published.manifest.version, published.image);
    return published;
  }

  /** The old image runs, for this reason, and the server was told. */
  isRefused(reason: string, version = "1.0.0"): void {
    this.board.run();
    assert.is(this.board.version, version);
    assert.equal(this.board.reasons, [reason]);
    assert.ok(this.server.told.at(-1)!.includes(reason.split(" ")[0]!), this.server.told.join());
  }
}

test("a recorded answer, played again to a device that has updated since: sequenceOld", () => {
  const scene = new Scene();
  const old = scene.publish({ sequenceNumber: 5, version: "1.1.0" });
  scene.board.run();
  scene.server.answers = (checkIn) =>
    encodeCheckInAnswer({ ticket: scene.server.ticketFor(checkIn, old), manifest: old.signed, proof: undefined });
  scene.isRefused("sequenceOld 8", "1.1.0");
});

test("a recorded answer to an earlier check-in, with all of its signatures: nonceDiffers", () => {
  const scene = new Scene();
  const old = scene.publish({ sequenceNumber: 5, version: "1.1.0" });
  const ticket = scene.server.ticketFor({ nonce: new Uint8Array(8) }, old);
  scene.server.answers = () => encodeCheckInAnswer({ ticket, manifest: old.signed, proof: undefined });
  scene.isRefused("nonceDiffers 5");
});

test("another device's ticket: anotherDevice", () => {
  const scene = new Scene();
  scene.publish({ sequenceNumber: 5, version: "1.1.0" });
  scene.server.ticket = { device: new Uint8Array(8) };
  scene.isRefused("anotherDevice 5");
});

test("an answer that was held back for longer than its ticket lives: ticketExpired", () => {
  const scene = new Scene();
  scene.publish({ sequenceNumber: 5, version: "1.1.0" });
  scene.server.ticket = { lifetime: 5 };
  const serve = scene.server.handleDatagram.bind(scene.server);
  const held: Uint8Array[] = [];
  // The answer to the first transmission comes with the second one, nine seconds later.
  scene.server.handleDatagram = (now, from, datagram) => {
    const answers = serve(now, from, datagram);
    if (scene.server.checkIns.length !== 1 || held.length > 0) return answers;
    held.push(...answers);
    return [];
  };
  scene.isRefused("ticketExpired 8");
});

test("a manifest that is over: manifestExpired", () => {
  const scene = new Scene();
  scene.publish({ sequenceNumber: 5, version: "1.1.0", notAfter: TODAY - 1 });
  scene.isRefused("manifestExpired 8");
});

test("another class's manifest: anotherClass", () => {
  const scene = new Scene({ class: "indoor" });
  scene.publish({ sequenceNumber: 5, version: "1.1.0", class: "outdoor" });
  scene.isRefused("anotherClass 6");
});

test("another product's manifest, signed by the same maker: anotherProduct", () => {
  const scene = new Scene();
  scene.publish({ sequenceNumber: 5, version: "1.1.0", product: "valve" });
  scene.isRefused("anotherProduct 6");
});

test("a downgrade, signed anew by whoever has the maker's key of old: sequenceOld", () => {
  const scene = new Scene();
  scene.publish({ sequenceNumber: 5, version: "1.1.0" });
  scene.board.run();
  const older = scene.publish({ sequenceNumber: 4, version: "1.0.9" });
  scene.server.answers = (checkIn) =>
    encodeCheckInAnswer({ ticket: scene.server.ticketFor(checkIn, older), manifest: older.signed, proof: undefined });
  scene.isRefused("sequenceOld 8", "1.1.0");
});

test("whoever has the server's key alone signs no release: keyUnknown", () => {
  const scene = new Scene();
  scene.publish({ sequenceNumber: 5, version: "1.1.0", key: SERVER_KEY });
  scene.isRefused("keyUnknown 5");
});

test("whoever has only a network: its ticket is by a key that no root names: keyUnknown", () => {
  const scene = new Scene();
  scene.publish({ sequenceNumber: 5, version: "1.1.0" });
  scene.server.serverKey = ES256_PAIR.signing;
  scene.isRefused("keyUnknown 5");
});

test("an answer without a ticket, be it that there is nothing new: noTicket", () => {
  const scene = new Scene();
  scene.server.answers = () => Uint8Array.of(0xf6);
  scene.isRefused("noTicket 5");
});

test("the ticket of one release with the manifest of another: manifestDiffers", () => {
  const scene = new Scene();
  const published = scene.publish({ sequenceNumber: 5, version: "1.1.0" });
  const other = release({ sequenceNumber: 6, version: "1.2.0" });
  scene.server.answers = (checkIn) =>
    encodeCheckInAnswer({
      ticket: scene.server.ticketFor(checkIn, published),
      manifest: other.signed,
      proof: undefined,
    });
  scene.isRefused("manifestDiffers 5");
});

test("a release that the maker's log does not have, for a device that asks for it: notInLog", () => {
  const scene = new Scene({ asksForLog: true });
  scene.publish({ sequenceNumber: 5, version: "1.1.0" });
  scene.isRefused("notInLog 5");
});

test("a proof by no log of the trust root: proofWrong", () => {
  const scene = new Scene();
  const { signed } = scene.publish({ sequenceNumber: 5, version: "1.1.0" });
  scene.server.answers = (checkIn) =>
    encodeCheckInAnswer({
      ticket: scene.server.ticketFor(checkIn, scene.server.current),
      manifest: signed,
      proof: new Uint8Array(200),
    });
  scene.isRefused("proofWrong 5");
});

test("an image that no slot takes: tooLarge", () => {
  const scene = new Scene();
  scene.publish({ sequenceNumber: 5, version: "1.1.0", length: 2_049 });
  scene.isRefused("tooLarge 2");
});

test("another image under the manifest's path: digestDiffers, three times, and then no more", () => {
  const scene = new Scene();
  const { image } = scene.publish({ sequenceNumber: 5, version: "1.1.0" });
  scene.server.images.set("1.1.0", image.toReversed());
  scene.isRefused("digestDiffers 5");
  for (let i = 0; i < 3; i++) scene.board.wait();
  assert.equal(new Set(scene.board.reasons), new Set(["digestDiffers 5"]));
  assert.is(scene.server.requests.filter((request) => request.startsWith("/fw")).length, 3 * 4);
});

test("a maker's key that the trust root leaves out: keyRevoked; and the one that it names signs from then on", () => {
  const scene = new Scene();
  const { spki } = ES256_PAIR.signing;
  const server = { role: "server", spki: SERVER_KEY.spki } as const;
  scene.server.root = trustRoot({ keys: [server, { role: "maker", spki }] });
  scene.publish({ sequenceNumber: 5, version: "1.1.0" });
  scene.isRefused("keyRevoked 5");
  scene.publish({ sequenceNumber: 6, version: "1.2.0", key: ES256_PAIR.signing });
  scene.board.wait();
  assert.is(scene.board.version, "1.2.0");
});

test("a trust root that is over, one of another product, and one by nobody: no ticket counts", () => {
  for (const [root, reason] of [
    [trustRoot({ notAfter: TODAY - 1 }), "rootExpired 5"],
    [trustRoot({ product: "valve" }), "anotherProduct 6"],
    [trustRoot({}, OTHER_ES256_PAIR.signing), "keyUnknown 5"],
  ] as const) {
    const scene = new Scene();
    scene.publish({ sequenceNumber: 5, version: "1.1.0" });
    scene.server.root = root;
    scene.isRefused(reason);
  }
});

test("an older trust root, which names a key that leaked since: rootOld", () => {
  const scene = new Scene();
  scene.server.root = trustRoot({ number: 3 });
  scene.publish({ sequenceNumber: 5, version: "1.1.0" });
  scene.board.run();
  scene.server.root = trustRoot({ number: 2, keys: [{ role: "server", spki: ES256_PAIR.signing.spki }] });
  scene.server.serverKey = ES256_PAIR.signing;
  scene.publish({ sequenceNumber: 6, version: "1.2.0" });
  scene.isRefused("rootOld 5", "1.1.0");
});

test("a freeze: whoever says of something newer that there is nothing for seven days is noticed: frozen", () => {
  const scene = new Scene();
  scene.server.newest = 9;
  scene.server.answers = (checkIn) =>
    encodeCheckInAnswer({ ticket: scene.server.ticketFor(checkIn, undefined), manifest: undefined, proof: undefined });
  isFrozenAfterSevenDays(scene);
});

test("a freeze: whoever lets no answer through for seven days is noticed when one comes: frozen", () => {
  const scene = new Scene();
  scene.server.isSilent = true;
  const startedAt = scene.board.now;
  scene.board.run();
  while (scene.board.now < startedAt + 8 * DAY_MS) scene.board.wait();
  assert.equal(scene.board.reasons, ["frozen 4"]);
  scene.server.isSilent = false;
  scene.board.wait();
  assert.ok(scene.server.told.includes("0 4 frozen 1.0.0"), scene.server.told.join());
});

test("a freeze over restarts: the days count that went by before", () => {
  const scene = new Scene();
  scene.server.newest = 9;
  scene.board.run();
  for (let i = 0; i < 7 * 24; i++) {
    scene.board.wait();
    if (i % 24 === 0) scene.board.run();
  }
  assert.equal(scene.board.reasons, ["frozen 4"]);
});

function isFrozenAfterSevenDays({ board, server }: Scene): void {
  const startedAt = board.now;
  board.run();
  while (board.reasons.length === 0) board.wait();
  assert.equal(board.reasons, ["frozen 4"]);
  const days = (board.now - startedAt) / DAY_MS;
  assert.ok(days >= 7 && days < 7.1, `after ${days} days`);
  board.wait();
  assert.equal(server.told, ["0 4 frozen 1.0.0"]);
  assert.is(board.version, "1.0.0");
}

for (const what of ["manifest", "ticket", "trust root"] as const) {
  test(`a bit of the ${what} flipped, at every byte: refused for what it is`, () => {
    const published = release({ sequenceNumber: 5, version: "1.1.0" });
    const server = new UpdateServer().publish(published);
    const right = {
      manifest: published.signed,
      ticket: server.ticketFor(ASKING, published),
      "trust root": server.root,
    };
    assert.is(stepAfter(right).kind, "offered");
    const reasons = new Map<string, number>();
    for (let at = 0; at < right[what].length; at++) {
      const flipped = right[what].map((byte, i) => (i === at ? byte ^ (1 << (at % 8)) : byte));
      const step = stepAfter({ ...right, [what]: flipped });
      const reason = step.kind === "refused" ? step.refusal.reason : step.kind;
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    const others = [...reasons.keys()].filter(
      (reason) => !["signatureWrong", "keyUnknown", "malformed"].includes(reason),
    );
    assert.equal(others, [], JSON.stringify([...reasons]));
    // Payload and signature are most of it.
    assert.ok(reasons.get("signatureWrong")! > right[what].length / 2);
  });
}

const ASKING = {
  product: PRODUCT,
  class: undefined,
  deviceName: DEVICE_NAME,
  nonce: new Uint8Array(8),
  askedAt: instant(0),
  slotLength: 4_096,
};

/** What a device makes of an answer, and of the trust root that it asks for then. */
function stepAfter(said: Readonly<Record<"manifest" | "ticket" | "trust root", Uint8Array>>): CheckInStep {
  const factory = { sequenceNumber: 0, version: "1.0.0", sha256: undefined };
  const exchange = new CheckInExchange({
    asking: ASKING,
    memory: new MemoryRecord(new MemoryFlash(8_192, 4_096), CRYPTO, factory).memory,
    running: 0,
    told: { uptimeSeconds: 0 },
    anchors: new TrustAnchors(CRYPTO, PRODUCT, ED25519_PAIR.verification, undefined),
    crypto: CRYPTO,
    asksForLog: false,
    checksMakerAlone: false,
    decryptionKey: undefined,
  });
  const { ticket, manifest } = said;
  const answer = encodeCheckInAnswer({ ticket, manifest, proof: undefined });
  const step = exchange.handleAnswer(instant(1), Code.CHANGED, answer);
  return step.kind === "asks" ? exchange.handleAnswer(instant(2), Code.CONTENT, said["trust root"]) : step;
}

test.run();
