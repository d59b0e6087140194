// Our envelopes on a device that does as RIOT's handlers do, and each of their rules.

import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bytesOfLatin1, concat, fromHex, toHex, toUtf8 } from "../../../src/base/bytes.ts";
import { type CborValue, Tagged } from "../../../src/cbor/cbor-value.ts";
import { encodeCbor } from "../../../src/cbor/encode-cbor.ts";
import { authenticateRiot } from "../../../src/manifest/suit/riot-authentication.ts";
import {
  encodeRiotManifest,
  RIOT_ENVELOPE_LENGTH_MAX,
  RIOT_SEQUENCE_NUMBER_MAX,
  RIOT_URI_LENGTH_MAX,
  type RiotRelease,
  riotEnvelope,
  riotFault,
  riotToBeSigned,
} from "../../../src/manifest/suit/riot-envelope.ts";
import { classUuid, vendorUuid } from "../../../src/manifest/suit/uuid.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { type RiotDevice, RiotResult, riotUpdate } from "../../support/riot-device.ts";
import { ED25519_PAIR, ES256_PAIR, OTHER_ED25519_PAIR } from "../../support/signing-keys.ts";

const test = suite("suit/riot-envelope");

const sha1 = (bytes: Uint8Array) => new Uint8Array(createHash("sha1").update(bytes).digest());
const sha256 = (bytes: Uint8Array) => bytesOfLatin1(CRYPTO.sha256(bytes));
const VENDOR = vendorUuid(sha1, "riot-os.org");
const CLASS = classUuid(sha1, VENDOR, "samr21-xpro");
const [SLOT_0, SLOT_1] = [toUtf8("RIOT image of slot 0"), toUtf8("RIOT image, slot 1")];
const ROOT = "coap://[fd00::1]/fw/sensor";

const RELEASE: RiotRelease = {
  sequenceNumber: 1_700_000_000,
  vendorId: VENDOR,
  classId: CLASS,
  images: [
    { slot: 0x1000, uri: `${ROOT}/slot0.bin`, sha256: sha256(SLOT_0), size: SLOT_0.length },
    { slot: 0x20800, uri: `${ROOT}/slot1.bin`, sha256: sha256(SLOT_1), size: SLOT_1.length },
  ],
};

const DEVICE: RiotDevice = {
  spki: ED25519_PAIR.signing.spki,
  vendorId: VENDOR,
  classId: CLASS,
  sequenceNumber: 1_699_999_999,
  otherSlotOffset: 0x20800,
  fetch: (uri) => ({ [`${ROOT}/slot0.bin`]: SLOT_0, [`${ROOT}/slot1.bin`]: SLOT_1 })[uri],
};

function signed(manifest: Uint8Array, pair = ED25519_PAIR): Uint8Array {
  return riotEnvelope(CRYPTO, manifest, pair.signing.sign(riotToBeSigned(CRYPTO, manifest)));
}

const ENVELOPE = signed(encodeRiotManifest(RELEASE));

test("each slot takes its own image and installs it", () => {
  assert.equal(riotUpdate(DEVICE, ENVELOPE), { result: RiotResult.OK, installed: SLOT_1 });
  const inSlot1 = { ...DEVICE, otherSlotOffset: 0x1000 };
  assert.equal(riotUpdate(inSlot1, ENVELOPE), { result: RiotResult.OK, installed: SLOT_0 });
});

test("one image that runs anywhere is installed in whichever slot is free", () => {
  const { slot: _, ...image } = RELEASE.images[1]!;
  const envelope = signed(encodeRiotManifest({ ...RELEASE, images: [image] }));
  assert.equal(riotUpdate(DEVICE, envelope), { result: RiotResult.OK, installed: SLOT_1 });
});

/** A slot's choice: set offset, compare it, set what follows. */
function choice(offset: string, parameters: string): string {
  return `8614a10519${offset}050014${parameters}`;
}

