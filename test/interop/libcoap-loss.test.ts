// libcoap drops datagrams that it sends (-l). Its retransmissions wait 1 to 3 s, so the pulls of a test run side by side.

import { suite } from "uvu";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import {
  type CoapClientBuild,
  coapClientBuilds,
  IDENTITY,
  identical,
  KEY,
  ownAddress,
  pullFile,
} from "../support/coap-client-program.ts";
import { servedFor } from "../support/serving.ts";

/** 16 KiB in blocks of 1024 bytes: about two lost requests in a pull. */
const BLOCK_COUNT = 16;
const PULLS_OF_EACH = 4;
/** A handshake of four datagrams from the client, and its first requests. */
const FIRST_DATAGRAMS = ["1", "2", "3", "4", "5", "6", "1-2"];

const image = sampleBytes(8, BLOCK_COUNT * 1024);
const test = suite("libcoap-loss");
const scratch = scratchDirectories(test);
const serving = servedFor(test, { images: { "1": image }, keys: { [IDENTITY]: KEY }, flags: ["--coap"] });
const builds = coapClientBuilds();

async function pullWithLoss(build: CoapClientBuild, loss: string, n: number): Promise<void> {
  identical(
    await pullFile(build, serving(), scratch(), { path: "/fw/boat/1", flags: [...ownAddress(n), "-l", loss] }),
    image,
  );
}

for (const build of builds) {
  test(`RFC 6347 4.2.4, RFC 7252 4.2: ${build.name} pulls although each of its first datagrams is lost once`, async () => {
    await Promise.all(FIRST_DATAGRAMS.map((numbers, n) => pullWithLoss(build, numbers, n)));
  });
}

if (builds.length > 0) {
  test(`with -l 10% ${PULLS_OF_EACH} pulls of each libcoap build at once end with identical bytes`, async () => {
    const pulls = builds.flatMap((build) => new Array<CoapClientBuild>(PULLS_OF_EACH).fill(build));
    await Promise.all(pulls.map((build, n) => pullWithLoss(build, "10%", n)));
  });
}

test.run();
