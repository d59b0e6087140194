// One bit that is not what was signed or stored, wherever it stands: the real stores and the real server's core on one side, a
// device with two slots on the other, which takes only what the maker's log has. Nothing is installed, the reason is the right
// one, and the old image boots. `npm run test:bits` takes every byte, and 1,000 of the stored file; otherwise it is some of them.

import { closeSync, openSync, readSync, statSync, utimesSync, writeSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SEALED_PAGE_LENGTH } from "../../firmware-store/sealed-pages.ts";
import { decodeMessage } from "../../src/coap/message.ts";
import { dialectNamed } from "../../src/device/dialect.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { BitFlipper, type Part, partsOf } from "../support/bit-flipper.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { FACTORY_VERSION, SlotBoard } from "../support/slot-board.ts";
import { LOG_CLASS, StoredServer } from "../support/stored-server.ts";
import { MAKER, release } from "../support/update-server.ts";

const test = suite("flipped-bits");
const scratch = scratchDirectories(test);

const IS_FULL = process.env["NARROWBOAT_EVERY_BIT"] === "1";
const FEW = 16;
const FILE_FLIPS = IS_FULL ? 1_000 : 20;
const seed = Number(process.env["NARROWBOAT_SEED"] ?? process.pid);
const random = new SeededRandom(seed);

const RELEASE = release({ sequenceNumber: 5, version: "1.1.0", length: 2_000, class: LOG_CLASS });

const SIGNED = ["signatureWrong 5", "keyUnknown 5", "malformed 6"];
const REASONS: Readonly<Record<Part, readonly string[]>> = {
  ticket: SIGNED,
  manifest: SIGNED,
  root: SIGNED,
  proof: ["proofWrong 5"],
  // What is around the three: the answer is none, or one of them is another's bytes or is not there.
  header: ["noTicket 5", "notInLog 5", "proofWrong 5", "manifestDiffers 5", ...SIGNED],
};

/** A server some of whose answers somebody changes on the way. */
function behind(server: StoredServer, flipper: BitFlipper): Pick<StoredServer, "handleDatagram"> {
  return { handleDatagram: (...datagram) => server.handleDatagram(...datagram).map((one) => flipper.passOn(one)) };
}

function boardOf(server: Pick<StoredServer, "handleDatagram">): SlotBoard {
  const dialect = { ...dialectNamed("own"), blockSize: 1_024 };
  const board = new SlotBoard(server, { class: LOG_CLASS, asksForLog: true, dialect });
  board.know("1.1.0", RELEASE.image);
  return board;
}

function lengthsOf(server: StoredServer): Readonly<Record<"answer" | "root", number>> {
  let answer = 0;
  boardOf({
    handleDatagram: (...datagram) => {
      const answers = server.handleDatagram(...datagram);
      for (const one of answers) {
        const decoded = decodeMessage(one);
        if (decoded.ok && partsOf(decoded.value.payload) !== undefined) answer = decoded.value.payload.length;
      }
      return answers;
    },
  }).run();
  return { answer, root: server.root.length };
}

test("without a flipped bit the device takes the release", async () => {
  const server = new StoredServer(scratch(), RELEASE, MAKER);
  await server.loaded("1.1.0");
  const board = boardOf(server).run();
  assert.equal([board.version, board.reasons], ["1.1.0", []]);
  server.close();
});

test("a bit of the ticket, the manifest, the proof or the trust root: refused for what it is, and the old image boots", async () => {
  const server = new StoredServer(scratch(), RELEASE, MAKER);
  await server.loaded("1.1.0");
  const met = new Set<Part>();
  for (const [what, length] of Object.entries(lengthsOf(server))) {
    assert.ok(length > 100, `${what} has ${length} bytes`);
    for (let at = IS_FULL ? 0 : random.below(FEW); at < length; at += IS_FULL ? 1 : FEW) {
      const flipper = new BitFlipper(what === "root" ? server.root : undefined, at, random.below(8));
      const board = boardOf(behind(server, flipper)).run();
      const [reason = "none"] = board.reasons;
      const where = `${flipper.where}, seed ${seed}`;
      assert.ok(flipper.part !== undefined && REASONS[flipper.part].includes(reason), `${where}: ${reason}`);
      assert.equal([board.version, board.starts], [FACTORY_VERSION, [FACTORY_VERSION]], where);
      met.add(flipper.part!);
    }
  }
  for (const part of ["ticket", "manifest", "proof", "root"] as const) assert.ok(met.has(part), part);
  server.close();
});

test(`a bit of ${FILE_FLIPS} bytes of the stored file: no byte is served, and the old image boots until the file is right again`, async () => {
  const server = new StoredServer(scratch(), RELEASE, MAKER);
  const { image, path } = await server.loaded("1.1.0");
  const file = openSync(path, "r+");
  // As a disk does it: neither the length nor the time of the file tell of it.
  const flip = async (at: number, bit: number) => {
    const byte = new Uint8Array(1);
    readSync(file, byte, 0, 1, at);
    byte[0]! ^= 1 << bit;
    writeSync(file, byte, 0, 1, at);
    utimesSync(path, 1, 1);
    // What was damaged is looked at again after a look at the store, as a server does each second.
    server.images.refresh();
    await server.images.fetch(image.questionFor(Math.floor(at / SEALED_PAGE_LENGTH)));
  };
  utimesSync(path, 1, 1);
  await image.check();
  const { size } = statSync(path);
  for (let i = 0; i < FILE_FLIPS; i++) {
    const [at, bit] = [random.below(size), random.below(8)];
    await flip(at, bit);
    const board = boardOf(server).run();
    const where = `bit ${bit} of byte ${at}, seed ${seed}`;
    assert.equal([board.version, board.starts], [FACTORY_VERSION, [FACTORY_VERSION]], where);
    assert.ok(
      board.eventsOf("contactFailed").some(({ detail }) => detail.includes("5.00")),
      where,
    );
    await flip(at, bit);
    if (i > 0) continue;
    board.wait();
    assert.is(board.version, "1.1.0");
  }
  closeSync(file);
  server.close();
});

test.run();