test("the bytes of a manifest, each by hand", () => {
  const filled = (byte: number, length: number) => new Uint8Array(length).fill(byte);
  const manifest = encodeRiotManifest({
    sequenceNumber: 7,
    vendorId: filled(1, 16),
    classId: filled(2, 16),
    images: [
      { slot: 4096, uri: "coap://h/0", sha256: filled(3, 32), size: 1000 },
      { slot: 8192, uri: "coap://h/1", sha256: filled(4, 32), size: 1001 },
    ],
  });
  const digest = (byte: string, size: string) => `a203582482025820${byte.repeat(32)}0e19${size}`;
  const digests = `0f825836${choice("1000", digest("03", "03e8"))}5836${choice("2000", digest("04", "03e9"))}`;
  const identity = `14a20150${"01".repeat(16)}0250${"02".repeat(16)}`;
  const common = `a2 02 81814100 04 589d 88 ${identity} ${digests} 010a 020a`;
  const uri = (last: string) => `a1156a636f61703a2f2f682f${last}`;
  const install = `86 0f8257${choice("1000", uri("30"))}57${choice("2000", uri("31"))} 150a 030a`;
  const whole = `a5 01 01 02 07 03 58a6 ${common} 09 5837 ${install} 0a 43 82030a`;
  assert.is(toHex(manifest), whole.replaceAll(" ", ""));
});

test("the bytes of an envelope: no tag, the signature over the digest in it, and the manifest", () => {
  const manifest = encodeRiotManifest(RELEASE);
  const wrapped = `5901${toHex(Uint8Array.of(manifest.length - 256))}${toHex(manifest)}`;
  const digest = createHash("sha256").update(Buffer.from(wrapped, "hex")).digest("hex");
  const signature = ED25519_PAIR.signing.sign(riotToBeSigned(CRYPTO, manifest));
  const sign1 = `d284 43a10127 a0 5824 82025820${digest} 5840${toHex(signature)}`;
  assert.is(toHex(ENVELOPE), `a2 02 5872 81 586f ${sign1} 03 ${wrapped}`.replaceAll(" ", ""));
});

test("with a bit of any byte flipped nothing is installed that was not signed", () => {
  for (let bit = 0; bit < 8 * ENVELOPE.length; bit += 7) {
    const flipped = ENVELOPE.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    const { result, installed } = riotUpdate(DEVICE, flipped);
    // The tag of a COSE_Sign1, and the header that is not protected, say nothing to RIOT.
    assert.ok(result !== RiotResult.OK || installed === SLOT_1, `bit ${bit}`);
  }
});

for (const [what, device, result] of [
  ["a device of another vendor", { vendorId: CLASS }, RiotResult.COND],
  ["a device of another class", { classId: VENDOR }, RiotResult.COND],
  ["a device that has this release", { sequenceNumber: 1_700_000_000 }, RiotResult.SEQUENCE_NUMBER],
  ["a device with slots elsewhere", { otherSlotOffset: 0x2000 }, RiotResult.COND],
  ["a device with another key", { spki: OTHER_ED25519_PAIR.signing.spki }, RiotResult.SIGNATURE],
  ["another image of the same length", { fetch: () => SLOT_1.map((byte) => byte ^ 1) }, RiotResult.DIGEST_MISMATCH],
  ["an image of another length", { fetch: () => SLOT_0 }, -71],
] as const) {
  test(`${what}: refused, and nothing installed`, () => {
    assert.equal(riotUpdate({ ...DEVICE, ...device }, ENVELOPE), { result });
  });
}

/** What a device makes of the envelope with another list of signatures. */
function withSignatures(...list: readonly CborValue[]): number {
  const manifest = encodeRiotManifest(RELEASE);
  const map = new Map<number, CborValue>([
    [2, encodeCbor(list)],
    [3, manifest],
  ]);
  return riotUpdate(DEVICE, encodeCbor(map)).result;
}

test("the digest stands within the signature: one that is elsewhere is refused", () => {
  const sign1 = [Uint8Array.of(0xa1, 1, 0x27), new Map(), null, new Uint8Array(64)];
  assert.is(withSignatures(encodeCbor(new Tagged(18, sign1))), RiotResult.SIGNATURE);
  assert.is(withSignatures(), RiotResult.SIGNATURE);
});

test("an envelope with the tag of later drafts is none", () => {
  assert.is(riotUpdate(DEVICE, concat(Uint8Array.of(0xd8, 0x6b), ENVELOPE)).result, RiotResult.INVALID_MANIFEST);
});

