// The release of a roll-out as a rehearsal serves it: the image's own bytes where they are there, and a manifest of the same fields,
// signed by a maker that is drawn. So devices check what they would check, and no secret key is needed.

import { bytesOfLatin1, toHex } from "../../src/base/bytes.ts";
import type { CryptoProvider } from "../../src/crypto/crypto-provider.ts";
import type { SigningKey, VerificationKey } from "../../src/crypto/signature.ts";
import type { ImageDescription } from "../../src/device/slots/device-memory.ts";
import type { Catalogue, CatalogueImage } from "../../src/firmware/catalogue.ts";
import type { OfferedRelease, Releases } from "../../src/firmware/releases.ts";
import type { FleetRelease } from "../../src/fleet/product.ts";
import type { NativeManifest } from "../../src/manifest/native-manifest.ts";
import { SIGNED_MANIFEST, SIGNED_TRUST_ROOT, sign } from "../../src/manifest/signed-object.ts";
import type { TicketMaker } from "../../src/server/ticket-resource.ts";
import { DrawnImage } from "../drawn-image.ts";
import { drawnKey, type SimulatedTrust } from "../drawn-trust.ts";
import type { Prng } from "../prng.ts";

const YEAR_SECONDS = 31_536_000;

/** Plain data. */
export interface RehearsedRelease {
  readonly release: FleetRelease;
  /** What is transferred; bytes of the same length are drawn when absent. */
  readonly bytes: Uint8Array | undefined;
}

export class RehearsedReleases implements Catalogue, Releases, SimulatedTrust {
  readonly product: string;
  readonly makerKey: VerificationKey;
  readonly ticketMaker: TicketMaker;
  readonly image: DrawnImage;
  /** What devices run when they begin. */
  readonly before: ImageDescription;
  /** What the fleet is told of. */
  readonly known: readonly FleetRelease[];
  readonly #images: readonly DrawnImage[];
  readonly #offered: readonly OfferedRelease[];
  readonly #root: Uint8Array;

  /** `startsAt` in ms since 1970: where virtual time is 0. */
  constructor(crypto: CryptoProvider, { release, bytes }: RehearsedRelease, startsAt: number, random: Prng) {
    const maker = drawnKey(crypto, random);
    const key = drawnKey(crypto, random);
    const { product, version, size, sequenceNumber } = release;
    this.product = product;
    this.makerKey = crypto.verificationKey(maker.spki)!;
    this.image =
      bytes === undefined
        ? DrawnImage.of(crypto, size, random, product, version)
        : new DrawnImage(crypto, bytes, product, version);
    // As long as the new one, for who goes back downloads it.
    const old = DrawnImage.of(crypto, size, random, product, `${version}-before`);
    this.#images = [this.image, old];
    this.before = { sequenceNumber: Math.max(0, sequenceNumber - 1), version: old.version, sha256: old.sha256 };
    const forward = signed(crypto, maker, this.image, { sequenceNumber, notAfter: release.notAfter });
    const back = signed(crypto, maker, old, { sequenceNumber: sequenceNumber + 1, forRunning: this.image.sha256 });
    this.#offered = [forward, back];
    const known = (offered: OfferedRelease, image: DrawnImage, forRunning: string | undefined): FleetRelease => ({
      ...release,
      version: image.version,
      sequenceNumber: offered.sequenceNumber,
      digest: toHex(offered.digest),
      sha256: toHex(image.sha256),
      // What has to come first is not part of this roll-out.
      requires: undefined,
      class: undefined,
      forRunning,
    });
    this.known = [known(forward, this.image, undefined), known(back, old, toHex(this.image.sha256))];
    const unixSeconds = Math.floor(startsAt / 1_000);
    this.#root = sign(SIGNED_TRUST_ROOT, maker, {
      number: 1,
      product,
      notAfter: unixSeconds + YEAR_SECONDS,
      keys: [{ role: "server", spki: key.spki }],
      servers: [],
    });
    this.ticketMaker = { releases: this, key, unixSeconds: (now) => Math.floor((startsAt + now) / 1_000) };
  }

  find(product: string, version: string): CatalogueImage | undefined {
    return this.#images.find((image) => image.product === product && image.version === version);
  }

  list(): readonly CatalogueImage[] {
    return this.#images;
  }

  /** The newest is what a roll-out brings. */
  current(): OfferedRelease | undefined {
    return this.#offered[0];
  }

  wayBack(): undefined {}

  byDigest(_product: string, prefix: Uint8Array): OfferedRelease | undefined {
    return this.#offered.find(({ digest }) => toHex(digest).startsWith(toHex(prefix)));
  }

  trustRoot(): Uint8Array {
    return this.#root;
  }

  proof(): undefined {}

  logHead(): undefined {}
}

function signed(
  crypto: CryptoProvider,
  maker: SigningKey,
  { product, version, sha256, length: size, path }: DrawnImage,
  more: Pick<NativeManifest, "sequenceNumber" | "notAfter" | "forRunning">,
): OfferedRelease {
  const content = { product, version, sha256, size, path: `/${path.join("/")}`, ...more };
  const manifest = sign(SIGNED_MANIFEST, maker, content);
  const digest = bytesOfLatin1(crypto.sha256(manifest));
  const { sequenceNumber, notAfter } = more;
  return { version, sequenceNumber, notAfter, manifest, digest, suit: undefined, riot: undefined };
}
