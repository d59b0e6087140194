// What changes, heard as it changes: by real listeners on a real socket.

import { get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { STREAM_WAITING_LENGTH_MAX, STREAMS_MAX, STREAMS_OF_PERSON_MAX } from "../../src/api/event-streams.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { ApiScene } from "./api-scene.ts";
import { PlainFleet } from "./plain-fleet.ts";

const test = suite("event-streams");
const scratch = scratchDirectories(test);

async function inScene(work: (scene: ApiScene, port: number) => Promise<void>): Promise<void> {
  const scene = new ApiScene(scratch(), new PlainFleet());
  try {
    const api = await scene.api;
    await api.listen({ host: "127.0.0.1", port: 0 });
    await work(scene, (api.server.address() as AddressInfo).port);
    assert.equal(scene.failures, []);
  } finally {
    await scene.close();
  }
}

/** Hears events as a browser does, and knows where it was when it is cut off. */
class Listener {
  readonly numbers: number[] = [];
  readonly #port: number;
  readonly #token: string;
  #response: IncomingMessage | undefined;
  #text = "";

  constructor(port: number, token: string) {
    this.#port = port;
    this.#token = token;
  }

  async listens(after = this.numbers.at(-1)): Promise<number> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${this.#token}`,
        ...(after !== undefined && { "last-event-id": String(after) }),
      };
      get({ port: this.#port, host: "127.0.0.1", path: "/api/v1/events", headers }, resolve).on("error", reject);
    });
    this.#response = response;
    this.#text = "";
    response.setEncoding("utf8").on("data", (text: string) => this.#hear(text));
    response.on("error", () => {});
    return response.statusCode!;
  }

  sleeps(): void {
    this.#response!.pause();
  }

  isCut(): void {
    this.#response!.destroy();
  }

  async hears(count: number): Promise<void> {
    for (let i = 0; this.numbers.length < count && i < 2_000; i++) await wait(5);
    assert.ok(this.numbers.length >= count, `${this.numbers.length} of ${count} events came`);
  }

  #hear(text: string): void {
    this.#text += text;
    for (let end = this.#text.indexOf("\n\n"); end >= 0; end = this.#text.indexOf("\n\n")) {
      const [, id, data] = /^id: (\d+)\nevent: change\ndata: (.*)$/.exec(this.#text.slice(0, end)) ?? [];
      this.#text = this.#text.slice(end + 2);
      if (id === undefined) continue;
      assert.is(JSON.parse(data!).number, Number(id));
      this.numbers.push(Number(id));
    }
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

test("a listener that is cut off at any moment misses no change and hears none twice", () =>
  inScene(async (scene, port) => {
    const listener = new Listener(port, scene.tokenOf({ role: "viewer" }));
    for (let i = 0; i < 700; i++) scene.fleet.happens({ kind: "contacted" });
    assert.is(await listener.listens(0), 200);
    await listener.hears(600);
    listener.isCut();
    for (const cut of [710, 720, 731]) {
      for (let i = 0; i < 10; i++) scene.fleet.happens({ kind: "stalled", isStalled: true });
      await listener.listens();
      scene.fleet.happens({ kind: "contacted" });
      await listener.hears(cut);
      listener.isCut();
    }
    await listener.listens();
    await listener.hears(733);
    assert.equal(listener.numbers, upTo(733));
  }));

test("who says no number hears what comes from now on", () =>
  inScene(async (scene, port) => {
    scene.fleet.happens({ kind: "contacted" });
    const listener = new Listener(port, scene.tokenOf({ role: "viewer" }));
    await listener.listens();
    scene.fleet.happens({ kind: "stalled", isStalled: true });
    await listener.hears(1);
    assert.equal(listener.numbers, [2]);
  }));

test("who comes while others wait for the next look hears nothing that was before", () =>
  inScene(async (scene, port) => {
    const [early, late] = [0, 1].map(() => new Listener(port, scene.tokenOf({ role: "viewer" }))) as [
      Listener,
      Listener,
    ];
    await early.listens(0);
    for (let number = 1; number <= 6; number++) {
      scene.fleet.happens({ kind: "contacted" });
      late.numbers.length = 0;
      await late.listens();
      await early.hears(number);
      late.isCut();
      assert.equal(late.numbers, []);
    }
    assert.equal(early.numbers, upTo(6));
    early.isCut();
  }));

test("a long past goes out as it is read, and a listener who sleeps in the present is cut off, and may come again", () =>
  inScene(async (scene, port) => {
    const big = "x".repeat(100_000);
    const happens = () => scene.fleet.happens({ kind: "rollout", rollout: "spring", state: "paused", reason: big });
    for (let i = 0; i < 40; i++) happens();
    const listener = new Listener(port, scene.tokenOf({ role: "viewer" }));
    await listener.listens(0);
    await listener.hears(40);
    listener.sleeps();
    let count = 40;
    const socketsToo = 10 * STREAM_WAITING_LENGTH_MAX;
    for (; count * big.length < 40 * big.length + socketsToo; count++) happens();
    const { server } = await scene.api;
    const connections = () => new Promise<number>((resolve) => server.getConnections((_error, open) => resolve(open)));
    for (let i = 0; (await connections()) > 0 && i < 2_000; i++) await wait(5);
    assert.is(await connections(), 0, "the server holds nothing for it");
    listener.isCut();
    await listener.listens();
    await listener.hears(count);
    assert.equal(listener.numbers, upTo(count));
  }));

test("of one person 8 may listen, of all 64, and not who may not see or is bound", () =>
  inScene(async (scene, port) => {
    const own = scene.tokenOf({ role: "viewer" });
    const listeners: Listener[] = [];
    const listens = async (token: string) => {
      const listener = new Listener(port, token);
      listeners.push(listener);
      return listener.listens();
    };
    for (let i = 0; i < STREAMS_OF_PERSON_MAX; i++) assert.is(await listens(own), 200);
    assert.is(await listens(own), 503);
    for (let i = STREAMS_OF_PERSON_MAX; i < STREAMS_MAX; i++) {
      assert.is(await listens(scene.tokenOf({ role: "viewer" }, `user${i}`)), 200);
    }
    assert.is(await listens(scene.tokenOf({ role: "viewer" }, "last")), 503);
    for (const listener of listeners) listener.isCut();
    assert.is(await listens(scene.tokenOf({ role: "viewer", products: ["pump"] })), 403);
    assert.is(await listens(`nb_${"A".repeat(43)}`), 401);
    listeners.at(-1)!.isCut();
  }));

test.run();
