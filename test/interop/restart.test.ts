// The server goes and comes back while devices pull: in short here, and with 500 of them by `npm run test:restart`.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { coapClientBuilds } from "../support/coap-client-program.ts";
import { restartWhilePulling } from "../support/restart-scene.ts";

const test = suite("restart");
const scratch = scratchDirectories(test);

const DEVICE_COUNT = 24;
const coapClients = coapClientBuilds().filter(({ name }) => name === "coap-client-openssl");
const count = DEVICE_COUNT + coapClients.length;

for (const signal of ["SIGKILL", "SIGTERM"] as const) {
  test(`${signal} while ${count} devices pull: every image is whole, and nobody shakes hands anew`, async () => {
    const [data, files] = [scratch(), scratch()];
    const imageLength = 32 * 1024;
    const scene = { data, files, signal, deviceCount: DEVICE_COUNT, coapClients, imageLength, seed: 5 };
    const outcome = await restartWhilePulling(scene);
    const { wholeCount, handshakesAgain, restoredCount } = outcome;
    assert.equal({ wholeCount, handshakesAgain }, { wholeCount: count, handshakesAgain: 0 });
    // On a busy computer the stock client, which goes first, may have its image before the server goes.
    assert.ok(restoredCount >= DEVICE_COUNT, `${restoredCount} sessions were restored`);
  });
}

test.run();
