// `release --encrypt`, from the class's public key to what a device of it reads; and every way not to get there in clear.

import { generateKeyPairSync, sign } from "node:crypto";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FirmwareStore } from "../../../firmware-store/firmware-store.ts";
import { copyOf, toHex } from "../../../src/base/bytes.ts";
import { readBundle } from "../../../src/cli/release/bundle-file.ts";
import type { ReleaseReport } from "../../../src/cli/release/report.ts";
import { decodeEncryptionInfo } from "../../../src/manifest/cose-encrypt.ts";
import type { NativeManifest } from "../../../src/manifest/native-manifest.ts";
import { decryptPayload } from "../../../src/manifest/payload-encryption.ts";
import { decodeEnvelope } from "../../../src/manifest/suit/envelope.ts";
import { tryManifest } from "../../../src/manifest/suit/interpreter.ts";
import { decodeManifest } from "../../../src/manifest/suit/manifest.ts";
import { classUuid, vendorUuid } from "../../../src/manifest/suit/uuid.ts";
import { manifestIn } from "../../../src/release-store/release.ts";
import { ReleaseStore } from "../../../src/release-store/release-store.ts";
import { readDecryptionKey } from "../../../src/trust-store/key-file.ts";
import { digestOf } from "../../firmware/formats/mcuboot-image.ts";
import { readFetched, sampleBytes, soundImage } from "../../firmware-store/sample-image.ts";
import { scratchDirectories } from "../../store/scratch-directory.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { type Spoken, spoken } from "../spoken-command.ts";

const test = suite("release/encrypted-release");
const scratch = scratchDirectories(test);

const IMAGE = sampleBytes(7, 5_003);
const RELEASE = ["--product", "pump", "--no-wait", "--json"] as const;

/** A server with a maker, and a device's key to which the images of class `secret` are encrypted. */
class Place {
  readonly directory = scratch();
  readonly data = this.path("data");
  readonly key = this.path("maker.pem");
  readonly deviceKey = this.path("device.pem");

  /** The same each time, as far as it goes. */
  static #made: Place | undefined;

