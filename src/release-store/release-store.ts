// Releases, ways back, classes and trust roots in `releases.db`. A release is there with all that belongs to it, or not at all.

import { nodeCrypto } from "../crypto/node-crypto.ts";
import { EntryKind } from "../registry/log-entry.ts";
import { openDecisionFile } from "../registry-store/decision-file.ts";
import { Registry } from "../registry-store/registry.ts";
import { StoreError } from "../store/store-error.ts";
import type { StoreFile } from "../store/store-file.ts";
import { ClassTable } from "./class-table.ts";
import { DocumentTable } from "./document-table.ts";
import { digestOf, manifestIn, type NewRelease, type StoredRelease, trustRootIn } from "./release.ts";
import { RELEASE_SCHEMA } from "./release-file.ts";
import { ReleaseTable } from "./release-table.ts";
import { TrustRootTable } from "./trust-root-table.ts";

/** What an operator's word changed. */
export interface WayBackOffered {
  /** Ways back that are offered from now on; 0 where they were already. */
  readonly offeredCount: number;
  /** Releases of the version that are offered no longer. */
  readonly withdrawnCount: number;
  /** The version that devices go back to. */
  readonly version: string;
}

export class ReleaseStore {
  readonly releases: ReleaseTable;
  readonly classes: ClassTable;
  readonly documents: DocumentTable;
  readonly trustRoots: TrustRootTable;
  readonly #file: StoreFile;
  readonly #askRevision: () => number | undefined;
  #revision: number | undefined;
  #registry: Registry | undefined;

  /**
   * Opens the store in the data directory, and makes it where it is absent.
   * Throws StoreError: busy, damaged, notADirectory, permissions, unknownFormat, unwritable.
   */
  static open(directory: string): ReleaseStore {
    return new ReleaseStore(openDecisionFile(directory, RELEASE_SCHEMA));
  }

  private constructor(file: StoreFile) {
    this.#file = file;
    this.releases = new ReleaseTable(file);
    this.classes = new ClassTable(file);
    this.documents = new DocumentTable(file);
    this.trustRoots = new TrustRootTable(file);
    const revision = file.prepare<[], { number: number }>("SELECT number FROM release_revision");
    this.#askRevision = () => file.attempt(() => revision.get()?.number);
    this.#revision = this.#askRevision();
  }

  /** Where each decision is entered, in the same file: its root is computed when it is first asked for. */
  get registry(): Registry {
    this.#registry ??= Registry.open(this.#file, nodeCrypto());
    return this.#registry;
  }

