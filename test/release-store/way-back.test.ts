// Must a fleet go back, its maker's key may be gone: the store, the server and devices that know only what they were told.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import { ReleaseCatalogue } from "../../src/release-store/release-catalogue.ts";
import { ReleaseStore } from "../../src/release-store/release-store.ts";
import { ReleaseWatch } from "../../src/shell/trust/release-watch.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { addressNumbered, KEY } from "../support/firmware-scene.ts";
import { imageDigest, signedManifest } from "../support/releases.ts";
import { BEGIN, checksIn, SERVER_KEYS, TrustScene } from "../support/trust-scene.ts";

const test = suite("way-back");
const scratch = scratchDirectories(test);

const DAY = 1_700_000_000_000;
const NO_FAULT = {
  faulty: (reason: string) => {
    throw new Error(reason);
  },
  mended: () => {},
};

class Fleet {
  readonly operator: ReleaseStore;
  readonly #serving: ReleaseCatalogue;
  readonly #scene: TrustScene;

  constructor(directory: string) {
    this.operator = ReleaseStore.open(directory);
    this.#serving = new ReleaseCatalogue(ReleaseStore.open(directory));
    const releases = new ReleaseWatch(this.#serving, undefined, NO_FAULT);
    this.#scene = new TrustScene({ trust: { releases, key: SERVER_KEYS.signing, unixSeconds: () => BEGIN } });
    this.#scene.psk = () => KEY;
  }

  device(number: number): Device {
    const peer = this.#scene.sessionPeer(addressNumbered(number), { identity: toUtf8(`device-${number}`) });
    return new Device((checkIn) => checksIn(peer, checkIn));
  }

  /** As a server does each second. */
  looks(): void {
    this.#serving.refresh();
  }
}

/** It takes what is signed, higher, and for what it runs. */
class Device {
  readonly #checksIn: (checkIn: Parameters<typeof checksIn>[1]) => ReturnType<typeof checksIn>;
  sequenceNumber = 0;
  version: string | undefined;

  constructor(checks: (checkIn: Parameters<typeof checksIn>[1]) => ReturnType<typeof checksIn>) {
    this.#checksIn = checks;
  }

  checksIn(): void {
    const { version, sequenceNumber } = this;
    const runningSha256 = version === undefined ? undefined : imageDigest(version);
    const { manifest } = this.#checksIn({ sequenceNumber, version, runningSha256, manifestWanted: true });
    if (manifest === undefined) return;
    assert.ok(manifest.sequenceNumber > sequenceNumber);
    if (manifest.forRunning !== undefined) assert.equal(manifest.forRunning, runningSha256);
    this.sequenceNumber = manifest.sequenceNumber;
    this.version = manifest.version;
  }
}

test("20 devices on a new version all go back to the old one; one that never had it does not move", () => {
  const fleet = new Fleet(scratch());
  fleet.operator.add({ manifest: signedManifest(1, "1.2.0"), releasedAt: DAY });
  const devices = Array.from({ length: 20 }, (_, i) => fleet.device(i));
  const stays = fleet.device(20);
  const all = [...devices, stays];
  const versions = () => [...new Set(devices.map(({ version }) => version)), stays.version];
  for (const device of all) device.checksIn();
  const wayBack = { manifest: signedManifest(3, "1.2.0", { forRunning: imageDigest("1.3.0") }) };
  fleet.operator.add({ manifest: signedManifest(2, "1.3.0"), wayBack, releasedAt: DAY });
  fleet.looks();
  for (const device of devices) device.checksIn();
  assert.equal(versions(), ["1.3.0", "1.2.0"]);
  // Sealed: nobody goes back by himself.
  for (const device of devices) device.checksIn();
  assert.equal(versions(), ["1.3.0", "1.2.0"]);
  fleet.operator.offerWayBack("pump", "1.3.0", DAY);
  fleet.looks();
  for (const device of all) device.checksIn();
  assert.equal(versions(), ["1.2.0", "1.2.0"]);
  assert.equal([devices[0]!.sequenceNumber, stays.sequenceNumber], [3, 1]);
  // And stay there, until there is something newer.
  for (const device of all) device.checksIn();
  assert.equal([devices[0]!.sequenceNumber, stays.sequenceNumber], [3, 1]);
  fleet.operator.add({ manifest: signedManifest(4, "1.3.1"), releasedAt: DAY });
  fleet.looks();
  for (const device of all) device.checksIn();
  assert.equal(versions(), ["1.3.1", "1.3.1"]);
});

test.run();
