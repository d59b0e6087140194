// What a server needs beside images and keys of devices: releases, what identities are bound to, and a key to sign tickets.

import { ScopeStore } from "../../../psk/scope-store.ts";
import { PublishedLog } from "../../registry-store/published-log.ts";
import { ReleaseCatalogue } from "../../release-store/release-catalogue.ts";
import { ReleaseStore } from "../../release-store/release-store.ts";
import { FleetThread } from "../../shell/fleet/fleet-thread.ts";
import type { ServerTrust } from "../../shell/server-shell.ts";
import { systemCrypto } from "../../shell/system-crypto.ts";
import { RegistryThread, RegistryWatch } from "../../shell/trust/registry-keeper.ts";
import { ownKey } from "../../trust-store/own-key.ts";

export class ServedTrust {
  readonly scopes: ScopeStore;
  readonly trust: ServerTrust;
  readonly #releases: ReleaseStore;

  /** Makes what is absent in the data directory, the server's own key too. Throws StoreError. */
  static open(directory: string): ServedTrust {
    const key = ownKey(directory, "server", systemCrypto());
    const scopes = ScopeStore.open(directory);
    try {
      return new ServedTrust(directory, scopes, ReleaseStore.open(directory), key);
    } catch (error) {
      scopes.close();
      throw error;
    }
  }

  private constructor(directory: string, scopes: ScopeStore, releases: ReleaseStore, key: ServerTrust["key"]) {
    this.scopes = scopes;
    this.#releases = releases;
    const fleet = new FleetThread(directory);
    const signer = new RegistryThread(directory);
    const registry = new RegistryWatch(new PublishedLog(releases.registry, systemCrypto()), signer);
    this.trust = { releases: new ReleaseCatalogue(releases), registry, signer, fleet, key };
    scopes.neverWait();
    releases.neverWait();
  }

  close(): void {
    this.scopes.close();
    this.#releases.close();
  }
}
