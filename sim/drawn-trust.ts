// A maker, its one release and a server's key for a simulation, all drawn from its seed: what a trusted update is made of.

import { bytesOfLatin1, concat, fromHex } from "../src/base/bytes.ts";
import type { CryptoProvider } from "../src/crypto/crypto-provider.ts";
import type { SigningKey, VerificationKey } from "../src/crypto/signature.ts";
import type { OfferedRelease, Releases } from "../src/firmware/releases.ts";
import { SIGNED_MANIFEST, SIGNED_TRUST_ROOT, sign } from "../src/manifest/signed-object.ts";
import type { TicketMaker } from "../src/server/ticket-resource.ts";
import type { DrawnImage } from "./drawn-image.ts";
import type { Prng } from "./prng.ts";

/** RFC 8410 7: what stands before the 32 bytes of an Ed25519 key in PKCS#8. */
const PKCS8_HEAD = fromHex("302e020100300506032b657004220420")!;

/** Seconds since 1970 at the begin of every simulation. */
const BEGIN = 1_800_000_000;
const YEAR_SECONDS = 31_536_000;

/** What devices are made with, and what their server makes tickets with. */
export interface SimulatedTrust {
  readonly makerKey: VerificationKey;
  readonly ticketMaker: TicketMaker;
  readonly product: string;
}

export class DrawnTrust implements Releases, SimulatedTrust {
  readonly makerKey: VerificationKey;
  readonly ticketMaker: TicketMaker;
  readonly product: string;
  readonly #release: OfferedRelease;
  readonly #root: Uint8Array;

  constructor(crypto: CryptoProvider, image: DrawnImage, random: Prng) {
    const maker = drawnKey(crypto, random);
    const key = drawnKey(crypto, random);
    const { product, version, sha256, length: size, path } = image;
    this.product = product;
    this.makerKey = crypto.verificationKey(maker.spki)!;
    const manifest = sign(SIGNED_MANIFEST, maker, {
      sequenceNumber: 1,
      product,
      version,
      sha256,
      size,
      path: `/${path.join("/")}`,
    });
    const digest = bytesOfLatin1(crypto.sha256(manifest));
    const forms = { manifest, digest, suit: undefined, riot: undefined };
    this.#release = { version, sequenceNumber: 1, notAfter: undefined, ...forms };
    this.#root = sign(SIGNED_TRUST_ROOT, maker, {
      number: 1,
      product,
      notAfter: BEGIN + YEAR_SECONDS,
      keys: [{ role: "server", spki: key.spki }],
      servers: [],
    });
    this.ticketMaker = { releases: this, key, unixSeconds: (now) => BEGIN + Math.floor(now / 1_000) };
  }

  current(product: string): OfferedRelease | undefined {
    return product === this.product ? this.#release : undefined;
  }

  wayBack(): undefined {}

  byDigest(product: string): OfferedRelease | undefined {
    return this.current(product);
  }

  trustRoot(product: string): Uint8Array | undefined {
    return product === this.product ? this.#root : undefined;
  }

  proof(): undefined {}

  logHead(): undefined {}
}

export function drawnKey(crypto: CryptoProvider, random: Prng): SigningKey {
  const seed = new Uint8Array(32);
  random.fill(seed);
  return crypto.signingKey(concat(PKCS8_HEAD, seed))!;
}
