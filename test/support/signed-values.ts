// Manifests, tickets and the like for property tests: all that their formats can say.

import fc from "fast-check";
import { type CheckIn, CONSENT_SECONDS_MAX, CONSENT_STATES } from "../../src/manifest/check-in.ts";
import type { InstallReport } from "../../src/manifest/install-report.ts";
import type { NativeManifest } from "../../src/manifest/native-manifest.ts";
import type { Ticket } from "../../src/manifest/ticket.ts";
import { majorityOf, ROLES, type TrustRoot } from "../../src/manifest/trust-root.ts";

export function bytes(minLength: number, maxLength = minLength): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength, maxLength });
}

/** What a name of a product, a version or a class is made of. */
export function name(maxLength: number): fc.Arbitrary<string> {
  const characters = fc.constantFrom(..."AZaz09._-");
  return fc.string({ unit: characters, minLength: 1, maxLength }).filter((text) => text !== "." && text !== "..");
}

function maybe<Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> {
  return fc.option(value, { nil: undefined });
}

/** As the decoders make them. */
const PLAIN = { noNullPrototype: true } as const;

const sequenceNumber = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const seconds = fc.integer({ min: 1, max: 2 ** 40 });
const sha256 = bytes(32);
const size = fc.integer({ min: 1, max: 2 ** 30 });

export const manifests: fc.Arbitrary<NativeManifest> = fc.record({
  sequenceNumber,
  product: name(28),
  version: name(28),
  sha256,
  size,
  path: fc.tuple(name(28), name(28)).map(([product, version]) => `/fw/${product}/${version}`),
  notAfter: maybe(seconds),
  class: maybe(name(32)),
  forRunning: maybe(sha256),
  securityCounter: maybe(fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  encryption: maybe(fc.record({ info: bytes(1, 200), sha256, size }, PLAIN)),
  record: maybe(sha256),
});

export const tickets: fc.Arbitrary<Ticket> = fc.record({
  nonce: bytes(8, 16),
  device: bytes(8),
  manifestDigest: maybe(sha256),
  sequenceNumber: fc.maxSafeNat(),
  lifetime: fc.integer({ min: 1, max: 30 * 86_400 }),
  issued: fc.maxSafeNat(),
  comeAgain: fc.integer({ min: 0, max: 30 * 86_400 }),
  log: maybe(fc.record({ size: fc.maxSafeNat(), root: sha256 }, PLAIN)),
});

const figures = fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { maxLength: 8 }).chain((numbers) =>
  fc.array(fc.maxSafeNat(), { minLength: numbers.length, maxLength: numbers.length }).map((values) => {
    return new Map(numbers.map((number, i) => [number, values[i]!]));
  }),
);

export const checkIns: fc.Arbitrary<CheckIn> = fc.record({
  product: name(28),
  class: maybe(name(32)),
  nonce: bytes(8, 16),
  sequenceNumber: fc.maxSafeNat(),
  version: maybe(name(28)),
  runningSha256: maybe(sha256),
  slot: maybe(fc.integer({ min: 0, max: 1 })),
  manifestWanted: fc.boolean(),
  figures,
  cell: maybe(fc.string({ unit: fc.constantFrom(..."!09AZaz~"), minLength: 1, maxLength: 32 })),
  consent: maybe(
    fc.record({ state: fc.constantFrom(...CONSENT_STATES), seconds: fc.nat({ max: CONSENT_SECONDS_MAX }) }, PLAIN),
  ),
  downloaded: maybe(fc.maxSafeNat()),
});

export const reports: fc.Arbitrary<InstallReport> = fc.record({
  id: bytes(8),
  product: name(28),
  version: maybe(name(28)),
  sequenceNumber: fc.maxSafeNat(),
  state: fc.integer({ min: 0, max: 3 }),
  result: fc.integer({ min: 0, max: 11 }),
  reason: maybe(fc.string({ unit: fc.constantFrom(..."AZaz"), minLength: 1, maxLength: 32 })),
  slot: maybe(fc.integer({ min: 0, max: 1 })),
  figures,
});

export const trustRoots: fc.Arbitrary<TrustRoot> = fc
  .record({
    number: sequenceNumber,
    product: name(28),
    notAfter: seconds,
    keys: fc.array(fc.record({ role: fc.constantFrom(...ROLES), spki: bytes(44, 91) }, PLAIN), {
      minLength: 1,
      maxLength: 16,
    }),
    servers: fc.array(
      name(60).map((host) => `coaps://${host}:5684`),
      { maxLength: 4 },
    ),
  })
  .map((root) => {
    const witnessesNeeded = majorityOf(root.keys);
    return witnessesNeeded === undefined ? root : { ...root, witnessesNeeded };
  });
