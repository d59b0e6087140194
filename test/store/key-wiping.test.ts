// What the stores open a key for is overwritten when it was used. They use Node's own cryptography, so it is watched there.

import crypto from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { PskStore } from "../../psk/psk-store.ts";
import { toUtf8 } from "../../src/base/bytes.ts";
import { Secret } from "../../src/base/secret.ts";
import { DataKeys } from "../../src/store/data-keys.ts";
import { rotateMasterKey } from "../../src/store/master-key-rotation.ts";
import { SEALING_KEY_LENGTH } from "../../src/store/seal.ts";
import { requestFor, sampleBytes } from "../firmware-store/sample-image.ts";
import { CRYPTO } from "../support/crypto.ts";
import { watchBuiltin } from "../support/watched-builtin.ts";
import { WatchingCrypto } from "../support/watching-crypto.ts";
import { scratchDirectories } from "./scratch-directory.ts";

const wiping = suite("store key-wiping");
const scratch = scratchDirectories(wiping);

const isWiped = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

interface Watched {
  /** What pages of images were sealed and opened under. */
  readonly pageKeys: Uint8Array[];
  /** What was sealed in one piece, and came out of one. */
  readonly sealed: Uint8Array[];
  readonly opened: Uint8Array[];
  /** What keys that wrap others were copied from. */
  readonly derived: Uint8Array[];
}

type Cipher = { update(bytes: Uint8Array): Uint8Array };

/** Sees what each cipher of Node's is given and gives. */
function watched(work: () => void): Watched {
  const seen: Watched = { pageKeys: [], sealed: [], opened: [], derived: [] };
  const cipherMade = (given: (bytes: Uint8Array) => void, gave: (bytes: Uint8Array) => void) => {
    return ([, key, nonce]: readonly unknown[], cipher: unknown) => {
      // The nonce of a page is its number.
      if (isWiped((nonce as Uint8Array).subarray(0, 8))) seen.pageKeys.push(key as Uint8Array);
      const { update } = cipher as Cipher;
      (cipher as Cipher).update = function (this: Cipher, bytes) {
        const result = update.call(this, bytes);
        given(bytes);
        gave(result);
        return result;
      };
    };
  };
  const nothing = () => {};
  const ends = [
    watchBuiltin(
      crypto,
      "createCipheriv",
      cipherMade((bytes) => seen.sealed.push(bytes), nothing),
    ),
    watchBuiltin(
      crypto,
      "createDecipheriv",
      cipherMade(nothing, (bytes) => seen.opened.push(bytes)),
    ),
    watchBuiltin(crypto, "hkdfSync", (_args, key) => seen.derived.push(new Uint8Array(key as ArrayBuffer))),
  ];
  try {
    work();
  } finally {
    for (const end of ends) end();
  }
  return seen;
}

const ofLength = (all: readonly Uint8Array[], length: number) => all.filter((bytes) => bytes.length === length);

function published(directory: string): void {
  const store = FirmwareStore.open(directory);
  store.publish(requestFor(directory, "1.0", sampleBytes(1, 1_000)));
  store.close();
}

wiping("the key of an image, when it was published, and when it is looked at because it comes again", () => {
  const directory = scratch();
  for (let i = 0; i < 2; i++) {
    const { pageKeys, sealed } = watched(() => published(directory));
    assert.ok(pageKeys.length > 0);
    assert.ok(pageKeys.every(isWiped), `a key of a page is there still, at time ${i}`);
    assert.ok(ofLength(sealed, SEALING_KEY_LENGTH).every(isWiped), "the key that was wrapped is there still");
  }
});

wiping("what a device's key was opened into, and what the data key was", () => {
  const directory = scratch();
  const key = new Secret(toUtf8("sixteen byte key"));
  const open = PskStore.open(directory, CRYPTO);
  open.add(toUtf8("meter"), key, 0);
  open.close();
  const crypto = new WatchingCrypto();
  const { opened } = watched(() => {
    const store = PskStore.open(directory, crypto);
    assert.equal(store.find(toUtf8("meter"))!.reveal(), key.reveal());
    assert.ok(isWiped(crypto.aead.arrays.contents.of(key.length)));
    store.close();
  });
  assert.is(ofLength(opened, SEALING_KEY_LENGTH).length, 1);
  assert.ok(opened.every(isWiped));
  assert.equal([crypto.secretsLeft, crypto.openCount], [[], 0]);
});

wiping("all data keys, when they were wrapped anew, and what the wrapping key was copied from", () => {
  const directory = scratch();
  published(directory);
  PskStore.open(directory, CRYPTO).close();
  const { opened, sealed, derived } = watched(() => rotateMasterKey(directory));
  assert.ok(ofLength(opened, SEALING_KEY_LENGTH).length >= 2);
  for (const bytes of [...opened, ...ofLength(sealed, SEALING_KEY_LENGTH)]) assert.ok(isWiped(bytes));
  const wrapping = ofLength(derived, SEALING_KEY_LENGTH);
  assert.ok(wrapping.length > 0 && wrapping.every(isWiped));
  DataKeys.open(directory).close();
});

wiping.run();
