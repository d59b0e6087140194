// A maker's releases, from the linker's output to what a server serves, or a bundle on the way there.

import { generateKeyPairSync, sign } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../../src/base/bytes.ts";
import type { ReleaseReport } from "../../../src/cli/release/report.ts";
import { fletcher32 } from "../../../src/firmware/formats/checksums.ts";
import { manifestIn, trustRootIn } from "../../../src/release-store/release.ts";
import { ReleaseStore } from "../../../src/release-store/release-store.ts";
import { digestOf, mcubootImage, signedBy } from "../../firmware/formats/mcuboot-image.ts";
import { sampleBytes } from "../../firmware-store/sample-image.ts";
import { scratchDirectories } from "../../store/scratch-directory.ts";
import { type Spoken, spoken } from "../spoken-command.ts";

const test = suite("release");
const scratch = scratchDirectories(test);

/** A maker's machine or a server: a directory with a maker's key and a data directory. */
class Place {
  readonly directory = scratch();
  readonly data = join(this.directory, "data");
  readonly key = join(this.directory, "maker.pem");

  path(name: string): string {
    return join(this.directory, name);
  }

  write(name: string, bytes: Uint8Array | string): string {
    writeFileSync(this.path(name), bytes);
    return this.path(name);
  }

  say(...words: readonly string[]): Promise<Spoken> {
    return spoken(...words, "--data", this.data);
  }

  async makeKey(): Promise<this> {
    assert.is((await this.say("keygen", this.key)).code, 0);
    return this;
  }

  trust(file = `${this.key}.pub`): Promise<Spoken> {
    return this.say("trust", "add", file, "--product", "pump");
  }

  release(file: string, ...words: readonly string[]): Promise<Spoken> {
    return this.say("release", file, "--product", "pump", "--key", this.key, "--json", "--no-wait", ...words);
  }

  store<Value>(work: (store: ReleaseStore) => Value): Value {
    const store = ReleaseStore.open(this.data);
    try {
      return work(store);
    } finally {
      store.close();
    }
  }
}

async function server(): Promise<Place> {
  const place = await new Place().makeKey();
  await place.trust();
  return place;
}

const IMAGE = sampleBytes(1, 3_000);
const reported = ({ code, stdout, stderr }: Spoken): ReleaseReport => {
  assert.is(code, 0, stderr);
  return JSON.parse(stdout) as ReleaseReport;
};
const counter = (value: number) => ({ type: 0x50, value: Uint8Array.of(value, 0, 0, 0) });

test("a release is signed, published and told: paths, sizes, digests, and what it costs on the air", async () => {
  const place = await server();
  const file = place.write("app.bin", IMAGE);
  const { stdout, code } = await place.say(
    "release",
    file,
    "--product",
    "pump",
    "--version",
    "1.2.0",
    "--key",
    place.key,
  );
  assert.is(code, 0);
  for (const line of [
    /^release +pump 1\.2\.0$/m,
    /^sequence number +1$/m,
    /^image +\/fw\/pump\/1\.2\.0, 3000 bytes$/m,
    new RegExp(`^sha256 +${toHex(digestOf("sha256", IMAGE))}$`, "m"),
    /^manifest +\/m\/pump, \d+ bytes$/m,
    /^trust root +\/m\/pump\/root, number 1, until 20\d\d-/m,
    /^on the air +4 exchanges, /m,
  ]) {
    assert.match(stdout, line);
  }
  const stored = place.store(({ releases }) => releases.current("pump", undefined))!;
  assert.equal([stored.content.version, stored.content.sequenceNumber], ["1.2.0", 1]);
});

test("the next release has the next number, and no new trust root as long as the servers' keys are the same", async () => {
  const place = await server();
  const file = place.write("app.bin", IMAGE);
  const first = reported(await place.release(file, "--version", "1.0"));
  const second = reported(await place.release(file, "--version", "1.1", "--class", "outdoor"));
  assert.equal([first.sequenceNumber, second.sequenceNumber, second.class], [1, 2, "outdoor"]);
  assert.equal([first.trustRoot?.number, second.trustRoot], [1, null]);
  const other = await new Place().makeKey();
  await place.say("trust", "add", `${other.key}.pub`, "--role", "server");
  const third = reported(await place.release(file, "--version", "1.2"));
  assert.is(third.trustRoot?.number, 2);
  const root = trustRootIn(place.store(({ trustRoots }) => trustRoots.newest("pump"))!);
  assert.equal(
    root.keys.map(({ role }) => role),
    ["server", "log", "server"],
  );
});

