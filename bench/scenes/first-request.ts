// What 64 busy sessions notice while an image of 1 GiB is asked for that was not checked yet: all of it is read and digested
// before its first byte is served. Each slice asks once, for a content that looks as if it had just been written.

import { randomBytes, randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { appendFileSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { contentName } from "../../firmware-store/image-index.ts";
import { EMPTY } from "../../src/base/bytes.ts";
import { blockOption } from "../../src/coap/block.ts";
import { Code } from "../../src/coap/code.ts";
import { decodeMessage, encodeMessage } from "../../src/coap/message.ts";
import { OptionNumber, stringOption } from "../../src/coap/option.ts";
import type { Bench, Scene } from "../bench.ts";
import { latencyBeside, P99 } from "../block-latency.ts";
import { DeviceCrowd } from "../load/device-crowd.ts";
import type { Section } from "../report/row.ts";
import { addKeys, PRODUCT, publish, serve, VERSION } from "../targets/narrowboat-target.ts";
import type { Target } from "../targets/target.ts";
import { alternate, type Trial } from "../trial.ts";

const TITLE = "DTLS CCM_8, 64 busy clients beside the first request for an image of 1 GiB";
const ID = "first-request";
const BUSY = { protocol: "dtls", blockSize: 1024, clients: 64 } as const;
const BUSY_IMAGE_LENGTH = 128 * 1024;
const LARGE = "large";
const LARGE_LENGTH = 2 ** 30;
const QUICK_LENGTH = 2 ** 22;
const PIECE_LENGTH = 2 ** 22;
const SLICES = 4;
const P99_GROWTH_MAX = 2;
/** A first request that takes longer is not answered. */
const ANSWER_MS = 60_000;
const BLOCK = { szx: 6, size: 1024 };

export const firstRequestScene: Scene = { id: ID, title: TITLE, run: measure };

async function measure(bench: Bench): Promise<Section> {
  const data = bench.resources.directory("first-request");
  const image = new Uint8Array(randomBytes(BUSY_IMAGE_LENGTH));
  const length = bench.quick ? QUICK_LENGTH : LARGE_LENGTH;
  try {
    publish(data, [{ product: PRODUCT, image }]);
    const content = publishLarge(data, length);
    await addKeys(data, BUSY.clients);
    const input = { node: bench.node, native: true, data, product: PRODUCT, identityCount: BUSY.clients };
    const target = await serve(bench.resources, input);
    try {
      const devices = await DeviceCrowd.open(target, { ...BUSY, native: bench.nativeLoad, image });
      try {
        const first = new FirstRequest(target, content, length);
        const measureMs = bench.measureMs / SLICES;
        const trials: Trial[] = [
          { id: `${ID}.calm`, server: "narrowboat, calm", run: () => latencyBeside(target, devices, measureMs) },
          {
            id: `${ID}.narrowboat`,
            server: "narrowboat, a first request",
            run: async () => {
              let firstMs = 0;
              const measured = await latencyBeside(target, devices, measureMs, async () => {
                firstMs = await first.ask();
              });
              return { ...measured, "first answer s": firstMs / 1000 };
            },
            compared: [{ of: `${ID}.calm`, figure: P99, limit: { atMost: P99_GROWTH_MAX } }],
          },
        ];
        const turns = { runs: bench.runs, slices: SLICES, heat: !bench.quick };
        const rows = await alternate(trials, turns, (run) =>
          bench.told(`first request: run ${run + 1} of ${bench.runs}`),
        );
        return { title: TITLE, rows };
      } finally {
        devices.close();
      }
    } finally {
      await target.stop();
    }
  } finally {
    bench.resources.remove(data);
  }
}

/** Gives the path of the content. */
function publishLarge(data: string, length: number): string {
  const file = join(data, "large.bin");
  for (let written = 0; written < length; written += PIECE_LENGTH) appendFileSync(file, randomBytes(PIECE_LENGTH));
  const store = FirmwareStore.open(data);
  const { image } = store.publish({ file, product: LARGE, version: VERSION, publishedAt: 0 });
  store.close();
  rmSync(file);
  return join(data, "images", contentName(image.sha256));
}

class FirstRequest {
  readonly #target: Target;
  readonly #content: string;
  readonly #blockCount: number;
  #page = 0;

  constructor(target: Target, content: string, length: number) {
    this.#target = target;
    this.#content = content;
    this.#blockCount = length / BLOCK.size;
  }

  /** Asks for a block that is not in memory, and gives how long its answer took, ms. */
  async ask(): Promise<number> {
    utimesSync(this.#content, Date.now() / 1000, Date.now() / 1000);
    // A page has 64 blocks.
    this.#page = (this.#page + 1) % (this.#blockCount / 64);
    const num = 64 * this.#page;
    const messageId = randomInt(2 ** 16);
    const path = ["fw", LARGE, VERSION].map((segment) => stringOption(OptionNumber.URI_PATH, segment));
    const options = [...path, blockOption(OptionNumber.BLOCK2, { num, more: false, szx: BLOCK.szx })];
    const request = encodeMessage({ type: "CON", code: Code.GET, messageId, token: EMPTY, options, payload: EMPTY });
    const socket = createSocket("udp4");
    try {
      const began = performance.now();
      socket.send(request, this.#target.coapPort!, "127.0.0.1");
      const [answer] = (await once(socket, "message", { signal: AbortSignal.timeout(ANSWER_MS) })) as [Buffer];
      const decoded = decodeMessage(answer);
      if (!decoded.ok || decoded.value.type !== "ACK" || decoded.value.code !== Code.CONTENT) {
        throw new Error("the first request was not answered in its acknowledgement");
      }
      return performance.now() - began;
    } finally {
      socket.close();
    }
  }
}
