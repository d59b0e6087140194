// The bytes of a release's image out of a data directory, and whether a bootloader that knows its format would start them.

import { FirmwareStore } from "../../../firmware-store/firmware-store.ts";
import type { CatalogueImage, ContentQuestion } from "../../firmware/catalogue.ts";
import { inspectImage } from "../../firmware/formats/inspection.ts";
import { imagePath } from "../../firmware/image-name.ts";
import type { FleetRelease } from "../../fleet/product.ts";
import { jobFailed } from "../command-error.ts";
import { digest } from "../image-file.ts";
import { FAULT_WORDS, FORMAT_WORDS } from "../inspect/words.ts";

const PIECE_LENGTH = 65_536;

/** Undefined where the image is published in another form, as one that is encrypted. Throws CommandError where it is damaged. */
export async function publishedBytes(
  data: string,
  { product, version, size }: Pick<FleetRelease, "product" | "version" | "size">,
): Promise<Uint8Array | undefined> {
  const store = FirmwareStore.open(data);
  try {
    const image = await found(store, product, version);
    if (image?.length !== size) return undefined;
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at += PIECE_LENGTH) {
      bytes.set(await piece(store, image, at, Math.min(PIECE_LENGTH, size - at)), at);
    }
    return bytes;
  } finally {
    store.close();
  }
}

/** Why a bootloader that checks the format would not start it, in words; undefined where it would, or nobody can tell. */
export function faultOf(bytes: Uint8Array): string | undefined {
  const { format, flashable, faults, checks } = inspectImage(bytes, digest);
  if (!flashable) return `it is ${FORMAT_WORDS[format].name}`;
  const [fault] = faults;
  if (fault !== undefined) return `it is broken at byte ${fault.offset}: ${FAULT_WORDS[fault.reason]}`;
  const wrong = checks.find(({ verdict }) => verdict === "wrong");
  return wrong && `the ${wrong.by} at byte ${wrong.offset} is wrong`;
}

async function found(store: FirmwareStore, product: string, version: string): Promise<CatalogueImage | undefined> {
  for (;;) {
    const image = store.find(product, version);
    if (image === undefined) return undefined;
    if ("damaged" in image) throw jobFailed(`${imagePath(product, version)} is damaged: publish the same file again`);
    if (!("question" in image)) return image;
    await store.fetch(image);
  }
}

async function piece(store: FirmwareStore, image: CatalogueImage, at: number, length: number): Promise<Uint8Array> {
  for (;;) {
    const read = image.read(at, length);
    if (read === undefined)
      throw jobFailed(`${image.product} ${image.version} is damaged: publish the same file again`);
    if (read instanceof Uint8Array) return read;
    await store.fetch(read satisfies ContentQuestion);
  }
}
