// What only the clock shows: a key that was revoked is no unknown one to a device that still has the root which names it. And
// classes of devices that check more, witnesses of the log, or less, the maker alone.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../../src/base/bytes.ts";
import { encodeCheckInAnswer } from "../../../src/manifest/check-in.ts";
import { checkpointText } from "../../../src/registry/checkpoint.ts";
import { cosignatureOf } from "../../../src/registry/cosignature.ts";
import { encodeInclusionProof } from "../../../src/registry/inclusion-proof.ts";
import { EntryKind, encodeEntry, recordsDigest } from "../../../src/registry/log-entry.ts";
import { cosignNote } from "../../../src/registry/note-key.ts";
import { TREE } from "../../registry/leaves.ts";
import { keyPair } from "../../registry/log-keys.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { ED25519_PAIR, OTHER_ES256_PAIR } from "../../support/signing-keys.ts";
import { SlotBoard } from "../../support/slot-board.ts";
import { type Release, release, SERVER_KEY, TODAY, trustRoot, UpdateServer } from "../../support/update-server.ts";

const test = suite("trust root's age");

const DAY = 86_400;
const ROOT_PATH = "/m/pump/root";

const SERVER = { role: "server", spki: SERVER_KEY.spki } as const;

/** A device that has taken a root of ten days at its first check-in, and a server whose tickets are of a later day. */
class AgingScene {
  readonly server = new UpdateServer();
  readonly board: SlotBoard;

  constructor(input: ConstructorParameters<typeof SlotBoard>[1] = {}) {
    this.server.root = trustRoot({ notAfter: TODAY + 10 * DAY });
    this.board = new SlotBoard(this.server, input);
    this.board.run();
    assert.is(this.rootsAsked, 1);
  }

  get rootsAsked(): number {
    return this.server.requests.filter((request) => request === ROOT_PATH).length;
  }

  checkInOnDay(day: number): void {
    this.server.ticket = { issued: TODAY + day * DAY };
    this.board.checkInNow();
  }
}

test("a newer root is looked for at half of the old one's life, and at half of what is left then: no more often", () => {
  const scene = new AgingScene();
  const askedBy = [1, 4.9, 5, 5.1, 7.4, 7.5, 8.5, 8.75, 9.7, 9.75].map((day) => {
    scene.checkInOnDay(day);
    return scene.rootsAsked;
  });
  assert.equal(askedBy, [1, 1, 2, 2, 2, 3, 3, 4, 4, 5]);
  assert.is(scene.board.eventsOf("nothingNew").length, 11);
});

test("it is remembered over restarts when the root was asked for", () => {
  const scene = new AgingScene();
  scene.checkInOnDay(5);
  scene.board.run();
  assert.is(scene.rootsAsked, 2);
});

test("a server's key that was revoked is found out by the clock, though the device knows it: keyUnknown", () => {
  const scene = new AgingScene();
  const other = { role: "server", spki: ED25519_PAIR.verification.spki } as const;
  scene.server.root = trustRoot({ number: 2, notAfter: TODAY + 10 * DAY, keys: [other] });
  scene.checkInOnDay(4);
  assert.equal(scene.board.reasons, []);
  scene.checkInOnDay(5);
  assert.equal(scene.board.reasons, ["keyUnknown 5"]);
});

test("a root that is not there, or older than what is known, changes nothing where the known one is good", () => {
  const scene = new AgingScene();
  scene.server.root = new Uint8Array(100);
  scene.checkInOnDay(5);
  scene.server.root = trustRoot({ number: 1, notAfter: TODAY + 10 * DAY }, OTHER_ES256_PAIR.signing);
  scene.checkInOnDay(8);
  assert.is(scene.rootsAsked, 3);
  assert.equal(scene.board.reasons, []);
  assert.is(scene.board.eventsOf("nothingNew").length, 3);
});

const LOG = keyPair(1);

/** A proof that the release is the only entry of the log, with what these witnesses have signed of it. */
function proofOf({ signed }: Release, ...witnesses: readonly number[]): Uint8Array {
  const entry = encodeEntry({ kind: EntryKind.RELEASE, time: TODAY, digest: recordsDigest(CRYPTO, [signed]) });
  const text = checkpointText({ origin: LOG.log.name, size: 1, root: TREE.leaf(entry) });
  const cosignatures = witnesses.map((number) => {
    const { witness, signer, public: key } = keyPair(number);
    return cosignatureOf(key.keyId, cosignNote(CRYPTO, witness, signer, text, TODAY));
  });
  const signature = LOG.signer.sign(toUtf8(text));
  return encodeInclusionProof({ entry, index: 0, path: [], size: 1, signature, cosignatures });
}

/** A device that asks for the log, whose root names three witnesses and wants two of them. */
function boardShown(...witnesses: readonly number[]): SlotBoard {
  const server = new UpdateServer();
  const board = new SlotBoard(server, { asksForLog: true });
  const named = [2, 3, 4].map((number) => ({ role: "witness", spki: keyPair(number).public.spki }) as const);
  server.root = trustRoot({ keys: [SERVER, { role: "log", spki: LOG.public.spki }, ...named], witnessesNeeded: 2 });
  const published = release({ sequenceNumber: 5, version: "1.1.0" });
  server.publish(published);
  board.know("1.1.0", published.image);
  server.answers = (checkIn) =>
    checkIn.sequenceNumber >= 5
      ? undefined
      : encodeCheckInAnswer({
          ticket: server.ticketFor(checkIn, published),
          manifest: published.signed,
          proof: proofOf(published, ...witnesses),
        });
  board.run();
  return board;
}

test("what as many of the root's witnesses have seen as it asks for is installed", () => {
  const board = boardShown(2, 4);
  assert.equal(board.reasons, []);
  assert.is(board.version, "1.1.0");
});

test("a log that shows one device what its witnesses have not seen: notWitnessed", () => {
  for (const witnesses of [[], [3], [3, 3], [3, 9]]) {
    const board = boardShown(...witnesses);
    assert.equal(board.reasons, ["notWitnessed 5"], witnesses.join());
    assert.is(board.version, "1.0.0");
  }
});

test("a class that checks the maker alone takes a ticket by anybody, without any trust root", () => {
  const server = new UpdateServer();
  const board = new SlotBoard(server, { checksMakerAlone: true });
  server.serverKey = OTHER_ES256_PAIR.signing;
  const published = release({ sequenceNumber: 5, version: "1.1.0" });
  server.publish(published);
  board.know("1.1.0", published.image);
  board.run();
  assert.is(board.version, "1.1.0");
  assert.not(server.requests.includes(ROOT_PATH));
});

test("the same class refuses what another maker has signed, and what is older: keyUnknown, sequenceOld", () => {
  const server = new UpdateServer();
  const board = new SlotBoard(server, { checksMakerAlone: true });
  server.publish(release({ sequenceNumber: 5, version: "1.1.0", key: OTHER_ES256_PAIR.signing }));
  board.run();
  const old = release({ sequenceNumber: 5, version: "1.1.0" });
  server.publish(old);
  board.know("1.1.0", old.image);
  board.checkInNow();
  const older = release({ sequenceNumber: 4, version: "1.0.9" });
  server.answers = (checkIn) =>
    encodeCheckInAnswer({ ticket: server.ticketFor(checkIn, older), manifest: older.signed, proof: undefined });
  board.checkInNow();
  assert.equal(board.reasons, ["keyUnknown 5", "sequenceOld 8"]);
  assert.is(board.version, "1.1.0");
});

test.run();
