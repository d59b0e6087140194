// A release, a server, a witness in a process of its own, and a device that asks for the log: what the witness has not seen is
// refused, and installed once it has.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { logKeyOf } from "../../src/registry/checkpoint.ts";
import { formatVkey } from "../../src/registry/note-key.ts";
import { ReleaseStore } from "../../src/release-store/release-store.ts";
import { makeKeyFile } from "../../src/trust-store/key-file.ts";
import { ownKey } from "../../src/trust-store/own-key.ts";
import { TrustStore } from "../../src/trust-store/trust-store.ts";
import { MAIN, narrowboat, Program, startServe } from "../cli/narrowboat.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { CRYPTO } from "../support/crypto.ts";
import { freePort } from "../support/free-port.ts";

const test = suite("witnessed-update");
const scratch = scratchDirectories(test);

const CLASS = { product: "pump", name: "outdoor", profile: ["log"] } as const;

/** Long enough for the round that a server begins with, on a computer that has much else to do. */
const PULLS_MAX = 20;

test("a release that no witness has seen is refused by the device, and confirmed when one has", async () => {
  const [directory, elsewhere] = [scratch(), scratch()];
  const data = join(directory, "narrowboat-data");
  const maker = makeKeyFile(join(directory, "maker.pem"), "ed25519", CRYPTO)!;
  const witness = ownKey(elsewhere, "witness", CRYPTO);
  const port = await freePort();
  const trust = TrustStore.open(data);
  trust.add(maker, "maker", "pump", Date.now());
  trust.add(witness, "witness", undefined, Date.now());
  trust.setAddress(witness.keyId, `http://127.0.0.1:${port}`);
  trust.close();
  const releases = ReleaseStore.open(data);
  releases.classes.set(CLASS);
  releases.close();
  writeFileSync(join(directory, "pump.bin"), new Uint8Array(5_000).fill(7));
  const names = ["--product", "pump", "--version", "1.1.0", "--class", "outdoor", "--key", "maker.pem"];
  const released = await narrowboat(directory, "release", "pump.bin", ...names);
  assert.is(released.code, 0, released.stderr);
  assert.match(released.stderr, /^0 of 1 witnesses have signed$/m);

  const before = await startServe(directory, "--coap");
  const pullFrom = (coapPort: number) => {
    const device = ["--slots", "dev", "--trust", "maker.pem.pub", "--class", "outdoor", "--class-profile", "log"];
    return narrowboat(directory, "pull", `coap://127.0.0.1:${coapPort}/m/pump`, ...device, "--json");
  };
  const refused = await pullFrom(before.coapPort);
  assert.is(refused.code, 1, refused.stderr);
  assert.is((JSON.parse(refused.stdout) as { reason: string }).reason, "notWitnessed");
  await before.program.kill("SIGTERM");

  const vkey = formatVkey(CRYPTO, logKeyOf(ownKey(data, "log", CRYPTO))!);
  const listening = ["--listen", `127.0.0.1:${port}`, "--log", vkey, "--data", elsewhere];
  const witnessing = new Program(MAIN, ["log", "witness", ...listening], { cwd: elsewhere });
  await witnessing.said(/^listening /m);
  const after = await startServe(directory, "--coap");
  let outcome = await pullFrom(after.coapPort);
  for (let i = 1; i < PULLS_MAX && outcome.code !== 0; i++) outcome = await pullFrom(after.coapPort);
  assert.is(outcome.code, 0, outcome.stdout + outcome.stderr);
  assert.is((JSON.parse(outcome.stdout) as { version: string }).version, "1.1.0");
  await Promise.all([after.program.kill("SIGTERM"), witnessing.kill("SIGTERM")]);
});

test.run();
