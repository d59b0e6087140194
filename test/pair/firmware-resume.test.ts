// Updates of 20 blocks, disturbed at every point there is: each ends with the right image, and no block is fetched that is
// in flash already.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY, equal } from "../../src/base/bytes.ts";
import { RangeSet } from "../../src/base/range-set.ts";
import { MemoryFlash } from "../../src/device/memory-flash.ts";
import { type CutMoment, CuttingFlash, Power, PowerCut } from "../support/cutting-flash.ts";
import { type DeviceInput, type Fate, FirmwarePair, type PairedDevice } from "../support/firmware-pair.ts";
import { addressNumbered, PSK_CCM_8 } from "../support/firmware-scene.ts";
import { imageSlot } from "../support/image-slots.ts";

const resume = suite("firmware-resume");

const BLOCK_SIZE = 64;
const BLOCK_COUNT = 20;
const IMAGE_LENGTH = BLOCK_COUNT * BLOCK_SIZE - 7;
const PAGE_LENGTH = 256;

const WINDOWED: DeviceInput = { cipherSuites: [PSK_CCM_8], dialect: { window: "auto", blockSize: BLOCK_SIZE } };
const NEW_ADDRESS = addressNumbered(500);

/** A pair whose server tells of each block that it cuts although `held` has it. */
function watchedPair(held: () => RangeSet | undefined, wire?: (number: number) => Fate) {
  const pair = new FirmwarePair({ imageLength: IMAGE_LENGTH, ...(wire && { wire }) });
  const refetched: number[] = [];
  pair.image.onRead = (offset, length) => {
    if (held()?.covers(offset, offset + length)) refetched.push(offset);
  };
  return { pair, refetched };
}

/** One update that `disturb` may disturb after each step until it gives back true. */
function disturbed(input: DeviceInput, disturb: (pair: FirmwarePair, device: PairedDevice) => boolean): PairedDevice {
  let device: PairedDevice | undefined;
  const { pair, refetched } = watchedPair(() => device?.held);
  device = pair.addDevice({ ...WINDOWED, ...input });
  const disturbedDevice = device;
  assert.ok(pair.runUntil(() => disturb(pair, disturbedDevice)));
  pair.run();
  assertUpdated(pair, device);
  assert.equal(refetched, []);
  assert.is(device.blockCount, BLOCK_COUNT);
  return device;
}

function assertUpdated(pair: FirmwarePair, device: PairedDevice, message?: string): void {
  assert.is(device.end?.kind, "done", message);
  assert.is(Buffer.compare(device.received, pair.imageBytes), 0, message);
}

resume("a server that restarts after each block in turn costs a handshake, and no block twice", () => {
  let handshakes = 0;
  for (let block = 1; block < BLOCK_COUNT; block++) {
    const device = disturbed({}, (pair, { blockCount }) => {
      if (blockCount < block) return false;
      pair.restartServer();
      return true;
    });
    handshakes += device.device.statistics.handshakes;
  }
  // One more for each restart but the latest ones, where all that was missing was on its way already.
  assert.ok(handshakes > 1.5 * BLOCK_COUNT && handshakes < 2 * BLOCK_COUNT, `${handshakes}`);
});

resume(
  "RFC 9146 6: with a Connection ID a new address after each block in turn costs nothing but what was under way",
  () => {
    for (let block = 1; block < BLOCK_COUNT; block++) {
      const device = disturbed({ connectionId: EMPTY }, (_pair, moving) => {
        if (moving.blockCount < block) return false;
        moving.address = NEW_ADDRESS;
        return true;
      });
      assert.is(device.device.statistics.handshakes, 1);
    }
  },
);

resume("without a Connection ID a new address after each block in turn costs a handshake, and no block twice", () => {
  for (let block = 1; block < BLOCK_COUNT; block++) {
    const device = disturbed({}, (_pair, moving) => {
      if (moving.blockCount < block) return false;
      moving.address = NEW_ADDRESS;
      return true;
    });
    assert.is(device.device.statistics.handshakes, 2);
  }
});

for (const fate of ["drop", "duplicate"] as const) {
  resume(`with a window each single datagram of handshake and download may be lost or come twice: ${fate}`, () => {
    const undisturbed = watchedPair(() => undefined).pair;
    undisturbed.addDevice(WINDOWED);
    undisturbed.run();
    const { datagramCount } = undisturbed;
    assert.ok(datagramCount >= 6 + 2 * BLOCK_COUNT);
    for (let chosen = 1; chosen <= datagramCount; chosen++) {
      let device: PairedDevice | undefined;
      const { pair, refetched } = watchedPair(
        () => device?.held,
        (number) => (number === chosen ? fate : "deliver"),
      );
      device = pair.addDevice(WINDOWED);
      pair.run();
      assertUpdated(pair, device, `datagram ${chosen}`);
      assert.equal(refetched, [], `datagram ${chosen}`);
      assert.is(device.device.statistics.handshakes, 1, `datagram ${chosen}`);
    }
  });
}

