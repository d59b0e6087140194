// Forgeries of a release, each by somebody who has everything but the maker's key, and each through the command itself: exit
// code 1, and what is wrong.

import { generateKeyPairSync } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat, toUtf8 } from "../../../src/base/bytes.ts";
import { peerAddress } from "../../../src/base/peer-address.ts";
import { readBundle, writeBundle } from "../../../src/cli/release/bundle-file.ts";
import { type ReleaseContent, signRelease } from "../../../src/cli/release/signed-parts.ts";
import type { Finding } from "../../../src/cli/verify/finding.ts";
import type { Verifier } from "../../../src/cli/verify/verifier.ts";
import { fileFindings, uriFindings } from "../../../src/cli/verify/verify.ts";
import { type CoapUri, parseCoapUri } from "../../../src/coap/coap-uri.ts";
import type { SigningKey } from "../../../src/crypto/signature.ts";
import { assembleSign1, decodeSign1 } from "../../../src/manifest/cose-sign1.ts";
import { encodeReleaseRecord } from "../../../src/manifest/release-record.ts";
import { SIGNED_MANIFEST, SIGNED_TICKET, sign } from "../../../src/manifest/signed-object.ts";
import { manifestIn, type NewRelease } from "../../../src/release-store/release.ts";
import { systemNow } from "../../../src/shell/system-clock.ts";
import { imageKeyOf } from "../../../src/trust-store/image-key.ts";
import { digestOf, mcubootImage, signedBy } from "../../firmware/formats/mcuboot-image.ts";
import { scratchDirectories } from "../../store/scratch-directory.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { signedManifest, signedTrustRoot } from "../../support/releases.ts";
import { ED25519_PAIR, OTHER_ED25519_PAIR } from "../../support/signing-keys.ts";
import { UpdateServer } from "../../support/update-server.ts";
import { spoken } from "../spoken-command.ts";

const test = suite("forgeries");
const scratch = scratchDirectories(test);

const MAKER = ED25519_PAIR.signing;
const THIEF = OTHER_ED25519_PAIR.signing;
const NOW = Date.UTC(2026, 10, 27);
/** Seconds since 1970, whenever this runs. */
const FAR = 4_000_000_000;
const PAST = 1_000_000_000;

const BOOT = generateKeyPairSync("ed25519");
const BOOT_SPKI = new Uint8Array(BOOT.publicKey.export({ type: "spki", format: "der" }));
const counter = (value: number) => ({ type: 0x50, value: Uint8Array.of(value, 0, 0, 0) });
const signedImage = (value: number, payloadLength = 500): Uint8Array =>
  mcubootImage({
    payloadLength,
    version: [1, 2, 3, 0],
    protectedEntries: [counter(value)],
    entries: signedBy("ed25519", BOOT.privateKey, BOOT_SPKI),
  });

const IMAGE = signedImage(7);
const OLDER = signedImage(7, 400);
const NOTES = toUtf8("what is new");
const SBOM = toUtf8('{"bomFormat":"CycloneDX"}');

const VERIFIER: Verifier = {
  crypto: CRYPTO,
  makers: [ED25519_PAIR.verification],
  imageKeys: [imageKeyOf({ algorithm: "ed25519", keyId: digestOf("sha256", BOOT_SPKI), spki: BOOT_SPKI })],
  now: NOW,
};

const imageOf = (version: string, bytes: Uint8Array) => ({
  version,
  sha256: digestOf("sha256", bytes),
  size: bytes.length,
  path: `/fw/pump/${version}`,
  securityCounter: 7,
});

const CONTENT: ReleaseContent = {
  product: "pump",
  class: "outdoor",
  sequenceNumber: 5,
  image: imageOf("1.2.3", IMAGE),
  kind: "security",
  notes: NOTES,
  sbom: SBOM,
  wayBack: { image: imageOf("1.2.2", OLDER), notAfter: FAR },
  suit: { vendorId: new Uint8Array(16), classId: new Uint8Array(16).fill(1), server: undefined, forRiot: true },
  trustRoot: {
    number: 1,
    product: "pump",
    notAfter: FAR,
    keys: [{ role: "server", spki: THIEF.spki }],
    servers: [],
  },
  releasedAt: NOW,
};

const released = (key: SigningKey, more: Partial<ReleaseContent> = {}): NewRelease =>
  signRelease(CRYPTO, key, { ...CONTENT, ...more });

const GENUINE = released(MAKER);

function bundled(release: NewRelease, image: Uint8Array): string {
  const file = join(scratch(), "pump.bundle");
  writeBundle(file, release, image);
  return file;
}

const wrongsOf = (file: string) => fileFindings(file, VERIFIER).filter(({ verdict }) => verdict === "wrong");

