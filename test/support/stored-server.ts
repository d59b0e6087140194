// A server with one release in stores on the disk, its registry among them, on plain CoAP and in virtual time: the very stores
// and the very core that serve has, for devices that ask for a proof from the log.

import { join } from "node:path";
import type { FirmwareImage } from "../../firmware-store/firmware-image.ts";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { contentName } from "../../firmware-store/image-index.ts";
import { copyOf } from "../../src/base/bytes.ts";
import { type Instant, instant } from "../../src/base/instant.ts";
import type { PeerAddress } from "../../src/base/peer-address.ts";
import type { SigningKey } from "../../src/crypto/signature.ts";
import type { TrustedKey } from "../../src/manifest/trust-root.ts";
import { PublishedLog } from "../../src/registry-store/published-log.ts";
import { ReleaseCatalogue } from "../../src/release-store/release-catalogue.ts";
import { ReleaseStore } from "../../src/release-store/release-store.ts";
import { FirmwareServer } from "../../src/server/firmware-server.ts";
import { newestReleaseFor } from "../../src/server/newest-release.ts";
import { RegistryWatch } from "../../src/shell/trust/registry-keeper.ts";
import { ReleaseWatch } from "../../src/shell/trust/release-watch.ts";
import { readFetched, requestFor, soundImage } from "../firmware-store/sample-image.ts";
import { LOG } from "../registry-store/scene.ts";
import { CRYPTO } from "./crypto.ts";
import { SeededRandom } from "./seeded-random.ts";
import { PRODUCT, type Release, SERVER_KEY, TODAY, trustRoot } from "./update-server.ts";

/** Its devices take nothing that is not in the log. */
export const LOG_CLASS = "logged";

const NO_FAULT = {
  faulty: (reason: string) => {
    throw new Error(reason);
  },
  mended: () => {},
};

export class StoredServer {
  readonly images: FirmwareStore;
  readonly releases: ReleaseStore;
  /** The trust root, as the maker signed it. */
  readonly root: Uint8Array;
  readonly #directory: string;
  readonly #server: FirmwareServer;
  readonly #watch: ReleaseWatch;

  constructor(directory: string, published: Release, makerKey: SigningKey) {
    this.#directory = directory;
    this.images = FirmwareStore.open(directory);
    this.images.publish({ ...requestFor(directory, published.manifest.version, published.served), product: PRODUCT });
    const keys: readonly TrustedKey[] = [
      { role: "server", spki: SERVER_KEY.spki },
      { role: "log", spki: LOG.signer.spki },
    ];
    this.root = trustRoot({ keys }, makerKey);
    this.releases = ReleaseStore.open(directory);
    this.releases.classes.set({ product: PRODUCT, name: LOG_CLASS, profile: ["log"] });
    this.releases.add({ manifest: published.signed, trustRoot: this.root, releasedAt: 1_000 * TODAY });
    this.releases.registry.sign(LOG.signer, 1_000 * TODAY);
    const log = new RegistryWatch(new PublishedLog(this.releases.registry, CRYPTO));
    this.#watch = new ReleaseWatch(new ReleaseCatalogue(this.releases), log, NO_FAULT);
    this.#server = new FirmwareServer({
      now: instant(0),
      crypto: CRYPTO,
      random: new SeededRandom(7),
      catalogue: this.images,
      trust: { releases: this.#watch, key: SERVER_KEY, unixSeconds: () => TODAY },
      log,
    });
  }

  /** What answers a datagram of a device. */
  handleDatagram(now: Instant, from: PeerAddress, datagram: Uint8Array): readonly Uint8Array[] {
    this.#server.handleTimeout(now);
    this.#server.handleDatagram(now, "coap", from, datagram);
    const answers: Uint8Array[] = [];
    do {
      for (let one = this.#server.pollTransmit(); one !== undefined; one = this.#server.pollTransmit()) {
        answers.push(copyOf(one.datagram));
      }
    } while (this.#answersEvent(now));
    return answers;
  }

  /** The image, all of whose pages are in memory now, and where it lies, sealed. */
  async loaded(version: string): Promise<{ readonly image: FirmwareImage; readonly path: string }> {
    const image = await soundImage(this.images, PRODUCT, version);
    await readFetched(image, 0, image.length);
    return { image, path: join(this.#directory, "images", contentName(image.sha256)) };
  }

  close(): void {
    this.images.close();
    this.releases.close();
  }

  #answersEvent(now: Instant): boolean {
    const event = this.#server.pollEvent();
    if (event?.kind === "checkInReceived") {
      this.#server.handleCheckIn(now, event.question, newestReleaseFor(this.#watch, event.question.checkIn, TODAY));
    } else if (event?.kind === "reportReceived") this.#server.handleReport(now, event.question, true);
    else if (event?.kind === "contentWanted") throw new Error("a page that nobody has loaded");
    return event !== undefined;
  }
}