  /**
   * Adds a release, and what comes with it, in one transaction. The signatures were looked at before.
   * Throws StoreError: manifest, registryBroken, releaseOld.
   */
  add(release: NewRelease): StoredRelease {
    const content = manifestIn(release.manifest);
    const { product, version, sha256 } = content;
    const { registry } = this;
    return this.#file.transaction(() => {
      this.#admitSequence(product, content.sequenceNumber);
      const digest = digestOf(release.manifest);
      this.releases.add({ ...release, digest, record: release.record, backFrom: undefined });
      if (release.wayBack !== undefined) this.#addWayBack(release, release.wayBack, product, version, sha256);
      this.documents.add(digest, "notes", release.notes);
      this.documents.add(digest, "sbom", release.sbom);
      registry.append([{ kind: EntryKind.RELEASE, records: [release.manifest] }], release.releasedAt);
      if (release.wayBack !== undefined) {
        const back = { kind: EntryKind.WAY_BACK_SEALED, records: [release.wayBack.manifest] };
        registry.append([back], release.releasedAt);
      }
      if (release.trustRoot !== undefined) this.#addTrustRoot(registry, release.trustRoot, product, release.releasedAt);
      return this.releases.byDigest(product, digest)!;
    });
  }

  /** Throws StoreError: manifest, where it is none or no newer than the one that is there; registryBroken. */
  addTrustRoot(root: Uint8Array, addedAt: number): void {
    const { registry } = this;
    this.#file.transaction(() => this.#addTrustRoot(registry, root, trustRootIn(root).product, addedAt));
  }

  /**
   * Everybody who runs `from` goes back: its sealed ways back are offered, and its releases no longer. Saying it again changes
   * nothing. Throws StoreError: releaseUnknown, noWayBack, registryBroken.
   */
  offerWayBack(product: string, from: string, at: number): WayBackOffered {
    const { registry } = this;
    return this.#file.transaction(() => {
      const all = this.releases.waysBack(product, from);
      const [back] = all;
      if (back === undefined) throw this.#noWayBack(product, from);
      const sealed = all.filter(({ offeredAt }) => offeredAt === undefined);
      const opened = sealed.map(({ manifest }) => ({ kind: EntryKind.WAY_BACK_OPENED, records: [manifest] }));
      registry.append(opened, at);
      const offeredCount = this.releases.offerWaysBack(product, from, at);
      const withdrawnCount = this.releases.withdraw(product, from, at);
      return { offeredCount, withdrawnCount, version: back.content.version };
    });
  }

  /**
   * Nothing that this key has signed is offered any more; says how much of it was. Saying it again changes nothing.
   * That the key is revoked is the registry's entry about it: see TrustStore.
   */
  withdrawSignedBy(keyId: Uint8Array, at: number): number {
    return this.#file.transaction(() => this.releases.withdrawSignedBy(keyId, at));
  }

  /** Whether another handle has released, withdrawn or set anything since the last call. Costs microseconds. */
  changedElsewhere(): boolean {
    if (!this.#file.changedElsewhere()) return false;
    const before = this.#revision;
    this.#revision = this.#askRevision();
    return this.#revision !== before;
  }

  /** See StoreFile. */
  neverWait(): void {
    this.#file.neverWait();
  }

  close(): void {
    this.#file.close();
  }

  #admitSequence(product: string, sequenceNumber: number): void {
    const newest = this.releases.newestSequence(product);
    if (sequenceNumber > newest) return;
    const what = `sequence number ${sequenceNumber} is not above ${newest}, the newest of ${product}`;
    throw new StoreError("releaseOld", `${what}: sign the release anew with ${newest + 1} or more`);
  }

  /** A way back that leads from something else, or to another product, would be offered to nobody or to everybody. */
  #addWayBack(
    { releasedAt }: NewRelease,
    wayBack: NonNullable<NewRelease["wayBack"]>,
    product: string,
    from: string,
    running: Uint8Array,
  ): void {
    const back = manifestIn(wayBack.manifest);
    const isFor = back.forRunning !== undefined && Buffer.compare(back.forRunning, running) === 0;
    if (back.product !== product || !isFor) {
      throw new StoreError("manifest", `the way back is not one from ${product} ${from}: sign it for that image`);
    }
    this.#admitSequence(product, back.sequenceNumber);
    this.releases.add({
      ...wayBack,
      digest: digestOf(wayBack.manifest),
      record: undefined,
      backFrom: from,
      releasedAt,
    });
  }

  #addTrustRoot(registry: Registry, root: Uint8Array, product: string, addedAt: number): void {
    const content = trustRootIn(root);
    if (content.product !== product) {
      throw new StoreError("manifest", `the trust root is that of ${content.product}, and not of ${product}`);
    }
    this.trustRoots.add(product, content.number, root, addedAt);
    registry.append([{ kind: EntryKind.TRUST_ROOT, records: [root] }], addedAt);
  }

  #noWayBack(product: string, from: string): StoreError {
    if (this.releases.ofVersion(product, from).length === 0) {
      return new StoreError(
        "releaseUnknown",
        `${product} ${from} was never released here: narrowboat images shows what was`,
      );
    }
    const how = `release its successor, or next time say release --way-back VERSION`;
    return new StoreError("noWayBack", `no way back from ${product} ${from} was signed: ${how}`);
  }
}
