// What the fleet knows of releases is what was released here: it is told of each, and of each that is offered no longer. Nobody
// has to say so: the tables are compared with the fleet whenever the file was written.

import { toHex } from "../base/bytes.ts";
import type { FleetAction } from "../fleet/fleet-action.ts";
import type { FleetRelease } from "../fleet/product.ts";
import { decodeReleaseRecord } from "../manifest/release-record.ts";
import type { StoredRelease } from "../release-store/release.ts";

/** Those that are not withdrawn, ways back that are sealed among them. */
export function fleetReleases(stored: readonly StoredRelease[]): readonly FleetRelease[] {
  return stored.filter(({ withdrawnAt }) => withdrawnAt === undefined).map(fleetRelease);
}

/** What the fleet has to be told of a product so that it knows of these releases, and of no others. */
export function releaseNews(known: readonly FleetRelease[], offered: readonly FleetRelease[]): readonly FleetAction[] {
  const knownDigests = new Set(known.map(({ digest }) => digest));
  const digests = new Set(offered.map(({ digest }) => digest));
  return [
    ...offered
      .filter(({ digest }) => !knownDigests.has(digest))
      .map((release) => ({ kind: "releaseKnown", release }) as const),
    ...known
      .filter(({ digest }) => !digests.has(digest))
      .map(({ digest }) => ({ kind: "releaseWithdrawn", digest }) as const),
  ];
}

function fleetRelease({ content, digest, record }: StoredRelease): FleetRelease {
  const { product, version, sequenceNumber, sha256, size, encryption, notAfter, forRunning } = content;
  const said = record && decodeReleaseRecord(record);
  return {
    product,
    version,
    class: content.class,
    sequenceNumber,
    digest: toHex(digest),
    sha256: toHex(sha256),
    size: encryption?.size ?? size,
    kind: (said?.ok === true && said.value.kind) || "functional",
    notAfter,
    requires: undefined,
    forRunning: forRunning && toHex(forRunning),
  };
}