test("a key that is not trusted, and one that was revoked, release nothing", async () => {
  const place = await new Place().makeKey();
  const file = place.write("app.bin", IMAGE);
  const strange = await place.release(file, "--version", "1.0");
  assert.equal([strange.code, /is not trusted for pump: narrowboat trust add/.test(strange.stderr)], [1, true]);
  const { keyId } = JSON.parse((await place.say("trust", "add", `${place.key}.pub`, "--json")).stdout) as {
    keyId: string;
  };
  await place.say("trust", "revoke", keyId);
  const revoked = await place.release(file, "--version", "1.0");
  assert.equal([revoked.code, /was revoked for pump/.test(revoked.stderr)], [1, true]);
  assert.not(existsSync(join(place.data, "firmware.db")));
});

test("plain publish: refused for a product that has a maker, and as ever for others", async () => {
  const place = await server();
  const file = place.write("app.bin", IMAGE);
  const refused = await place.say("publish", file, "--product", "pump", "--version", "1.0");
  assert.equal([refused.code, /only what its maker has signed/.test(refused.stderr)], [1, true]);
  assert.is((await place.say("publish", file, "--product", "valve", "--version", "1.0")).code, 0);
});

test("a bundle goes from the maker's machine to a server that trusts its key, with notes and bill of materials", async () => {
  const maker = await new Place().makeKey();
  const file = maker.write("app.bin", IMAGE);
  const bundle = maker.path("pump.bundle");
  const notes = ["--notes", maker.write("notes", "new"), "--sbom", maker.write("sbom", "{}"), "--kind", "security"];
  const made = reported(await maker.release(file, "--version", "1.2.0", "--out", bundle, ...notes));
  assert.ok(made.sequenceNumber > 1_700_000_000);
  const place = await new Place().makeKey();
  const early = await place.say("publish", bundle);
  assert.equal([early.code, /manifest's signature: keyUnknown/.test(early.stderr)], [1, true]);
  await place.trust(`${maker.key}.pub`);
  const admitted = reported(await place.say("publish", bundle, "--json"));
  assert.equal([admitted.manifest, admitted.sha256], [made.manifest, toHex(digestOf("sha256", IMAGE))]);
  const stored = place.store(({ releases, documents }) => {
    const release = releases.current("pump", undefined)!;
    return [documents.find(release.digest, "notes"), documents.find(release.digest, "sbom")].map((it) =>
      String(Buffer.from(it!)),
    );
  });
  assert.equal(stored, ["new", "{}"]);
  const again = await place.say("publish", bundle);
  assert.equal([again.code, /is not above \d+, the newest of pump/.test(again.stderr)], [1, true]);
  assert.is((await maker.release(file, "--version", "1.2.0", "--out", bundle)).code, 1, "a bundle was overwritten");
});

test("a trust root that the maker signs elsewhere, for a server that has published a bundle", async () => {
  const place = await server();
  await place.say("trust", "list");
  const out = place.path("pump.root");
  const words = ["trust", "root", "--product", "pump", "--key", place.key, "--out", out, "--number", "7"];
  const own = (role: string) => join(place.data, `${role}-key.pem.pub`);
  assert.is((await place.say(...words, "--server", own("server"), "--log", own("log"))).code, 0);
  const strange = await new Place().makeKey();
  const refused = await strange.say("publish", out);
  assert.equal([refused.code, /keyUnknown/.test(refused.stderr)], [1, true]);
  assert.is((await place.say("publish", out)).stdout, "trust root 7 of pump admitted\n");
  const root = trustRootIn(place.store(({ trustRoots }) => trustRoots.newest("pump"))!);
  assert.equal([root.number, root.keys.map(({ role }) => role)], [7, ["server", "log"]]);
  assert.is((await place.say("publish", out)).code, 1, "the same number again");
  const file = place.write("app.bin", IMAGE);
  assert.is(reported(await place.release(file, "--version", "1.0")).trustRoot, null);
});

for (const algorithm of ["ed25519", "es256"] as const) {
  test(`${algorithm}: signed elsewhere, in two steps, as openssl writes signatures`, async () => {
    const place = new Place();
    const pair =
      algorithm === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: "P-256" });
    const publicFile = place.write("maker.pub", String(pair.publicKey.export({ type: "spki", format: "pem" })));
    await place.trust(publicFile);
    const file = place.write("app.bin", IMAGE);
    const toSign = place.path("to-sign");
    const words = ["release", file, "--product", "pump", "--version", "1.0", "--key", publicFile];
    const first = await place.say(...words, "--to-sign", toSign);
    assert.match(first.stdout, /to-sign\n.*to-sign\.2\nsign each, .* --sequence 1\n$/s);
    assert.is(
      place.store(({ releases }) => releases.newestSequence("pump")),
      0,
    );
    for (const [i, name] of [toSign, `${toSign}.2`].entries()) {
      const signature = sign(algorithm === "ed25519" ? null : "sha256", readFileSync(name), pair.privateKey);
      place.write(i === 0 ? "signed" : "signed.2", signature);
    }
    const second = reported(await place.say(...words, "--signature", place.path("signed"), "--json"));
    assert.is(second.signedBy.algorithm, algorithm);
    const otherVersion = words.with(5, "1.1");
    const wrong = await place.say(...otherVersion, "--signature", place.path("signed"));
    assert.equal([wrong.code, /no signature in/.test(wrong.stderr)], [1, true]);
  });
}

