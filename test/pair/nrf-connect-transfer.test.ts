// Transfers as nRF Connect SDK does them, in virtual time: see support/nrf-connect-transfer.ts. interop/nrf-connect.test.ts
// replays them on real sockets.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addMs } from "../../src/base/instant.ts";
import { addressNumbered, FirmwareScene, type SceneInput, type ScenePeer } from "../support/firmware-scene.ts";
import { NrfConnectTransfer } from "../support/nrf-connect-transfer.ts";

const test = suite("nrf-connect-transfer");

const STEP_MS = 100;
const PAGE_LENGTH = 4_096;
const BYTES = new Uint8Array(40_000).map((_, i) => i % 251);

/** Pulls on a link without losses. */
class Transfer {
  readonly #scene: FirmwareScene;
  readonly #peer: ScenePeer;
  readonly #transfer: NrfConnectTransfer;

  constructor(scene: FirmwareScene, number: number, version: string, secure: boolean) {
    const address = addressNumbered(number);
    this.#scene = scene;
    this.#peer = secure ? scene.sessionPeer(address) : scene.plainPeer(address);
    const send = (datagram: Uint8Array) => this.#peer.saysBytes(datagram);
    this.#transfer = new NrfConnectTransfer(scene.now, { path: `fw/hub/${version}`, seed: number, send });
  }

  get bytes(): readonly number[] {
    return this.#transfer.bytes;
  }

  get repetitions(): number {
    return this.#transfer.repetitions;
  }

  get isWhole(): boolean {
    return this.#transfer.isWhole;
  }

  step(): void {
    for (const datagram of this.#peer.received.splice(0)) this.#transfer.handleDatagram(this.#scene.now, datagram);
    this.#transfer.handleTimeout(this.#scene.now);
  }
}

/** `each` runs with each step. */
function pulls(scene: FirmwareScene, transfers: readonly Transfer[], each: () => void = () => {}): void {
  const end = addMs(scene.now, 3_600_000);
  while (transfers.some((transfer) => !transfer.isWhole)) {
    assert.ok(scene.now < end, "the transfers do not end");
    scene.waits(STEP_MS);
    each();
    for (const transfer of transfers) transfer.step();
  }
  for (const { bytes } of transfers) assert.ok(Buffer.from(bytes).equals(BYTES), "the bytes differ");
}

function sceneWith(input: SceneInput = {}): FirmwareScene {
  const scene = new FirmwareScene(input);
  scene.catalogue.publish("hub", "warm", BYTES);
  scene.catalogue.publish("hub", "cold", BYTES).pageLength = PAGE_LENGTH;
  scene.catalogue.unchecked.add("hub/cold");
  return scene;
}

for (const secure of [true, false]) {
  const over = secure ? "over DTLS" : "on plain CoAP";

  test(`${over}: while the image is digested for 20 s and each page takes 3 s, every block comes as it must`, () => {
    const scene = sceneWith();
    const transfers = [1, 2, 3].map((number) => new Transfer(scene, number, "cold", secure));
    let dueAt = addMs(scene.now, 20_000);
    pulls(scene, transfers, () => {
      if (scene.contentQuestions.length === 0 || scene.now < dueAt) return;
      scene.fetches();
      dueAt = addMs(scene.now, 3_000);
    });
    assert.ok(transfers[0]!.repetitions >= 3, "nothing had to be waited for");
  });

  test(`${over}: under a rate that makes each block wait for 8 s, every block comes as it must`, () => {
    const scene = sceneWith({ rates: { perAssociation: 128 } });
    const transfers = [new Transfer(scene, 1, "warm", secure)];
    const begun = scene.now;
    pulls(scene, transfers);
    assert.ok(scene.now - begun > 300_000, "nothing had to be waited for");
  });

  test(`${over}: ten at a time under a rate for all, every block comes as it must`, () => {
    const scene = sceneWith({ rates: { total: 2_048 } });
    pulls(
      scene,
      Array.from({ length: 10 }, (_, i) => new Transfer(scene, i + 1, "warm", secure)),
    );
  });

  test(`${over}: while pages are evicted between one block and the next, every block comes as it must`, () => {
    const scene = sceneWith();
    const transfers = [1, 2].map((number) => new Transfer(scene, number, "cold", secure));
    pulls(scene, transfers, () => {
      for (const question of scene.contentQuestions) if (question.page !== undefined) scene.catalogue.evict(question);
      if (scene.contentQuestions.length > 0) scene.fetches();
    });
  });
}

test.run();
