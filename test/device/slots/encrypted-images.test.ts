// Images that come encrypted: blocks are the same for all, and what is in the slot is the image. Whatever was changed, or is for
// somebody else, is refused with its own reason, and the old image runs.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { copyOf } from "../../../src/base/bytes.ts";
import { nobleCrypto } from "../../../src/crypto/noble-crypto.ts";
import { nodeCrypto } from "../../../src/crypto/node-crypto.ts";
import { MemoryFlash } from "../../../src/device/memory-flash.ts";
import { EncryptedSlot } from "../../../src/device/slots/encrypted-slot.ts";
import { openEncryption } from "../../../src/device/slots/offer.ts";
import { decodeEncryptionInfo, encodeEncryptionInfo } from "../../../src/manifest/cose-encrypt.ts";
import type { NativeManifest } from "../../../src/manifest/native-manifest.ts";
import { openPayload } from "../../../src/manifest/opened-payload.ts";
import type { OwnKey } from "../../../src/manifest/payload-encryption.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { Power } from "../../support/cutting-flash.ts";
import { DEVICE_KEY, DEVICE_RECIPIENT, SHARED_KEY, SHARED_RECIPIENT } from "../../support/decryption-keys.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { SlotBoard } from "../../support/slot-board.ts";
import { type Release, type ReleaseInput, release, sha256, UpdateServer } from "../../support/update-server.ts";

const test = suite("encrypted-images");

const INPUT = { sequenceNumber: 5, version: "1.1.0", encryptTo: [DEVICE_RECIPIENT] };

class Scene {
  readonly server = new UpdateServer();
  readonly board: SlotBoard;

  constructor(input: ConstructorParameters<typeof SlotBoard>[1] = { decryptionKey: DEVICE_KEY }) {
    this.board = new SlotBoard(this.server, input);
  }

  publish(published: Release): this {
    this.server.publish(published);
    this.board.know(published.manifest.version, published.image);
    return this;
  }

  /** The image is confirmed. */
  isTaken(): void {
    this.board.run();
    assert.equal(this.board.reasons, []);
    assert.is(this.board.version, "1.1.0");
    assert.is(this.server.told.at(-1), "0 1 1.1.0");
  }

  /** The old image runs, and the server was told why. */
  isRefused(reason: string): void {
    this.board.run();
    assert.is(this.board.version, "1.0.0");
    assert.equal(this.board.reasons, [reason]);
    assert.ok(this.server.told.at(-1)!.includes(reason.split(" ")[0]!), this.server.told.join());
  }
}

/** The release, with another encryption than the one that it was made with. */
function changed(
  input: ReleaseInput,
  change: (encryption: NonNullable<NativeManifest["encryption"]>) => object,
): Release {
  const { manifest, served } = release(input);
  const encryption = { ...manifest.encryption!, ...change(manifest.encryption!) };
  return { ...release({ ...input, encryption }), served };
}

for (const [name, crypto] of [
  ["node", nodeCrypto()],
  ["noble", nobleCrypto()],
] as const) {
  for (const algorithm of ["a128gcm", "a128ctr"] as const) {
    test(`${name}, ${algorithm}: an image of 1,001 bytes comes encrypted, and boots`, () => {
      const published = release({ ...INPUT, algorithm, length: 1_001 });
      assert.is(published.served.length, 1_001 + (algorithm === "a128gcm" ? 16 : 0));
      new Scene({ decryptionKey: DEVICE_KEY, crypto }).publish(published).isTaken();
    });
  }
}

test("a key that a whole class shares opens it as well as a device's own", () => {
  const published = release({ ...INPUT, encryptTo: [DEVICE_RECIPIENT, SHARED_RECIPIENT] });
  new Scene().publish(published).isTaken();
  new Scene({ decryptionKey: SHARED_KEY }).publish(published).isTaken();
});

test("no byte of the ciphertext but the tag reaches flash", () => {
  const { board, server } = new Scene().publish(release(INPUT));
  board.run();
  const slot = board.slots[1].read(0, 1_016);
  assert.equal(slot.subarray(0, 1_000), server.current!.image);
  assert.equal(slot.subarray(1_000), server.current!.served.subarray(1_000));
});

test("a device without a key takes no encrypted image: noKeyForThisDevice, before anything is fetched", () => {
  const scene = new Scene({}).publish(release(INPUT));
  scene.isRefused("noKeyForThisDevice 6");
  assert.not.match(scene.server.requests.join(), /fw/);
});

test("a device whose key is not named: noKeyForThisDevice", () => {
  const decryptionKey: OwnKey = { ...DEVICE_KEY, kid: Uint8Array.of(1) };
  new Scene({ decryptionKey }).publish(release(INPUT)).isRefused("noKeyForThisDevice 6");
});

test("another key under the same name: contentKeyWrong", () => {
  const decryptionKey: OwnKey = { kind: "ecdhEs", privateKey: new Uint8Array(32).fill(1) };
  new Scene({ decryptionKey }).publish(release(INPUT)).isRefused("contentKeyWrong 5");
});

test("a bit of the ciphertext, or of its tag, that is flipped on the way or on the server's disk: digestDiffers", () => {
  for (const at of [0, 500, 999, 1_000, 1_015]) {
    const published = release(INPUT);
    published.served[at]! ^= 0x10;
    new Scene().publish(published).isRefused("digestDiffers 5");
  }
});

test("a tag that the maker's own tools got wrong: ciphertextWrong, and it is not tried again", () => {
  const { manifest, served } = release(INPUT);
  served[1_003]! ^= 0x10;
  const encryption = { ...manifest.encryption!, sha256: sha256(served) };
  const scene = new Scene().publish({ ...release({ ...INPUT, encryption }), served });
  scene.isRefused("ciphertextWrong 5");
  scene.board.wait();
  assert.is(scene.server.requests.filter((request) => request.startsWith("/fw")).length, 4);
});

