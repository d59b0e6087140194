// Must work for every stock device: libcoap pulls an image with each block size that exists, and with none asked for.

import { suite } from "uvu";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { coapClientBuilds, IDENTITY, identical, KEY, pullFile } from "../support/coap-client-program.ts";
import { servedFor } from "../support/serving.ts";

const BLOCK_SIZES = [16, 32, 64, 128, 256, 512, 1024];

const image = sampleBytes(1, 128 * 1024);
const test = suite("libcoap-blocks");
const scratch = scratchDirectories(test);
const serving = servedFor(test, { images: { "1": image }, keys: { [IDENTITY]: KEY }, flags: ["--coap"] });

for (const build of coapClientBuilds()) {
  for (const size of BLOCK_SIZES) {
    test(`${build.name} -b ${size} pulls 128 KiB, every byte as published`, async () => {
      const pulled = await pullFile(build, serving(), scratch(), { path: "/fw/boat/1", flags: ["-b", String(size)] });
      identical(pulled, image);
    });
  }

  test(`RFC 7959 2.3: ${build.name} without -b pulls 128 KiB in blocks that the server chose`, async () => {
    identical(await pullFile(build, serving(), scratch(), { path: "/fw/boat/1" }), image);
  });
}

test.run();