/** What is in the flash of a device that has no power, of the pair's image. */
function heldIn(pair: FirmwarePair, slot: MemoryFlash, progress: MemoryFlash): RangeSet {
  const { etag, held } = imageSlot(slot, progress);
  const isOfImage = etag !== undefined && equal(etag, pair.image.sha256.subarray(0, etag.length));
  return isOfImage ? held : new RangeSet();
}

/** An update over flash that loses power once; gives back the operations of the first run. */
function cutUpdate(
  cutAt: number,
  moment: CutMoment,
  before: (slot: MemoryFlash, progress: MemoryFlash) => void,
): number {
  const slot = new MemoryFlash(8 * PAGE_LENGTH, PAGE_LENGTH);
  const progress = new MemoryFlash(3 * PAGE_LENGTH, PAGE_LENGTH);
  before(slot, progress);
  const power = new Power(cutAt, moment);
  let held: RangeSet | undefined;
  const { pair, refetched } = watchedPair(() => held);
  const chips = { slot: new CuttingFlash(slot, power), progress: new CuttingFlash(progress, power) };
  let device: PairedDevice | undefined;
  try {
    device = pair.addDevice({ ...WINDOWED, ...chips });
    pair.run();
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
    for (const paired of [...pair.devices]) pair.removeDevice(paired);
    held = heldIn(pair, slot, progress);
    device = pair.addDevice({ ...WINDOWED, slot, progress, address: NEW_ADDRESS });
    pair.run();
  }
  const message = `cut ${moment} operation ${cutAt}`;
  assert.is(device.end?.kind, "done", message);
  assert.is(Buffer.compare(slot.read(0, IMAGE_LENGTH), pair.imageBytes), 0, message);
  assert.equal(refetched, [], message);
  return power.operations;
}

/** Leaves a whole other image in flash, and its record. */
function withOlderImage(slot: MemoryFlash, progress: MemoryFlash): void {
  const older = imageSlot(slot, progress);
  older.begin(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  older.setLength(1_500);
  older.write(0, new Uint8Array(1_500).fill(0x5a));
}

for (const [what, before] of [
  ["blank flash", () => {}],
  ["flash with an older image", withOlderImage],
] as const) {
  for (const moment of ["before", "middle", "after"] as const) {
    resume(`a power cut ${moment} each operation on ${what} costs no block that is in flash`, () => {
      const operations = cutUpdate(Number.POSITIVE_INFINITY, moment, before);
      assert.ok(operations > 2 * BLOCK_COUNT);
      for (let cutAt = 1; cutAt <= operations; cutAt++) cutUpdate(cutAt, moment, before);
    });
  }
}

resume("a power cut after the last mark leaves a whole image, which is told of and not fetched", () => {
  const [slot, progress] = [new MemoryFlash(2_048, PAGE_LENGTH), new MemoryFlash(3 * PAGE_LENGTH, PAGE_LENGTH)];
  const first = watchedPair(() => undefined).pair;
  first.addDevice({ ...WINDOWED, slot, progress });
  first.run();
  const { pair, refetched } = watchedPair(() => heldIn(first, slot, progress));
  const device = pair.addDevice({ ...WINDOWED, slot, progress });
  pair.run();
  assert.equal(device.story, ["resumed", "connected", "done"]);
  assert.equal([device.blockCount, refetched], [0, []]);
  const { end } = device;
  assert.equal(end?.kind === "done" && end.sha256, Uint8Array.from(pair.image.sha256));
});

resume("another image on the server than in flash is told of, and begun anew", () => {
  const [slot, progress] = [new MemoryFlash(2_048, PAGE_LENGTH), new MemoryFlash(3 * PAGE_LENGTH, PAGE_LENGTH)];
  const older = imageSlot(slot, progress);
  older.begin(Uint8Array.of(1));
  older.write(0, new Uint8Array(128));
  const { pair } = watchedPair(() => undefined);
  const device = pair.addDevice({ ...WINDOWED, slot, progress });
  pair.run();
  assert.equal(device.story, ["resumed", "connected", "restarted", "done"]);
  assertUpdated(pair, device);
});

resume("a kind of device that does not resume begins anew over what is in flash", () => {
  const [slot, progress] = [new MemoryFlash(2_048, PAGE_LENGTH), new MemoryFlash(3 * PAGE_LENGTH, PAGE_LENGTH)];
  withOlderImage(slot, progress);
  const { pair } = watchedPair(() => undefined);
  const device = pair.addDevice({ ...WINDOWED, slot, progress, dialect: { resumes: false, blockSize: BLOCK_SIZE } });
  pair.run();
  assert.equal(device.story, ["connected", "done"]);
  assert.is(device.blockCount, BLOCK_COUNT);
});

resume.run();
