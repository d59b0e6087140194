// Asking witnesses for their signatures, over HTTP as it is: those that sign, those that are ahead, and those that are silent.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cosignersOf, verifyCheckpoint } from "../../src/registry/checkpoint.ts";
import { noteVerifier } from "../../src/registry/note-key.ts";
import { witnessKeyOf } from "../../src/registry/witness.ts";
import { WitnessStore } from "../../src/registry-store/witness-store.ts";
import { WitnessDoor } from "../../src/shell/trust/witness-door.ts";
import { WitnessRounds } from "../../src/shell/trust/witness-rounds.ts";
import type { Witness } from "../../src/trust-store/trust-store.ts";
import { keyPair } from "../registry/log-keys.ts";
import { LOG, RegistryScene } from "../registry-store/scene.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { CRYPTO } from "../support/crypto.ts";

const rounds = suite("witness rounds");
const scratch = scratchDirectories(rounds);

/** A witness of its own memory, which listens. */
class ListeningWitness {
  readonly door: WitnessDoor;
  readonly as: Witness;
  readonly #store: WitnessStore;

  static async open(number: number): Promise<ListeningWitness> {
    const { signer, public: key } = keyPair(number);
    const input = { key: signer, logs: [LOG.log], crypto: CRYPTO, clock: () => Date.now() };
    const store = WitnessStore.open(scratch(), input);
    const door = await WitnessDoor.open("127.0.0.1", 0, store.cosign, () => {});
    return new ListeningWitness(door, store, { keyId: key.keyId, spki: key.spki, url: door.url });
  }

  private constructor(door: WitnessDoor, store: WitnessStore, as: Witness) {
    this.door = door;
    this.#store = store;
    this.as = as;
  }

  async close(): Promise<void> {
    await this.door.close();
    this.#store.close();
  }
}

function roundsOf({ registry, published }: RegistryScene): WitnessRounds {
  return new WitnessRounds(registry, CRYPTO, published);
}

/** The witnesses whose lines stand in the newest checkpoint. */
function namesIn({ published }: RegistryScene, ...numbers: readonly number[]): readonly string[] {
  const signed = verifyCheckpoint(CRYPTO, LOG.log, published.note()!);
  assert.ok(signed.ok);
  const verifiers = numbers.map((number) => noteVerifier(CRYPTO, witnessKeyOf(keyPair(number).public)!)!);
  return cosignersOf(signed.value, verifiers);
}

rounds("two witnesses sign a first checkpoint and the next, of which their sizes are learned by 409", async () => {
  const scene = new RegistryScene(scratch());
  const witnesses = [await ListeningWitness.open(2), await ListeningWitness.open(3)];
  const known = witnesses.map(({ as }) => as);
  scene.enter("one");
  scene.sign();
  assert.equal(await roundsOf(scene).ask(known), { signed: 2, refusals: [] });
  assert.is(namesIn(scene, 2, 3, 4).length, 2);
  scene.enter("two", "three");
  scene.sign();
  assert.is(namesIn(scene, 2, 3).length, 0);
  // Another process asks: it knows no sizes.
  assert.equal(await roundsOf(scene).ask(known), { signed: 2, refusals: [] });
  assert.is(namesIn(scene, 2, 3).length, 2);
  for (const one of witnesses) await one.close();
  scene.close();
});

rounds("a witness that is away keeps nobody from the other's signature, and signs when it is back", async () => {
  const scene = new RegistryScene(scratch());
  const [here, away] = [await ListeningWitness.open(2), await ListeningWitness.open(3)];
  await away.door.close();
  scene.enter("one");
  scene.sign();
  const round = await roundsOf(scene).ask([away.as, here.as]);
  assert.equal([round.signed, round.refusals.map(({ url }) => url)], [1, [away.as.url]]);
  assert.match(round.refusals[0]!.reason, /ECONNREFUSED/);
  assert.equal(namesIn(scene, 2, 3).length, 1);
  await here.close();
  scene.close();
});

rounds("a registry out of an old backup is not signed, and neither is another history that it begins", async () => {
  const witness = await ListeningWitness.open(2);
  const scene = new RegistryScene(scratch());
  scene.enter("one", "two");
  scene.sign();
  assert.is((await roundsOf(scene).ask([witness.as])).signed, 1);
  scene.close();
  const restored = new RegistryScene(scratch());
  restored.enter("one");
  restored.sign();
  const reasonNow = async () => (await roundsOf(restored).ask([witness.as])).refusals[0]?.reason ?? "";
  assert.match(await reasonNow(), /old copy/);
  restored.enter("another", "and another");
  restored.sign();
  assert.match(await reasonNow(), /^it answers 422/);
  await witness.close();
  restored.close();
});

rounds("an answer that is not by the witness's key is nobody's, however long it is", async () => {
  const scene = new RegistryScene(scratch());
  scene.enter("one");
  scene.sign();
  const stranger = await ListeningWitness.open(3);
  const [as] = [keyPair(2).public];
  const { refusals } = await roundsOf(scene).ask([{ keyId: as.keyId, spki: as.spki, url: stranger.as.url }]);
  assert.match(refusals[0]!.reason, /not signed by its key/);
  const flood = createServer((_, response) => response.end("x".repeat(1_000_000)));
  await new Promise<void>((resolve) => flood.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(flood.address() as AddressInfo).port}`;
  const flooded = await roundsOf(scene).ask([{ keyId: as.keyId, spki: as.spki, url }]);
  assert.match(flooded.refusals[0]!.reason, /more than any signature/);
  flood.closeAllConnections();
  flood.close();
  await stranger.close();
  scene.close();
});

rounds("a request of a mebibyte is refused before it is read to its end", async () => {
  const witness = await ListeningWitness.open(2);
  const body = "x".repeat(1_000_000);
  const answer = await fetch(`${witness.as.url}/add-checkpoint`, { method: "POST", body }).then(
    ({ status }) => status,
    // The connection may be closed while it still sends.
    () => 413,
  );
  assert.is(answer, 413);
  await witness.close();
});

rounds.run();
