// node at-rest-server.js DATA sealed|clear: what `narrowboat serve --coap` serves, on free ports of 127.0.0.1, with its image
// sealed on the disk; or the same server with the same image in one array in memory, which is never read from anywhere.

import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { PskStore } from "../../psk/psk-store.ts";
import type { CatalogueImage } from "../../src/firmware/catalogue.ts";
import type { ImageSource } from "../../src/shell/image-watch.ts";
import { keepHeapSmall } from "../../src/shell/small-heap.ts";
import { systemCrypto } from "../../src/shell/system-crypto.ts";
import { startMeasuredShell } from "./measured-shell.ts";

/** One image in clear. */
class ClearImage implements ImageSource {
  readonly #image: CatalogueImage;

  constructor(image: CatalogueImage) {
    this.#image = image;
  }

  find(product: string, version: string): CatalogueImage | undefined {
    return product === this.#image.product && version === this.#image.version ? this.#image : undefined;
  }

  list(): readonly CatalogueImage[] {
    return [this.#image];
  }

  refresh(): boolean {
    return false;
  }

  async fetch(): Promise<void> {}

  async checkAll(): Promise<void> {}
}

/** The one image of a store, read out of it. */
async function clearImage(store: FirmwareStore): Promise<ClearImage> {
  const { product, version, length, sha256 } = store.list()[0]!;
  const question = { question: product, product, version, page: undefined };
  await store.fetch(question);
  for (;;) {
    const image = store.find(product, version);
    const read = image !== undefined && "read" in image ? image.read(0, length) : undefined;
    if (read === undefined) throw new Error("the image cannot be read");
    if (!("question" in read)) {
      const bytes = Uint8Array.from(read);
      const part = (offset: number, partLength: number) => bytes.subarray(offset, offset + partLength);
      return new ClearImage({ product, version, length, sha256, read: part });
    }
    await store.fetch(read);
  }
}

const [data, kind] = process.argv.slice(2);
keepHeapSmall();
const store = FirmwareStore.open(data!);
const keys = PskStore.open(data!, systemCrypto());
const shell = await startMeasuredShell(kind === "clear" ? await clearImage(store) : store, keys);
await shell.stopped;
store.close();
keys.close();