test("SHA-256 is the algorithm 2: the number of later drafts is refused", () => {
  const later = fromHex(toHex(encodeRiotManifest(RELEASE)).replaceAll("82025820", "822f5820"))!;
  assert.is(riotUpdate(DEVICE, signed(later)).result, RiotResult.INVALID_MANIFEST);
});

test("a key without a handler is refused: no text, no reference, no invoke", () => {
  for (const key of [4, 11, 12, 13, 20]) {
    const map = new Map<number, CborValue>([
      [1, 1],
      [2, RELEASE.sequenceNumber],
      [key, Uint8Array.of(0x80)],
    ]);
    assert.is(riotUpdate(DEVICE, signed(encodeCbor(map))).result, RiotResult.UNSUPPORTED);
  }
});

test("two images with URIs as long as RIOT takes fit its buffer, and its buffer is what we count with", () => {
  const long = (slot: number) => `${ROOT}/${slot}`.padEnd(RIOT_URI_LENGTH_MAX, "x");
  const images = RELEASE.images.map((image, i) => ({ ...image, uri: long(i) }));
  const envelope = signed(encodeRiotManifest({ ...RELEASE, images }));
  assert.ok(envelope.length <= RIOT_ENVELOPE_LENGTH_MAX, `${envelope.length}`);
  const device = { ...DEVICE, fetch: (uri: string) => (uri === long(1) ? SLOT_1 : undefined) };
  assert.equal(riotUpdate(device, envelope), { result: RiotResult.OK, installed: SLOT_1 });
  const longer = concat(envelope, new Uint8Array(RIOT_ENVELOPE_LENGTH_MAX + 1 - envelope.length));
  assert.is(riotUpdate(device, longer).result, RiotResult.NO_MEM);
});

test("who signed an envelope is found with the key alone", () => {
  const by = authenticateRiot(CRYPTO, ENVELOPE, [OTHER_ED25519_PAIR.verification, ED25519_PAIR.verification]);
  const { sequenceNumber } = RELEASE;
  const value = { key: ED25519_PAIR.verification, sequenceNumber, manifest: encodeRiotManifest(RELEASE) };
  assert.equal(by, { ok: true, value });
  const other = authenticateRiot(CRYPTO, ENVELOPE, [OTHER_ED25519_PAIR.verification]);
  assert.is(other.ok ? "ok" : other.error.reason, "signatureWrong");
  const none = authenticateRiot(CRYPTO, ENVELOPE, [ES256_PAIR.verification]);
  assert.is(none.ok ? "ok" : none.error.reason, "keyUnknown");
});

test("an envelope with a byte changed was signed by nobody", () => {
  for (let at = 0; at < ENVELOPE.length; at += 2) {
    const changed = ENVELOPE.slice();
    changed[at]! ^= 0x10;
    assert.not(authenticateRiot(CRYPTO, changed, [ED25519_PAIR.verification]).ok, `byte ${at}`);
  }
});

test("an envelope of 641 bytes is refused before it is read", () => {
  const by = authenticateRiot(CRYPTO, concat(ENVELOPE, new Uint8Array(641 - ENVELOPE.length)), []);
  assert.equal(by, { ok: false, error: { reason: "malformed", detail: "641 bytes, and RIOT takes 640" } });
});

for (const [what, release, algorithm, reason] of [
  ["what is right", {}, "ed25519", undefined],
  ["a signature with ES256", {}, "es256", "Ed25519 alone"],
  ["the highest sequence number", { sequenceNumber: RIOT_SEQUENCE_NUMBER_MAX }, "ed25519", undefined],
  ["a higher one", { sequenceNumber: RIOT_SEQUENCE_NUMBER_MAX + 1 }, "ed25519", "4294967295"],
  ["a longer URI", { images: [{ ...RELEASE.images[0]!, uri: "u".repeat(128) }] }, "ed25519", "127 bytes"],
  ["an encrypted image", { images: [{ ...RELEASE.images[0]!, encryptionInfo: VENDOR }] }, "ed25519", "decrypt"],
] as const) {
  test(`before it is made: ${what} is ${reason === undefined ? "nothing to refuse" : "refused by name"}`, () => {
    const fault = riotFault({ ...RELEASE, ...release }, algorithm);
    if (reason === undefined) assert.is(fault, undefined);
    else assert.ok(fault?.includes(reason), fault);
  });
}

test.run();