test("another nonce than the one that it was encrypted with: ciphertextWrong", () => {
  const withNonce = ({ info: bytes }: { info: Uint8Array }) => {
    const decoded = decodeEncryptionInfo(bytes);
    assert.ok(decoded.ok);
    return { info: encodeEncryptionInfo({ ...decoded.value, iv: new Uint8Array(12) }) };
  };
  new Scene().publish(changed(INPUT, withNonce)).isRefused("ciphertextWrong 5");
});

test("CTR, which authenticates nothing, with another counter: the plaintext's digest tells", () => {
  const input = { ...INPUT, algorithm: "a128ctr" } as const;
  const withCounter = ({ info: bytes }: { info: Uint8Array }) => {
    const decoded = decodeEncryptionInfo(bytes);
    assert.ok(decoded.ok);
    return { info: encodeEncryptionInfo({ ...decoded.value, iv: new Uint8Array(16) }) };
  };
  new Scene().publish(changed(input, withCounter)).isRefused("digestDiffers 5");
});

test("an encrypted image of another plaintext than the manifest says: digestDiffers", () => {
  const { manifest, served } = release(INPUT);
  const other = release({ ...INPUT, encryption: manifest.encryption, sha256: sha256(Uint8Array.of(1)) });
  new Scene().publish({ ...other, served }).isRefused("digestDiffers 5");
});

test("an encryption info with any byte changed, signed by the maker all the same: refused", () => {
  const { encryption } = release(INPUT).manifest;
  const opened: number[] = [];
  for (let at = 0; at < encryption!.info.length; at++) {
    const info = copyOf(encryption!.info);
    info[at]! ^= 0x01;
    const published = changed(INPUT, () => ({ info }));
    const payload = openEncryption(CRYPTO, published.manifest, DEVICE_KEY);
    if (!payload.ok) continue;
    opened.push(at);
    new Scene().publish(published).isRefused("ciphertextWrong 5");
  }
  assert.is(opened.length, 12, "a device without flash would take another nonce alone");
});

test("a ciphertext that is longer than image and tag: malformed", () => {
  new Scene().publish(changed(INPUT, ({ size }) => ({ size: size + 1 }))).isRefused("malformed 6");
});

test("room is wanted for the tag too: an image that fills the slot to its last byte is tooLarge", () => {
  new Scene().publish(release({ ...INPUT, length: 2_048 - 15 })).isRefused("tooLarge 2");
  new Scene().publish(release({ ...INPUT, length: 2_048 - 16 })).isTaken();
});

test("flash that loses a bit of what was written to it: storageFailed, and not the ciphertext's fault", () => {
  const scene = new Scene().publish(release(INPUT));
  const [, slot] = scene.board.slots;
  const write = slot.write.bind(slot);
  slot.write = (offset, bytes) => write(offset, offset < 768 ? bytes : bytes.with(0, bytes[0]! & (bytes[0]! - 1)));
  scene.isRefused("storageFailed 8");
});

test("a power cut in the midst of the download costs a unit at the most, and the key is opened anew", () => {
  const scene = new Scene().publish(release(INPUT));
  scene.board.power = new Power(12);
  assert.not(scene.board.runOnce());
  const asked = scene.server.requests.filter((request) => request.startsWith("/fw")).length;
  assert.ok(asked > 0 && asked < 4, `${asked} blocks were asked for`);
  scene.isTaken();
  assert.ok(scene.server.requests.filter((request) => request.startsWith("/fw")).length <= 6);
});

test("decision 22: what fell back is tried again without a download, though its key was forgotten meanwhile", () => {
  const scene = new Scene().publish(release(INPUT));
  scene.board.cutOff.add("1.1.0");
  scene.board.run();
  scene.board.wait();
  assert.equal(scene.board.starts, ["1.0.0", "1.1.0*", "1.0.0", "1.1.0*", "1.0.0"]);
  assert.is(scene.server.requests.filter((request) => request.startsWith("/fw")).length, 4);
});

test("once the download is over the content key is overwritten", () => {
  const keys = new Set<Uint8Array>();
  const ctr: typeof CRYPTO.payload.ctr = (key, counterBlock, bytes) => {
    keys.add(key);
    return CRYPTO.payload.ctr(key, counterBlock, bytes);
  };
  const crypto = { ...CRYPTO, payload: { ...CRYPTO.payload, ctr } };
  new Scene({ decryptionKey: DEVICE_KEY, crypto }).publish(release(INPUT)).isTaken();
  assert.is(keys.size, 1);
  for (const key of keys) assert.equal(key, new Uint8Array(16));
});

test("in whatever pieces ciphertext is written and read back, the slot holds the image", () => {
  const { image, served, manifest } = release({ ...INPUT, length: 1_500 });
  const info = decodeEncryptionInfo(manifest.encryption!.info);
  assert.ok(info.ok);
  const payload = openPayload(CRYPTO, info.value, DEVICE_KEY);
  assert.ok(payload.ok);
  const random = new SeededRandom(3);
  for (let round = 0; round < 10; round++) {
    const flash = new MemoryFlash(2_048, 512);
    const slot = new EncryptedSlot(flash, payload.value, 1_500);
    const byte = new Uint8Array(1);
    for (let at = 0; at < served.length; ) {
      random.fill(byte);
      const end = Math.min(served.length, at + 1 + byte[0]!);
      slot.write(at, served.subarray(at, end));
      assert.equal(slot.read(at, end - at), served.subarray(at, end));
      at = end;
    }
    assert.equal(flash.read(0, 1_500), image);
    assert.equal(slot.read(0, served.length), served);
  }
});

test.run();
