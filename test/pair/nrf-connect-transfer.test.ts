// A transfer as nRF Connect SDK does it, replayed: one request at a time under RFC 7252's timer, and nothing taken but the
// answer itself in its acknowledgement. A separate response, an error or any other message ends it.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addMs, type Instant } from "../../src/base/instant.ts";
import { decodeBlock } from "../../src/coap/block.ts";
import { Code } from "../../src/coap/code.ts";
import { decodeMessage } from "../../src/coap/message.ts";
import { OptionNumber } from "../../src/coap/option.ts";
import { DEFAULT_TRANSMISSION_PARAMETERS } from "../../src/coap/parameters.ts";
import { type Backoff, firstBackoff, nextBackoff } from "../../src/coap/retransmission.ts";
import { addressNumbered, FirmwareScene, type SceneInput, type ScenePeer } from "../support/firmware-scene.ts";
import { nrfConnectRequest } from "../support/nrf-connect-request.ts";
import { SeededRandom } from "../support/seeded-random.ts";

const test = suite("nrf-connect-transfer");

const STEP_MS = 100;
const PAGE_LENGTH = 4_096;
const BYTES = new Uint8Array(40_000).map((_, i) => i % 251);

/** Pulls on a link without losses and gives back the image; throws on whatever a real one gives up on. */
class Transfer {
  readonly bytes: number[] = [];
  repetitions = 0;
  readonly #scene: FirmwareScene;
  readonly #peer: ScenePeer;
  readonly #random: SeededRandom;
  readonly #version: string;
  #messageId: number;
  #backoff: Backoff | undefined;

  constructor(scene: FirmwareScene, number: number, version: string, secure: boolean) {
    const address = addressNumbered(number);
    this.#scene = scene;
    this.#version = version;
    this.#peer = secure ? scene.sessionPeer(address) : scene.plainPeer(address);
    this.#random = new SeededRandom(number);
    this.#messageId = 1_000 * number;
    this.#ask();
  }

  get isWhole(): boolean {
    return this.#backoff === undefined;
  }

  step(now: Instant): void {
    for (const datagram of this.#peer.received.splice(0)) this.#take(datagram);
    if (this.#backoff === undefined || this.#backoff.deadline > now) return;
    this.#backoff = nextBackoff(now, this.#backoff, DEFAULT_TRANSMISSION_PARAMETERS);
    assert.ok(this.#backoff !== undefined, `block ${this.bytes.length / 1024} was never answered`);
    this.repetitions++;
    this.#send();
  }

  #take(datagram: Uint8Array): void {
    const decoded = decodeMessage(datagram);
    assert.ok(decoded.ok);
    const { type, code, messageId, options, payload } = (decoded as Extract<typeof decoded, { ok: true }>).value;
    // An answer that comes twice is one to a request that is over.
    if (messageId !== this.#messageId) return;
    assert.equal([type, code], ["ACK", Code.CONTENT], "a transfer of nRF Connect SDK ends here");
    const { num, more } = decodeBlock(options.find(({ number }) => number === OptionNumber.BLOCK2)!.value);
    assert.is(num * 1024, this.bytes.length);
    this.bytes.push(...payload);
    this.#backoff = undefined;
    this.#messageId++;
    if (more) this.#ask();
  }

  #ask(): void {
    this.#backoff = firstBackoff(this.#scene.now, this.#random, DEFAULT_TRANSMISSION_PARAMETERS);
    this.#send();
  }

  #send(): void {
    this.#peer.saysBytes(nrfConnectRequest(`fw/hub/${this.#version}`, this.bytes.length / 1024, this.#messageId));
  }
}

/** `each` runs with each step. */
function pulls(scene: FirmwareScene, transfers: readonly Transfer[], each: () => void = () => {}): void {
  const end = addMs(scene.now, 3_600_000);
  while (transfers.some((transfer) => !transfer.isWhole)) {
    assert.ok(scene.now < end, "the transfers do not end");
    scene.waits(STEP_MS);
    each();
    for (const transfer of transfers) transfer.step(scene.now);
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
