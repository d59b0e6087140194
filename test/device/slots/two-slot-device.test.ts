// A device with two slots and its server, on plain CoAP and in virtual time: what a maker signed is what boots, or nothing
// changes.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Figure } from "../../../src/manifest/figure.ts";
import { SlotBoard } from "../../support/slot-board.ts";
import { release, sha256, UpdateServer } from "../../support/update-server.ts";

const test = suite("two-slot-device");

/** An image of 1,000 bytes in blocks of 256. */
const BLOCKS_OF_1_1_0 = Array.from({ length: 4 }, () => "/fw/pump/1.1.0");

class Scene {
  readonly server = new UpdateServer();
  readonly board = new SlotBoard(this.server);

  publish(input: Parameters<typeof release>[0]): this {
    const published = release(input);
    this.server.publish(published);
    this.board.know(published.manifest.version, published.image);
    return this;
  }

  run(): this {
    this.board.run();
    return this;
  }
}

test("an update: checked, downloaded, tried, confirmed, and told", () => {
  const { board, server } = new Scene().publish({ sequenceNumber: 5, version: "1.1.0" }).run();
  assert.equal(board.starts, ["1.0.0", "1.1.0*"]);
  assert.is(board.version, "1.1.0");
  assert.equal(board.reasons, []);
  assert.equal(server.requests, ["/t", "/m/pump/root", ...BLOCKS_OF_1_1_0, "/r", "/r"]);
  assert.equal(server.told, ["3 0 1.1.0", "0 1 1.1.0"]);
  assert.equal(board.run().starts, ["1.0.0", "1.1.0*", "1.1.0"]);
  assert.is(board.eventsOf("nothingNew").length, 1);
});

test("what hangs at its start is tried twice and never again, and the old image runs", () => {
  const scene = new Scene().publish({ sequenceNumber: 5, version: "1.1.0" });
  scene.board.hanging.add("1.1.0");
  const { board, server } = scene.run();
  assert.equal(board.starts, ["1.0.0", "1.1.0*", "1.0.0", "1.1.0*", "1.0.0"]);
  assert.equal(board.reasons, ["bootFailed 8"]);
  assert.equal(server.told, ["0 8 bootFailed 1.1.0"]);
  board.wait();
  assert.equal(board.reasons, ["bootFailed 8", "bootFailed 8"]);
  assert.is(board.starts.length, 5);
  scene.publish({ sequenceNumber: 6, version: "1.1.1" });
  board.wait();
  assert.is(board.version, "1.1.1");
});

test("what is not well gives way at once", () => {
  const scene = new Scene().publish({ sequenceNumber: 5, version: "1.1.0" });
  scene.board.unwell.add("1.1.0");
  const { board, server } = scene.run();
  assert.equal(board.starts, ["1.0.0", "1.1.0*", "1.0.0"]);
  assert.equal(server.told, ["0 8 healthCheckFailed 1.1.0"]);
});

test("decision 22: what reaches no server after some contacts gives way, and is tried again without a download, three times", () => {
  const scene = new Scene().publish({ sequenceNumber: 5, version: "1.1.0" });
  const { board, server } = scene;
  board.cutOff.add("1.1.0");
  scene.run();
  assert.equal(board.starts, ["1.0.0", "1.1.0*", "1.0.0"]);
  assert.equal(server.told, ["0 4 noContact 1.1.0"]);
  board.wait();
  assert.equal(board.starts.slice(3), ["1.1.0*", "1.0.0"]);
  board.wait();
  assert.equal(board.starts.slice(5), ["1.1.0*", "1.0.0"]);
  assert.is(server.requests.filter((request) => request.startsWith("/fw")).length, 4);
  board.wait();
  assert.is(board.starts.length, 7, "it is tried no more");
  assert.equal(board.reasons.slice(-1), ["noContact 4"]);
  assert.is(server.reportCount, 3, "what came to nothing before was told when it did");
});

test("a way back is taken by its sequence number, for the image that runs, and by no device that never had it", () => {
  const scene = new Scene().publish({ sequenceNumber: 5, version: "1.1.0" }).run();
  const { board, server } = scene;
  const forRunning = server.current!.manifest.sha256;
  scene.publish({ sequenceNumber: 6, version: "1.0.5", forRunning }).run();
  assert.is(board.version, "1.0.5");
  const other = new Scene().publish({ sequenceNumber: 6, version: "1.0.5", forRunning }).run();
  assert.is(other.board.version, "1.0.0");
  assert.equal(other.board.reasons, ["notForRunningImage 8"]);
});

