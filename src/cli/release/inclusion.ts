// A release is done when it stands in the registry: from then on a device that asks for a proof gets one.

import { setTimeout as sleep } from "node:timers/promises";
import { bytesOfLatin1 } from "../../base/bytes.ts";
import { EntryKind } from "../../registry/log-entry.ts";
import { openDecisionFile } from "../../registry-store/decision-file.ts";
import { PublishedLog } from "../../registry-store/published-log.ts";
import { Registry } from "../../registry-store/registry.ts";
import { systemCrypto } from "../../shell/system-crypto.ts";
import { WitnessRounds } from "../../shell/trust/witness-rounds.ts";
import { ownKey } from "../../trust-store/own-key.ts";
import { TrustStore } from "../../trust-store/trust-store.ts";

/** Somebody else, a server, may sign first. */
const LOOK_INTERVAL_MS = 1_000;

/** Where it stands, and of how many entries the checkpoint is. */
export interface Inclusion {
  readonly index: number;
  readonly size: number;
}

/**
 * Waits until a manifest that was entered is in a signed checkpoint: at once, or within the minute that has to lie between two.
 * `tell` is called with the seconds that are left where it is not at once.
 */
export async function inclusionOf(
  data: string,
  manifest: Uint8Array,
  tell: (seconds: number) => void,
): Promise<Inclusion> {
  const crypto = systemCrypto();
  const digest = bytesOfLatin1(crypto.sha256(manifest));
  const key = ownKey(data, "log", crypto);
  const file = openDecisionFile(data);
  try {
    const registry = Registry.open(file, crypto);
    const published = new PublishedLog(registry, crypto);
    for (let isTold = false; ; isTold = true) {
      const signing = registry.sign(key, Date.now());
      published.refresh();
      const index = published.find(digest, Object.values(EntryKind));
      if (index !== undefined) return { index, size: published.checkpoint!.size };
      const waitMs = signing.kind === "tooSoon" ? signing.waitMs : LOOK_INTERVAL_MS;
      if (!isTold) tell(Math.ceil(waitMs / 1_000));
      await sleep(Math.min(waitMs, LOOK_INTERVAL_MS));
    }
  } finally {
    file.close();
  }
}

/** The same, said on stderr where it takes time, and then the witnesses' signatures. */
export async function waitForInclusion(data: string, manifest: Uint8Array): Promise<void> {
  await inclusionOf(data, manifest, (seconds) => {
    console.error(`released; in the registry in ${seconds} s, where a device may ask for it (--no-wait does not wait)`);
  });
  await askWitnesses(data);
}

/** Once: whoever serves goes on asking those that have not signed. */
async function askWitnesses(data: string): Promise<void> {
  const trust = TrustStore.open(data);
  const file = openDecisionFile(data);
  try {
    const witnesses = trust.witnesses();
    if (witnesses.length === 0) return;
    const crypto = systemCrypto();
    const registry = Registry.open(file, crypto);
    const rounds = new WitnessRounds(registry, crypto, new PublishedLog(registry, crypto));
    const { signed, refusals } = await rounds.ask(witnesses);
    console.error(`${signed} of ${witnesses.length} witnesses have signed`);
    for (const { url, reason } of refusals) console.error(`${url}: ${reason}; narrowboat serve asks again each minute`);
  } finally {
    trust.close();
    file.close();
  }
}
