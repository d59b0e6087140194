// A store of images that cannot be read for a while: what is known is served, what is not is a question that is asked again.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { CatalogueImage, ContentQuestion } from "../../src/firmware/catalogue.ts";
import { ImageWatch, WAITING_QUESTIONS_MAX } from "../../src/shell/image-watch.ts";
import { StoreError } from "../../src/store/store-error.ts";
import { MemoryImages } from "./memory-stores.ts";

const test = suite("image-watch");

const QUESTION = { question: "boat/1.0", product: "boat", version: "1.0", page: undefined };

/** An index that can be broken. */
class BrokenImages extends MemoryImages {
  error: Error | undefined = new StoreError("damaged", "firmware.db is damaged");
  checkedCount = 0;

  override find(product: string, version: string): CatalogueImage | undefined {
    return this.#whole(() => super.find(product, version));
  }

  override list(): readonly CatalogueImage[] {
    return this.#whole(() => super.list());
  }

  override async fetch(): Promise<void> {
    return this.#whole(() => {});
  }

  override async checkAll(): Promise<void> {
    return this.#whole(() => {
      this.checkedCount++;
    });
  }

  #whole<Value>(work: () => Value): Value {
    if (this.error !== undefined) throw this.error;
    return work();
  }
}

function scene() {
  const images = new BrokenImages(64);
  const told: string[] = [];
  const answered: ContentQuestion[] = [];
  const watch = new ImageWatch(images, {
    answered: (question) => answered.push(question),
    faulty: (reason) => told.push(reason),
    mended: () => told.push("mended"),
    failed: (error) => told.push(`failed: ${(error as Error).message}`),
  });
  return { images, watch, told, answered };
}

test("what a damaged index cannot tell is a question, asked again each second until it can, and the fault is said once", async () => {
  const { images, watch, told, answered } = scene();
  assert.equal(watch.find("boat", "1.0"), QUESTION);
  await watch.answer(QUESTION);
  assert.not.ok(watch.ask());
  assert.equal([answered, watch.waitingCount], [[], 1]);
  images.error = undefined;
  assert.ok(watch.ask(), "the list may be another one");
  await new Promise(setImmediate);
  assert.equal([answered, watch.waitingCount], [[QUESTION], 0]);
  assert.equal(told, ["firmware.db is damaged", "mended"]);
  assert.not.ok(watch.ask());
});

test("the list is the last that could be read, and not an empty one where none could", () => {
  const { images, watch } = scene();
  assert.is(watch.list(), undefined);
  images.error = undefined;
  assert.is(watch.list()?.length, 1);
  images.error = new StoreError("busy", "another process is writing");
  assert.is(watch.list()?.length, 1);
});

test("images that nobody asked for are not checked while the index is damaged, and that is no end of the server", async () => {
  const { images, watch, told } = scene();
  await watch.checkAll();
  assert.equal([images.checkedCount, told], [0, ["firmware.db is damaged"]]);
});

test("the questions that wait are bounded", async () => {
  const { watch } = scene();
  for (let i = 0; i <= WAITING_QUESTIONS_MAX; i++) await watch.answer({ ...QUESTION, question: `boat/${i}` });
  assert.is(watch.waitingCount, WAITING_QUESTIONS_MAX);
});

test("a mistake of ours in a store is no fault of the disk", async () => {
  const { images, watch, told } = scene();
  images.error = new Error("a mistake");
  assert.throws(() => watch.find("boat", "1.0"), "a mistake");
  await watch.answer(QUESTION);
  await watch.checkAll();
  assert.equal(told, ["failed: a mistake", "failed: a mistake"]);
});

test("what is answered after the end is told to nobody", async () => {
  const { images, watch, answered } = scene();
  images.error = undefined;
  watch.close();
  await watch.answer(QUESTION);
  assert.equal(answered, []);
});

test("images that are withheld are not there and not in the list, whatever the index says, until they are not withheld", () => {
  const { images, watch } = scene();
  images.error = undefined;
  const [{ product, version }] = images.list() as [CatalogueImage];
  assert.ok(watch.withhold([{ product, version }]));
  assert.not(watch.withhold([{ product, version }]));
  assert.equal([watch.find(product, version), watch.list()], [undefined, []]);
  assert.ok(watch.withhold([]));
  assert.ok(watch.find(product, version));
  assert.is(watch.list()!.length, 1);
});

test.run();