test("the security counter never goes back", () => {
  const scene = new Scene().publish({ sequenceNumber: 5, version: "1.1.0", securityCounter: 3 }).run();
  scene.publish({ sequenceNumber: 6, version: "1.2.0", securityCounter: 2 }).run();
  assert.equal(scene.board.reasons, ["securityCounterLow 8"]);
  scene.publish({ sequenceNumber: 7, version: "1.3.0", securityCounter: 3 }).run();
  assert.is(scene.board.version, "1.3.0");
});

test("a new image that is confirmed checks in within minutes, and then when its server says", () => {
  const { board, server } = new Scene().publish({ sequenceNumber: 5, version: "1.1.0" }).run();
  const confirmedAt = board.now;
  board.wait();
  assert.ok(board.now - confirmedAt < 6 * 60_000, "whoever rolls out sees that it goes on being well");
  assert.is(server.checkIns.length, 2);
  const toldAt = board.now;
  board.wait();
  assert.ok(board.now - toldAt > 60 * 60_000);
});

test("a check-in tells for how long this start has run, and what the application knows at that moment", () => {
  const server = new UpdateServer();
  let state: "postponed" | "confirmed" = "postponed";
  const tells = () => ({ cell: "gateway-7", radioLevel: 2, boots: 12, consent: { state, seconds: 3_600 } });
  const board = new SlotBoard(server, { tells }).run();
  state = "confirmed";
  board.wait();
  const [first, second] = server.checkIns;
  assert.equal([first!.cell, first!.consent], ["gateway-7", { state: "postponed", seconds: 3_600 }]);
  assert.equal([first!.figures.get(Figure.BOOTS), first!.figures.get(Figure.RADIO_LEVEL)], [12, 2]);
  assert.is(second!.consent!.state, "confirmed");
  const ranFor = second!.figures.get(Figure.UPTIME)! - first!.figures.get(Figure.UPTIME)!;
  assert.ok(ranFor > 60, `${ranFor} s`);
});

test("no server makes a device come again sooner than its policy lets it", () => {
  const server = new UpdateServer();
  server.ticket = { comeAgain: 0 };
  const comesAfter = (policy: { comeAgainMinMs?: number }) => {
    const board = new SlotBoard(server, { policy }).run();
    const restsFrom = board.now;
    board.wait();
    return board.now - restsFrom;
  };
  assert.ok(comesAfter({}) >= 60_000);
  assert.ok(comesAfter({ comeAgainMinMs: 5_000 }) < 10_000);
});

test("a person at a button: a device that would rest for hours checks in at once, and takes what is new", () => {
  const scene = new Scene().run();
  const { board, server } = scene;
  scene.publish({ sequenceNumber: 5, version: "1.1.0" });
  const before = board.now;
  board.checkInNow();
  assert.is(board.version, "1.1.0");
  assert.ok(board.now - before < 60_000, "no rest was kept");
  assert.is(server.checkIns.length, 2);
});

test("a download that outlives its ticket asks for a fresh one before anything is tried", () => {
  const scene = new Scene().publish({ sequenceNumber: 5, version: "1.1.0" });
  scene.server.ticket = { lifetime: 1 };
  const { board, server } = scene;
  // The server is silent in the midst of the download for longer than the ticket lives.
  const serve = server.handleDatagram.bind(server);
  server.handleDatagram = (now, from, datagram) => {
    const isLate = server.requests.length === 4 && server.checkIns.length === 1;
    return isLate && now < 1_010_000 ? [] : serve(now, from, datagram);
  };
  scene.run();
  assert.is(board.version, "1.1.0");
  assert.is(server.checkIns.length, 2);
  assert.is(server.requests.filter((request) => request.startsWith("/fw")).length, 4);
});

test("time of check is time of use: flash that does not hold what was written to it is read before anybody starts it", () => {
  const scene = new Scene().publish({ sequenceNumber: 5, version: "1.1.0" });
  const [, slot] = scene.board.slots;
  const write = slot.write.bind(slot);
  // One bit of the last block is lost in the chip.
  slot.write = (offset, bytes) => write(offset, offset < 768 ? bytes : bytes.with(0, bytes[0]! & (bytes[0]! - 1)));
  scene.run();
  assert.is(scene.board.version, "1.0.0");
  assert.equal(scene.board.reasons, ["storageFailed 8"]);
});

test("the manifest is fetched by its digest where it did not come with the ticket", () => {
  const scene = new Scene().publish({ sequenceNumber: 5, version: "1.1.0" });
  scene.server.sendsManifest = false;
  scene.run();
  const digest = Buffer.from(sha256(scene.server.current!.signed).subarray(0, 8)).toString("hex");
  assert.ok(scene.server.requests.includes(`/m/pump?d=${digest}`));
  assert.is(scene.board.version, "1.1.0");
});

test.run();
