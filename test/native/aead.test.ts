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

  test("a key of 16 bytes makes a context, and one of 32 bytes one of GCM: no other does", () => {
    const contextOf = (keyLength: number, ccm: boolean) => aead.createContext(new Uint8Array(keyLength), 16, ccm, true);
    for (const [keyLength, ccm] of [
      [16, true],
      [16, false],
      [32, false],
    ] as const) {
      aead.releaseContext(contextOf(keyLength, ccm));
    }
    for (const [keyLength, ccm] of [
      [32, true],
      [24, false],
      [0, false],
      [33, false],
    ] as const) {
      assert.throws(() => contextOf(keyLength, ccm), "is needed");
    }
  });
}

test.run();