  static async with(...profile: readonly string[]): Promise<Place> {
    Place.#made ??= await new Place().make();
    const place = new Place();
    cpSync(Place.#made.directory, place.directory, { recursive: true });
    if (profile.length > 0) await place.encrypt("secret", place.deviceKey, ...profile);
    return place;
  }

  async make(): Promise<this> {
    await this.says("keygen", this.key);
    await this.says("keygen", this.deviceKey, "--algorithm", "es256");
    await this.says("trust", "add", `${this.key}.pub`, "--product", "pump");
    await this.encrypt("secret");
    return this;
  }

  async encrypt(className: string, to = this.deviceKey, ...more: readonly string[]): Promise<void> {
    await this.says("class", "set", className, "--product", "pump", "--encrypt-to", `${to}.pub`, ...more);
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  image(bytes: Uint8Array = IMAGE): string {
    writeFileSync(this.path("image.bin"), bytes);
    return this.path("image.bin");
  }

  say(...words: readonly string[]): Promise<Spoken> {
    return spoken(...words, "--data", this.data);
  }

  async says(...words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.say(...words);
    assert.is(code, 0, stderr);
    return stdout;
  }

  async release(version: string, ...more: readonly string[]): Promise<ReleaseReport> {
    const words = ["release", this.image(), ...RELEASE, "--version", version, "--key", this.key, ...more];
    return JSON.parse(await this.says(...words)) as ReleaseReport;
  }

  async refusal(...more: readonly string[]): Promise<string> {
    const words = ["release", this.image(), ...RELEASE, "--version", "9", "--key", this.key, ...more];
    const { code, stderr } = await this.say(...words);
    assert.is.not(code, 0);
    assert.equal(this.published(), []);
    return stderr;
  }

  published(): string[] {
    const store = FirmwareStore.open(this.data);
    try {
      return store.list().map(({ version }) => version);
    } finally {
      store.close();
    }
  }

  /** What is served as a version. */
  async served(version: string): Promise<Uint8Array> {
    const store = FirmwareStore.open(this.data);
    try {
      const image = await soundImage(store, "pump", version);
      return copyOf((await readFetched(image, 0, image.length))!);
    } finally {
      store.close();
    }
  }

  releases<Value>(work: (store: ReleaseStore) => Value): Value {
    const store = ReleaseStore.open(this.data);
    try {
      return work(store);
    } finally {
      store.close();
    }
  }

  current(className: string | undefined = "secret") {
    return this.releases(({ releases }) => releases.current("pump", className))!;
  }

  /** What a device with the key in this file reads. */
  read({ encryption }: NativeManifest, ciphertext: Uint8Array, file = this.deviceKey) {
    const info = decodeEncryptionInfo(encryption!.info);
    assert.ok(info.ok);
    return decryptPayload(CRYPTO, { info: info.value, ciphertext }, readDecryptionKey(file));
  }
}

test("the image is encrypted once, and a device of the class reads it; sizes, digests and costs are those of the way", async () => {
  const place = await Place.with();
  const report = await place.release("1.0", "--class", "secret", "--encrypt");
  const { content } = place.current();
  const served = await place.served("1.0");
  assert.equal([content.size, served.length, content.encryption!.size], [5_003, 5_019, 5_019]);
  assert.is(toHex(content.sha256), toHex(digestOf("sha256", IMAGE)));
  assert.equal(place.read(content, served), { ok: true, value: IMAGE });
  assert.equal([report.size, report.encryption!.size, report.encryption!.algorithm], [5_003, 5_019, "AES-128-GCM"]);
  assert.is(report.etag, toHex(digestOf("sha256", served)).slice(0, 16));
  assert.is(report.onAir.exchanges, 6);
  const said = await place.says(
    ...["release", place.image(), "--product", "pump", "--version", "1.1", "--key", place.key, "--no-wait"],
    ...["--class", "secret", "--encrypt"],
  );
  assert.match(
    said,
    /^encrypted +AES-128-GCM, 5019 bytes on the way, its key wrapped for [0-9a-f]{16} \(ECDH-ES\+A128KW\)$/m,
  );
});

test("decision 25: CTR where the class asks for it, with no tag", async () => {
  const place = await Place.with("--profile", "ctr");
  const { encryption } = await place.release("1.0", "--class", "secret", "--encrypt");
  assert.equal([encryption!.algorithm, encryption!.size], ["AES-128-CTR", 5_003]);
  assert.equal(place.read(place.current().content, await place.served("1.0")), { ok: true, value: IMAGE });
});

test("without --class it is for every class that has a key, encrypted once, and nobody else reads it", async () => {
  const place = await Place.with();
  const [other, stranger] = [place.path("other.pem"), place.path("stranger.pem")];
  for (const file of [other, stranger]) await place.says("keygen", file, "--algorithm", "es256");
  await place.encrypt("indoor", other);
  await place.says("class", "set", "open", "--product", "pump");
  const { encryption } = await place.release("1.0", "--encrypt");
  assert.is(encryption!.wrapped.length, 2);
  const { content } = place.current(undefined);
  const served = await place.served("1.0");
  for (const file of [other, place.deviceKey])
    assert.equal(place.read(content, served, file), { ok: true, value: IMAGE });
  assert.equal(place.read(content, served, stranger), { ok: false, error: "noKeyForThisDevice" });
});

test("a class whose images are encrypted to a key gets none in clear, by its own release or by one for all", async () => {
  const place = await Place.with();
  assert.match(await place.refusal("--class", "secret"), /encrypted to a key: say --encrypt or class set secret/);
  assert.match(await place.refusal(), /encrypted to a key: say --encrypt, name another class with --class, or/);
  await place.release("1.0", "--class", "others");
  await place.says("class", "set", "secret", "--product", "pump");
  await place.release("1.1", "--class", "secret");
  assert.is(place.current().content.encryption, undefined);
});

test("--encrypt where no class has a key, or where classes have no cipher in common: what to do", async () => {
  const place = await Place.with();
  assert.match(
    await place.refusal("--class", "others", "--encrypt"),
    /class set others --product pump --encrypt-to PUB/,
  );
  await place.encrypt("old", place.deviceKey, "--profile", "ctr");
  assert.match(await place.refusal("--encrypt"), /class old decrypts CTR alone, and others GCM/);
});

test("a key wrapped for more classes than a manifest has room for: how many bytes, and what to do", async () => {
  const place = await Place.with();
  for (const name of ["b", "c", "d"]) {
    await place.encrypt(name);
  }
  assert.match(await place.refusal("--encrypt"), /a key wrapped for 4 classes takes \d+ bytes, and .* 400/);
});

test("a key for three classes and a record fit a manifest; with names that fill the path too they do not, and that is said", async () => {
  const place = await Place.with();
  for (const name of ["b", "c"]) {
    await place.encrypt(name);
  }
  const words = ["release", place.image(), ...RELEASE, "--key", place.key, "--encrypt", "--kind", "security"];
  const { code, stderr } = await place.say(...words, "--version", "1".repeat(40));
  assert.equal([code, /the manifest has \d{3} bytes, and devices take 640/.test(stderr)], [1, true]);
  await place.says(...words, "--version", "1.0");
  assert.ok(place.current(undefined).manifest.length <= 640);
});

test("the SUIT envelope has the same encryption, and a device that reads it would accept it", async () => {
  const place = await Place.with();
  const report = await place.release("1.0", "--class", "secret", "--encrypt", "--vendor", "pump.example");
  assert.ok(report.suit);
  const envelope = decodeEnvelope(place.current().suit!);
  assert.ok(envelope.ok);
  const manifest = decodeManifest(envelope.value.manifest);
  assert.ok(manifest.ok);
  const sha1 = (bytes: Uint8Array) => digestOf("sha1", bytes);
  const vendorId = vendorUuid(sha1, "pump.example");
  const served = await place.served("1.0");
  const device = {
    vendorId,
    classId: classUuid(sha1, vendorId, "secret"),
    sequenceNumber: 0,
    components: [{ id: [Uint8Array.of(0)], capacity: 8_000 }],
    ownKey: readDecryptionKey(place.deviceKey),
    fetch: (uri: string) => (uri === "/fw/pump/1.0" ? served : undefined),
  };
  const parts = { severed: new Map(), payloads: new Map() };
  const trial = tryManifest(CRYPTO, manifest.value, parts, device);
  assert.ok(trial.accepted, JSON.stringify(trial));
  assert.equal(trial.contents[0], IMAGE);
  const { ownKey, ...without } = device;
  assert.not(tryManifest(CRYPTO, manifest.value, parts, without).accepted);
});

test("a bundle carries the ciphertext: verified with the maker's key alone, and admitted where nobody can read it", async () => {
  const place = await Place.with();
  const bundle = place.path("pump.bundle");
  await place.release("1.0", "--class", "secret", "--encrypt", "--out", bundle, "--vendor", "pump.example");
  assert.equal(place.read(manifestIn(readBundle(bundle).head.manifest), readBundle(bundle).image), {
    ok: true,
    value: IMAGE,
  });
  const said = await place.says("verify", bundle, "--trust", `${place.key}.pub`);
  assert.match(said, /^right +encryption +AES-128-GCM, 5019 bytes/m);
  assert.match(said, /^right +ciphertext's digest/m);
  assert.match(said, /^not checked +image +it is encrypted/m);
  const elsewhere = await Place.with();
  const report = JSON.parse(await elsewhere.says("publish", bundle, "--json")) as ReleaseReport;
  assert.equal([report.format, report.encryption!.size], [null, 5_019]);
  assert.equal(await elsewhere.served("1.0"), readBundle(bundle).image);
  const broken = readFileSync(bundle);
  broken[broken.length - 1]! ^= 1;
  writeFileSync(bundle, broken);
  const refused = await elsewhere.say("verify", bundle, "--trust", `${place.key}.pub`);
  assert.equal([refused.code, /ciphertext's digest/.test(refused.stderr)], [1, true]);
});

test("signed in two steps elsewhere, what is encrypted in the first is what is served after the second", async () => {
  const place = await Place.with();
  const pair = generateKeyPairSync("ed25519");
  const publicFile = place.path("elsewhere.pub");
  writeFileSync(publicFile, pair.publicKey.export({ type: "spki", format: "pem" }));
  await place.says("trust", "add", publicFile, "--product", "pump");
  const words = ["release", place.image(), ...RELEASE, "--version", "1.0", "--key", publicFile];
  const encrypted = [...words, "--class", "secret", "--encrypt"];
  writeFileSync(place.path("signed"), new Uint8Array(64));
  assert.match((await place.say(...encrypted, "--signature", place.path("signed"))).stderr, /image\.bin\.encrypted/);
  const { toSign } = JSON.parse(await place.says(...encrypted, "--to-sign", place.path("to-sign")));
  assert.ok(existsSync(place.path("image.bin.encrypted")));
  for (const [i, name] of (toSign as string[]).entries()) {
    writeFileSync(place.path(i === 0 ? "signed" : `signed.${i + 1}`), sign(null, readFileSync(name), pair.privateKey));
  }
  await place.says(...encrypted, "--signature", place.path("signed"));
  assert.equal(place.read(place.current().content, await place.served("1.0")), { ok: true, value: IMAGE });
});

test("a way back to an encrypted image has the key that was wrapped then, and none leads to what devices cannot read", async () => {
  const place = await Place.with();
  await place.release("1.0", "--class", "secret", "--encrypt");
  const older = place.current().content;
  const image = sampleBytes(8, 4_000);
  writeFileSync(place.path("new.bin"), image);
  const newer = (version: string, ...more: readonly string[]) =>
    place.say("release", place.path("new.bin"), ...RELEASE, "--version", version, "--key", place.key, ...more);
  const forOthers = await newer("1.1", "--class", "others", "--way-back", "1.0");
  assert.equal([forOthers.code, /encrypted to other classes/.test(forOthers.stderr)], [1, true]);
  assert.is((await newer("1.2", "--class", "secret", "--encrypt", "--way-back", "1.0")).code, 0);
  const [back] = place.releases(({ releases }) => releases.waysBack("pump", "1.2"));
  assert.equal(back!.content.encryption, older.encryption);
  assert.equal([back!.content.size, toHex(back!.content.forRunning!)], [5_003, toHex(digestOf("sha256", image))]);
  assert.equal(place.read(back!.content, await place.served("1.0")), { ok: true, value: IMAGE });
});

test("inspect says of a manifest how its image is encrypted, and for which key", async () => {
  const place = await Place.with();
  await place.release("1.0", "--class", "secret", "--encrypt");
  writeFileSync(place.path("manifest.cose"), place.current().manifest);
  const said = await place.says("inspect", place.path("manifest.cose"));
  assert.match(said, /encrypted: AES-128-GCM, 5019 bytes on the way, its key wrapped for [0-9a-f]{16} \(ECDH-ES/);
});

test("a device's key that is none of P-256, or has a passphrase, is named", async () => {
  const place = await Place.with();
  assert.throws(() => readDecryptionKey(place.key), /no private key on P-256: narrowboat keygen --algorithm es256/);
  writeFileSync(place.path("phrase"), "secret words\n", { mode: 0o600 });
  const sealed = place.path("sealed.pem");
  await place.says("keygen", sealed, "--algorithm", "es256", "--passphrase-file", place.path("phrase"));
  assert.throws(() => readDecryptionKey(sealed), /has a passphrase/);
});

test.run();
