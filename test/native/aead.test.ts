// What the AEAD of the add-on refuses; what it computes is tested with every provider.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { CipherContext } from "../../src/native/aead.ts";
import { builtNativeParts } from "../support/native.ts";

const test = suite("native-aead");
const native = builtNativeParts();
const aead = native?.aead;

if (native !== undefined && aead !== undefined) {
  test("the handle of a port is no context", () => {
    const { datagramPort } = native;
    const handle = datagramPort.open("127.0.0.1", 0, false, new Uint8Array(datagramPort.memoryLength), () => {});
    const wrong = handle as unknown as CipherContext;
    assert.throws(() => aead.seal(wrong, new Uint8Array(64), 0, 32, 0), "is needed");
    assert.throws(() => aead.open(wrong, new Uint8Array(64), 0, 32, 0), "is needed");
    aead.releaseContext(wrong);
    datagramPort.close(handle);
  });
}

test.run();