test("an image that its bootloader's key has signed: that key has to be trusted, and then all of it is right", async () => {
  const place = await server();
  const boot = generateKeyPairSync("ed25519");
  const spki = new Uint8Array(boot.publicKey.export({ type: "spki", format: "der" }));
  const image = mcubootImage({ protectedEntries: [counter(7)], entries: signedBy("ed25519", boot.privateKey, spki) });
  const file = place.write("app.bin", image);
  const strange = await place.release(file);
  assert.match(
    strange.stderr,
    new RegExp(`the signature at byte \\d+ of .* is by the key whose digest is ${toHex(digestOf("sha256", spki))}`),
  );
  await place.trust(place.write("boot.pub", String(boot.publicKey.export({ type: "spki", format: "pem" }))));
  const report = reported(await place.release(file));
  assert.equal([report.version, report.format, report.securityCounter], ["1.2.3-4", "mcuboot", 7]);
  assert.match(report.findings.join("\n"), /signature at byte \d+: ed25519 by the key .*: right/);
});

test("what an image says of itself and the operator does not is refused with its byte, and so is what is broken", async () => {
  const place = await server();
  const image = mcubootImage({ protectedEntries: [counter(7)] });
  const file = place.write("app.bin", image);
  reported(await place.release(file, "--version", "1.2.3"));
  const refusal = async (bytes: Uint8Array | string, ...words: readonly string[]) => {
    const { code, stderr } = await place.release(place.write("other.bin", bytes), ...words);
    return `${code} ${stderr}`;
  };
  assert.match(await refusal(image, "--version", "1.3.0"), /^1 .* says at byte 20 that it is version 1\.2\.3\+4, and/);
  const low = mcubootImage({ protectedEntries: [counter(6)], version: [1, 2, 4, 0] });
  assert.match(await refusal(low), /^1 .* has the security counter 6 at byte 540, and pump has released 7/);
  assert.match(await refusal(mcubootImage({ version: [1, 2, 4, 0] })), /^1 .* has no security counter/);
  const broken = image.slice();
  broken[100]! ^= 1;
  assert.match(await refusal(broken), /^1 .* is broken: the sha256 at byte \d+ is wrong/);
  assert.match(await refusal("\u007fELF\u0001\u0001"), /^2 .* is ELF: no device takes an ELF: take the build's \.bin/);
  assert.match(await refusal(":00000001FF\n"), /^2 .* is Intel HEX: no device takes a HEX file/);
  assert.match(await refusal(IMAGE), /^2 narrowboat: nothing in .* says which version it is: say --version/);
});

test("with a vendor: a SUIT envelope that a model of a device has accepted, and RIOT's where the image is riotboot's", async () => {
  const place = await server();
  const plain = reported(
    await place.release(place.write("app.bin", IMAGE), "--version", "1.0", "--vendor", "vendor.example"),
  );
  assert.equal([plain.suit?.path, plain.riot], ["/m/pump/suit", null]);
  const header = Buffer.alloc(12);
  header.writeUInt32LE(0x544f4952, 0);
  header.writeUInt32LE(3, 4);
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(fletcher32(header));
  const file = place.write("riot.bin", Buffer.concat([header, sum, IMAGE]));
  const words = ["--version", "1.1", "--vendor", "vendor.example"];
  assert.match((await place.release(file, ...words)).stderr, /^narrowboat: RIOT's devices fetch from a whole URI/);
  const riot = reported(await place.release(file, ...words, "--server", "coap://[fd00::1]"));
  assert.ok(riot.riot !== null && riot.riot.size <= 640);
  const stored = place.store(({ releases }) => releases.current("pump", undefined))!;
  assert.equal([stored.suit?.length, stored.riot?.length], [riot.suit?.size, riot.riot.size]);
});

test("a way back: the next number, for those that run the new image, sealed, and ending", async () => {
  const place = await server();
  const [older, newer] = [place.write("old.bin", sampleBytes(2, 2_000)), place.write("new.bin", IMAGE)];
  reported(await place.release(older, "--version", "1.0"));
  const report = reported(await place.release(newer, "--version", "2.0", "--way-back", "1.0", "--way-back-days", "10"));
  assert.equal([report.sequenceNumber, report.wayBack?.sequenceNumber, report.wayBack?.version], [2, 3, "1.0"]);
  const [back] = place.store(({ releases }) => releases.waysBack("pump", "2.0"));
  const { forRunning, notAfter = 0, sha256 } = manifestIn(back!.manifest);
  assert.equal([forRunning, sha256], [digestOf("sha256", IMAGE), digestOf("sha256", sampleBytes(2, 2_000))]);
  const days = (notAfter - Date.now() / 1_000) / 86_400;
  assert.ok(days > 10 && days <= 11.01);
  assert.is(back!.offeredAt, undefined);
  assert.is(reported(await place.release(newer, "--version", "2.1")).sequenceNumber, 4);
});

test("no way back to an image that is not here, to the same one, or to one that a bootloader would refuse", async () => {
  const place = await server();
  const image = (value: number, minor: number) =>
    mcubootImage({ protectedEntries: [counter(value)], version: [1, minor, 0, 0] });
  reported(await place.release(place.write("a.bin", image(6, 1))));
  const newer = place.write("b.bin", image(7, 2));
  const low = await place.release(newer, "--way-back", "1.1.0");
  assert.equal([low.code, /has the security counter 6, and the new image 7/.test(low.stderr)], [1, true]);
  assert.match((await place.release(newer, "--way-back", "0.9")).stderr, /\/fw\/pump\/0\.9 is not published here/);
  reported(await place.release(newer));
  assert.match((await place.release(newer, "--way-back", "1.2.0")).stderr, /is the same image/);
});

test("a key with a passphrase signs, and no private key is in any output or store", async () => {
  const place = new Place();
  const passphrase = place.path("pass");
  writeFileSync(passphrase, "correct horse\n", { mode: 0o600 });
  await place.say("keygen", place.key, "--passphrase-file", passphrase);
  await place.trust();
  const file = place.write("app.bin", IMAGE);
  const without = await place.release(file, "--version", "1.0");
  assert.equal([without.code, /--passphrase-file/.test(without.stderr)], [2, true]);
  const report = await place.release(file, "--version", "1.0", "--passphrase-file", passphrase);
  reported(report);
  const ownKey = readFileSync(join(place.data, "server-key.pem"), "latin1").split("\n")[1]!;
  for (const name of readdirSync(place.data).filter((one) => one.endsWith(".db"))) {
    assert.not(readFileSync(join(place.data, name)).includes(Buffer.from(ownKey, "base64").subarray(-32)), name);
  }
  assert.not.match(report.stdout, /correct horse|PRIVATE/);
});

/** What a SUIT envelope tells a device, in words. */
async function told(place: Place, envelope: Uint8Array): Promise<string> {
  const { code, stdout } = await place.say("inspect", place.write("envelope.suit", envelope));
  assert.is(code, 0);
  return stdout;
}

test("a way back has a SUIT envelope too, for devices that hold the new image, and verify compares both", async () => {
  const place = await server();
  const vendor = ["--vendor", "pump.example"];
  reported(await place.release(place.write("old.bin", IMAGE), "--version", "1.0", ...vendor));
  const file = place.write("new.bin", sampleBytes(2, 2_000));
  const report = reported(await place.release(file, "--version", "1.1", "--way-back", "1.0", ...vendor));
  const [back] = place.store(({ releases }) => releases.waysBack("pump", "1.1"));
  assert.is(report.wayBack!.suitSize, back!.suit!.length);
  const words = await told(place, back!.suit!);
  assert.match(words, /sequence number 3/);
  for (const bytes of [IMAGE, sampleBytes(2, 2_000)])
    assert.ok(words.includes(toHex(digestOf("sha256", bytes))), words);
  const bundle = place.path("pump.bundle");
  reported(await place.release(file, "--version", "1.2", "--way-back", "1.0", ...vendor, "--out", bundle));
  const verified = await place.say("verify", bundle, "--trust", `${place.key}.pub`);
  assert.match(verified.stdout, /^right +way back's SUIT envelope/m);
});

test("a class that knows update-management: its envelope asks for time, battery, version and leave, and it is tried so", async () => {
  const place = await server();
  const file = place.write("app.bin", IMAGE);
  const asked = ["--use-before", "2100-01-31", "--minimum-battery", "40", "--if-version", ">=1.0", "--authorized"];
  const words = ["--class", "outdoor", "--vendor", "pump.example"];
  const unknown = await place.release(file, "--version", "1.1", ...words, ...asked);
  assert.equal(
    [unknown.code, /class set outdoor --product pump --profile update-management/.test(unknown.stderr)],
    [2, true],
  );
  await place.say("class", "set", "outdoor", "--product", "pump", "--profile", "update-management");
  reported(await place.release(file, "--version", "1.0", "--class", "outdoor"));
  const without = await place.release(file, "--version", "1.1", "--class", "outdoor", ...asked);
  assert.equal([without.code, /say --vendor DOMAIN/.test(without.stderr)], [2, true]);
  const report = reported(await place.release(file, "--version", "1.1", ...words, ...asked));
  assert.is(report.notAfter, "2100-01-31");
  const { suit, content } = place.store(({ releases }) => releases.current("pump", "outdoor"))!;
  assert.is(content.notAfter, Date.UTC(2100, 0, 31) / 1_000);
  const said = await told(place, suit!);
  for (const line of [
    /set the end of its use 2100-01-31T00:00:00/,
    /set a battery of at least 40 %/,
    /set a version >= 1\.0/,
    /stop unless somebody allows the update/,
  ]) {
    assert.match(said, line);
  }
  const tooNew = await place.release(file, "--version", "1.2", ...words, "--if-version", ">1.1");
  assert.equal([tooNew.code, /would refuse this: install, .*version/.test(tooNew.stderr)], [1, true], tooNew.stderr);
});

test("conditions that say nothing are refused with an example", async () => {
  const place = new Place();
  const file = place.write("app.bin", IMAGE);
  for (const [option, text, hint] of [
    ["--use-before", "tomorrow", /no day: write it as 2027-01-31/],
    ["--minimum-battery", "0", /use 1 to 100/],
    ["--if-version", "1.2", /write it as '>=1\.2\.0'/],
  ] as const) {
    const { code, stderr } = await place.release(file, option, text);
    assert.equal([code, hint.test(stderr)], [2, true], stderr);
  }
});

test.run();