interface Verdict {
  readonly code: number;
  readonly stderr: string;
  /** What the command calls wrong: "notes: not the one that was signed". */
  readonly wrongs: readonly string[];
}

/** What `narrowboat verify` says with the maker's two public keys. */
async function verified(what: string): Promise<Verdict> {
  const directory = scratch();
  const trusted = [MAKER.spki, BOOT_SPKI].flatMap((spki, i) => {
    const file = join(directory, `maker-${i}.pub`);
    const pem = Buffer.from(spki).toString("base64");
    writeFileSync(file, `-----BEGIN PUBLIC KEY-----\n${pem}\n-----END PUBLIC KEY-----\n`);
    return ["--trust", file];
  });
  const { code, stdout, stderr } = await spoken("verify", what, ...trusted, "--json");
  const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] };
  const wrongs = findings.filter(({ verdict }) => verdict === "wrong").map(({ what, detail }) => `${what}: ${detail}`);
  return { code, stderr, wrongs };
}

async function isForged(what: string, found: RegExp): Promise<void> {
  const { code, stderr, wrongs } = await verified(what);
  assert.is(code, 1, stderr);
  assert.is(stderr, `narrowboat: ${what} is not to be trusted: ${wrongs[0]}\n`);
  assert.match(wrongs.join("\n"), found);
}

/** The genuine one with another part. */
const withPart = (more: Partial<NewRelease>) => () => bundled({ ...GENUINE, ...more }, IMAGE);
const wayBack = (more: Partial<ReleaseContent>, key = MAKER) => released(key, more).wayBack;

/** What the maker signed, under another key's name, or with other words. */
function resigned(change: (payload: Uint8Array) => Uint8Array, keyId = MAKER.keyId): Uint8Array {
  const decoded = decodeSign1(GENUINE.manifest);
  assert.ok(decoded.ok);
  const { algorithm, payload, signature } = decoded.value;
  return assembleSign1({ algorithm, keyId }, change(payload), signature);
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy[at]! ^= 1;
  return copy;
}

const ticket = sign(SIGNED_TICKET, MAKER, {
  nonce: new Uint8Array(8),
  device: new Uint8Array(8),
  manifestDigest: undefined,
  log: undefined,
  sequenceNumber: 5,
  lifetime: 60,
  issued: 1,
  comeAgain: 60,
});

