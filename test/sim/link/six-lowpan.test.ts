import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  frameMs,
  type MeshModel,
  meanAttemptCount,
  meshFrames,
  pathLoss,
  serviceMs,
} from "../../../sim/link/six-lowpan.ts";

const sixLowpan = suite("six-lowpan");

const MESH: MeshModel = {
  kind: "mesh",
  rateBitsPerSecond: 250_000,
  frameLengthMax: 127,
  frameOverheadLength: 34,
  compressedHeaderLength: 12,
  hopCount: 3,
  retryCountMax: 3,
};

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

sixLowpan("IEEE 802.15.4: a frame of 127 bytes, an acknowledgement, and the service of one frame", () => {
  near(frameMs(250_000, 127), 4.256, 1e-9);
  near(frameMs(250_000, 5), 0.352, 1e-9);
  near(serviceMs(250_000, 127), 6.88, 1e-9);
});

sixLowpan("q = 0.3 and three retries: what is left of the loss by frame, path and packet", () => {
  near(pathLoss(0.3, 3, 1), 0.0081, 1e-12);
  const packetLoss = (frameCount: number) => 1 - (1 - pathLoss(0.3, 3, 3)) ** frameCount;
  near(packetLoss(1), 0.0241, 0.00005);
  near(packetLoss(2), 0.0476, 0.00005);
  near(packetLoss(11), 0.2354, 0.00005);
});

sixLowpan("attempts in the mean: one without loss, all retries when everything is lost", () => {
  assert.is(meanAttemptCount(0, 3), 1);
  assert.is(meanAttemptCount(1, 3), 4);
  near(meanAttemptCount(0.3, 3), 1 + 0.3 + 0.09 + 0.027, 1e-12);
});

sixLowpan("RFC 4944 5.3: a packet that fits one frame is not fragmented, one byte more is", () => {
  assert.equal(meshFrames(MESH, 127 - 34 - 12), [127]);
  assert.is(meshFrames(MESH, 127 - 34 - 12 + 1).length, 2);
});

sixLowpan("RFC 4944 5.3: fragments carry all bytes, and all but the last end on a unit of 8", () => {
  for (let length = 82; length <= 1232; length++) {
    const [first = 0, ...rest] = meshFrames(MESH, length);
    const firstPayload = first - 34 - 4 - 12;
    const payloads = rest.map((frame) => frame - 34 - 5);
    assert.is(firstPayload % 8, 0);
    assert.ok(payloads.slice(0, -1).every((payload) => payload % 8 === 0));
    assert.is(
      payloads.reduce((sum, payload) => sum + payload, firstPayload),
      length,
    );
    assert.ok([first, ...rest].every((frame) => frame <= 127));
  }
});

sixLowpan("blocks of 64 to 1024 bytes in records of DTLS take 2, 3, 4, 7 and 13 frames", () => {
  assert.equal(
    [64, 128, 256, 512, 1024].map((blockSize) => meshFrames(MESH, blockSize + 14 + 29).length),
    [2, 3, 4, 7, 13],
  );
});

sixLowpan.run();
