// A store that is larger than the memory that its server may take for it.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FirmwareStore } from "../../../firmware-store/firmware-store.ts";
import { PAGE_LENGTH } from "../../../firmware-store/page-cache.ts";
import { concat, EMPTY } from "../../../src/base/bytes.ts";
import { blockOption, szxOf } from "../../../src/coap/block.ts";
import { Code } from "../../../src/coap/code.ts";
import { decodeMessage, encodeMessage } from "../../../src/coap/message.ts";
import { OptionNumber, stringOption } from "../../../src/coap/option.ts";
import { sampleBytes } from "../../firmware-store/sample-image.ts";
import { scratchDirectories } from "../../store/scratch-directory.ts";
import { UdpEnd } from "../../support/udp-end.ts";
import { startServe } from "../narrowboat.ts";

const test = suite("serve-cache");
const scratch = scratchDirectories(test);

const IMAGE_COUNT = 32;
const IMAGE_LENGTH = 4 * 2 ** 20;
const BLOCK_SIZE = 1024;
/** What serving takes without an image, and half as much again; with all of them it would be above 200 MB. */
const RESIDENT_MAX_BYTES = 140e6;

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

function request(version: string, messageId: number, offset: number): Uint8Array {
  const path = ["fw", "boat", version].map((segment) => stringOption(OptionNumber.URI_PATH, segment));
  const block = { num: offset / BLOCK_SIZE, more: false, szx: szxOf(BLOCK_SIZE) };
  const options = [...path, blockOption(OptionNumber.BLOCK2, block)];
  return encodeMessage({ type: "CON", code: Code.GET, messageId, token: EMPTY, options, payload: EMPTY });
}

test(`${(IMAGE_COUNT * IMAGE_LENGTH) / 2 ** 20} MiB of images are served out of a cache of 4 MiB, in little more memory`, async () => {
  const directory = scratch();
  const file = join(directory, "image.bin");
  const store = FirmwareStore.open(join(directory, "narrowboat-data"));
  const sample = sampleBytes(1, IMAGE_LENGTH);
  const images = Array.from({ length: IMAGE_COUNT }, (_, i) =>
    concat(sample.subarray(97 * i), sample.subarray(0, 97 * i)),
  );
  for (const [i, image] of images.entries()) {
    writeFileSync(file, image);
    store.publish({ file, product: "boat", version: String(i), publishedAt: 0 });
  }
  store.close();
  const server = await startServe(directory, "--coap", "--host", "127.0.0.1", "--cache-size", "4M");
  const device = await UdpEnd.open();
  try {
    let messageId = 0;
    for (const [i, image] of images.entries()) {
      const offsets = Array.from({ length: IMAGE_LENGTH / PAGE_LENGTH }, (_, page) => page * PAGE_LENGTH);
      const before = device.datagrams.length;
      for (const offset of offsets) device.send(server.coapPort!, request(String(i), messageId++, offset));
      await device.received(before + offsets.length);
      for (const { bytes } of device.datagrams.slice(before)) {
        const answer = decodeMessage(bytes);
        assert.ok(answer.ok && answer.value.code === Code.CONTENT);
        const offset = offsets[answer.value.messageId % offsets.length]!;
        assert.is(Buffer.compare(answer.value.payload, image.subarray(offset, offset + BLOCK_SIZE)), 0);
      }
    }
    const resident = residentBytes(server.program.child.pid!);
    assert.ok(resident < RESIDENT_MAX_BYTES, `${(resident / 1e6).toFixed(0)} MB resident`);
  } finally {
    device.close();
    await server.program.kill("SIGKILL");
  }
});

test.run();