const FORGERIES: readonly (readonly [name: string, make: () => string, found: RegExp])[] = [
  ["all signed by somebody else", () => bundled(released(THIEF), IMAGE), /manifest's signature: keyUnknown/],
  [
    "the maker's name over somebody else's signature",
    withPart({ manifest: released({ ...THIEF, keyId: MAKER.keyId }).manifest }),
    /manifest's signature: signatureWrong/,
  ],
  [
    "a word changed in what was signed",
    withPart({ manifest: resigned((payload) => flipped(payload, payload.length - 40)) }),
    /manifest's signature: (signatureWrong|malformed)/,
  ],
  ["a ticket in place of the manifest", withPart({ manifest: ticket }), /manifest's signature: signatureWrong/],
  ["an image with one bit changed", () => bundled(GENUINE, flipped(IMAGE, 100)), /image's digest: /],
  [
    "a bit changed where only the format's own hash stands",
    () => bundled(GENUINE, flipped(IMAGE, 560)),
    /image's digest: /,
  ],
  ["an older image that the maker's bootloader key has signed", () => bundled(GENUINE, OLDER), /image's digest: /],
  ["an image that goes on behind its end", () => bundled(GENUINE, concat(IMAGE, Uint8Array.of(0))), /image's digest: /],
  [
    "a manifest with the security counter that the image has not",
    () => bundled(released(MAKER, { image: { ...CONTENT.image, securityCounter: 9 } }), IMAGE),
    /image's security counter: 7, and the manifest says 9/,
  ],
  [
    "a manifest for another version than the image's",
    () => bundled(released(MAKER, { image: { ...CONTENT.image, version: "1.3.0", path: "/fw/pump/1.3.0" } }), IMAGE),
    /image's version: 1\.2\.3, and the manifest says 1\.3\.0/,
  ],
  ["other notes", withPart({ notes: toUtf8("all is well") }), /notes: not the one/],
  ["no bill of materials", withPart({ sbom: undefined }), /bill of materials: the record names it/],
  [
    "a record that calls it a small thing",
    withPart({ record: encodeReleaseRecord({ kind: "functional" }) }),
    /record: not the one that was signed/,
  ],
  [
    "notes beside a release that was signed without",
    () => {
      const plain = released(MAKER, { kind: undefined, notes: undefined, sbom: undefined });
      return bundled({ ...plain, notes: NOTES }, IMAGE);
    },
    /record: nobody signed/,
  ],
  ["a way back by somebody else", withPart({ wayBack: wayBack({}, THIEF) }), /way back's signature: keyUnknown/],
  [
    "a way back that ended",
    withPart({ wayBack: wayBack({ wayBack: { image: imageOf("1.2.2", OLDER), notAfter: PAST } }) }),
    /way back's time: it ended/,
  ],
  [
    "a way back from another image",
    withPart({ wayBack: wayBack({ image: imageOf("1.2.3", OLDER) }) }),
    /way back's condition: it is for another image/,
  ],
  [
    "a way back of another release, with a number that is old by now",
    withPart({ wayBack: wayBack({ sequenceNumber: 4 }) }),
    /way back's sequence number: 5, and it has to be above 5/,
  ],
  ["a SUIT envelope by somebody else", withPart({ suit: released(THIEF).suit }), /SUIT envelope: signatureWrong/],
  [
    "a SUIT envelope of an older release",
    withPart({ suit: released(MAKER, { sequenceNumber: 4 }).suit }),
    /SUIT envelope: its sequence number is 4/,
  ],
  [
    "a SUIT envelope of another image",
    withPart({ suit: released(MAKER, { image: imageOf("1.2.3", OLDER) }).suit }),
    /SUIT envelope: it is not for this image/,
  ],
  ["RIOT's envelope with one byte changed", withPart({ riot: flipped(GENUINE.riot!, 60) }), /RIOT's envelope: /],
  [
    "another product's trust root",
    withPart({ trustRoot: signedTrustRoot(1, { product: "valve" }) }),
    /trust root's product: valve/,
  ],
  [
    "a trust root that names somebody's server, by that somebody",
    withPart({ trustRoot: released(THIEF).trustRoot }),
    /trust root's signature: keyUnknown/,
  ],
  [
    "a bundle whose head hides what stands behind the image",
    () => {
      const file = bundled(GENUINE, IMAGE);
      writeFileSync(file, concat(bytesOf(file), toUtf8("more")));
      return file;
    },
    /bundle: .* its head says/,
  ],
];

test("the genuine release is right in all that can be told of it", async () => {
  const file = bundled(GENUINE, IMAGE);
  assert.equal(await verified(file), { code: 0, stderr: "", wrongs: [] });
  const findings = fileFindings(file, VERIFIER);
  assert.equal(
    findings.filter(({ verdict }) => verdict !== "right").map(({ what, verdict }) => [what, verdict]),
    [
      ["freshness", "unchecked"],
      ["registry", "unchecked"],
    ],
  );
  assert.ok(findings.length > 15);
});

for (const [name, make, found] of FORGERIES) {
  test(`forged: ${name}`, () => isForged(make(), found));
}

test("forged: a bit of every fourth byte of the small parts of a bundle", () => {
  const file = bundled(GENUINE, IMAGE);
  const whole = bytesOf(file);
  const { imageOffset } = readBundle(file);
  for (let at = 0; at < imageOffset; at += 4) {
    writeFileSync(file, flipped(whole, at));
    assert.ok(wrongsOf(file).length > 0, `byte ${at}`);
  }
});

const STRANGER = generateKeyPairSync("ed25519");
const STRANGER_SPKI = new Uint8Array(STRANGER.publicKey.export({ type: "spki", format: "der" }));

const FORGED_IMAGES: readonly (readonly [name: string, bytes: Uint8Array, found: RegExp])[] = [
  ["without a signature", mcubootImage(), /^image's maker: no signature in it/m],
  [
    "signed by somebody else",
    mcubootImage({ entries: signedBy("ed25519", STRANGER.privateKey, STRANGER_SPKI) }),
    /^image's maker: no signature in it/m,
  ],
  ["with one bit changed", flipped(IMAGE, 100), /^image's sha256 at byte 552: wrong$/m],
  ["of no format", toUtf8("raw bytes"), /^image's maker: no signature in it/m],
];

test("an image alone is right by its own signature", async () => {
  assert.equal(await verified(written("pump.bin", IMAGE)), { code: 0, stderr: "", wrongs: [] });
});

for (const [name, bytes, found] of FORGED_IMAGES) {
  test(`forged: an image ${name}`, () => isForged(written("pump.bin", bytes), found));
}

test("an encrypted image: what cannot be checked is said, and nothing is proved", () => {
  const wrapped = { type: 0x32, value: new Uint8Array(113) };
  const sign = signedBy("ed25519", BOOT.privateKey, BOOT_SPKI);
  const file = written("pump.bin", mcubootImage({ flags: 4, entries: (region) => [wrapped, ...sign(region)] }));
  const findings = fileFindings(file, VERIFIER);
  const said = findings.filter(({ verdict }) => verdict === "unchecked").map(({ detail }) => detail);
  assert.is(said.length, 2);
  assert.ok(said.every((detail) => detail.includes("the image is encrypted")));
  assert.is(findings.at(-1)!.verdict, "wrong");
});

test("a manifest alone: whose it is, and that its image was not given", async () => {
  const file = written("manifest.cose", signedManifest(3, "1.2.0"));
  const findings = fileFindings(file, VERIFIER);
  assert.equal(findings[0]!.verdict, "right");
  assert.ok(findings.some(({ what, verdict }) => what === "image" && verdict === "unchecked"));
  const forged = sign(SIGNED_MANIFEST, THIEF, manifestIn(GENUINE.manifest));
  await isForged(written("manifest.cose", forged), /^manifest's signature: keyUnknown/);
});

const served = new UpdateServer();
const socket = createSocket("udp4").bind(0, "127.0.0.1");
await once(socket, "listening");
test.after(() => void socket.close());
socket.on("message", (datagram, { port, address }) => {
  const answers = served.handleDatagram(systemNow(), peerAddress(address, port), new Uint8Array(datagram));
  for (const answer of answers) socket.send(answer, port, address);
});

/** What a server says that has this manifest, and this image under its path. */
function serving(manifest: Uint8Array, image: Uint8Array): string {
  served.publish({ manifest: manifestIn(manifest), signed: manifest, image, served: image });
  return `coap://127.0.0.1:${socket.address().port}`;
}

test("a URI: what a server has is right when the maker signed it, and what it does not show is said", async () => {
  const uri = `${serving(GENUINE.manifest, IMAGE)}/m/pump?c=outdoor`;
  assert.equal(await verified(uri), { code: 0, stderr: "", wrongs: [] });
  const { ok, value } = parseCoapUri(uri) as { ok: boolean; value: CoapUri };
  assert.ok(ok);
  const findings = await uriFindings(value, async ({ path }) => (path[0] === "m" ? GENUINE.manifest : IMAGE), VERIFIER);
  assert.ok(findings.some(({ what, verdict }) => what === "record" && verdict === "unchecked"));
});

test("forged: a URI whose manifest is by the server itself", () =>
  isForged(`${serving(released(THIEF).manifest, IMAGE)}/m/pump?c=outdoor`, /^manifest's signature: keyUnknown/));

test("forged: a URI whose manifest is right, over another image", () =>
  isForged(`${serving(GENUINE.manifest, OLDER)}/m/pump?c=outdoor`, /^image's digest: /m));

test("forged: the URI of an image with one bit changed", () =>
  isForged(`${serving(GENUINE.manifest, flipped(IMAGE, 100))}/fw/pump/1.2.3`, /^image's sha256 at byte 552: wrong$/m));

test("the command: exit code 0 and all that was checked; 1 and the first thing that is wrong", async () => {
  const directory = scratch();
  const trust = join(directory, "maker.pub");
  const pem = Buffer.from(MAKER.spki).toString("base64");
  writeFileSync(trust, `-----BEGIN PUBLIC KEY-----\n${pem}\n-----END PUBLIC KEY-----\n`);
  const far = { notAfter: 4_000_000_000 };
  const plain = mcubootImage({ version: [1, 2, 3, 0], protectedEntries: [counter(7)] });
  const content = {
    image: imageOf("1.2.3", plain),
    wayBack: { image: imageOf("1.2.2", OLDER), ...far },
    trustRoot: undefined,
  };
  const right = await spoken("verify", bundled(released(MAKER, content), plain), "--trust", trust);
  assert.equal([right.code, right.stderr], [0, ""]);
  assert.match(right.stdout, /^right +manifest's signature +ed25519 by the key [0-9a-f]{64}$/m);
  assert.match(right.stdout, /^not checked +freshness /m);
  const forged = await spoken("verify", bundled(released(THIEF, content), plain), "--trust", trust, "--json");
  assert.is(forged.code, 1);
  assert.match(forged.stderr, /^narrowboat: .* is not to be trusted: manifest's signature: keyUnknown[^\n]*\n$/);
  const { ok, findings } = JSON.parse(forged.stdout) as { ok: boolean; findings: readonly unknown[] };
  assert.equal([ok, findings.length], [false, 1]);
});

function written(name: string, bytes: Uint8Array): string {
  const file = join(scratch(), name);
  writeFileSync(file, bytes);
  return file;
}

function bytesOf(file: string): Uint8Array {
  return new Uint8Array(readFileSync(file));
}

test.run();
