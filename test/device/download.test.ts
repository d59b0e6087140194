import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NUM_MAX } from "../../src/coap/block.ts";
import { OptionNumber } from "../../src/coap/option.ts";
import { BlockSize } from "../../src/device/block-size.ts";
import { type BlockRequest, Download, type DownloadStep, RESTARTS_MAX } from "../../src/device/download.ts";
import type { ImageSlot } from "../../src/device/image-slot.ts";
import { MemoryFlash } from "../../src/device/memory-flash.ts";
import { countingBytes, lineFromMessage, messageFromLine } from "../support/coap-line.ts";
import { imageSlot } from "../support/image-slots.ts";

const download = suite("download");

const SZX_64 = 2;
const SZX_1024 = 6;

interface ScriptInput {
  readonly szx?: number;
  readonly sayBlockSizeFirst?: boolean;
  readonly slotLength?: number;
  /** What an earlier run left. */
  readonly before?: (slot: ImageSlot) => void;
}

/** A download in the server's hands: each answer is a line as in coap-line.ts, without type and Message ID. */
class Script {
  readonly download: Download;
  readonly slot: ImageSlot;
  #outstanding: BlockRequest[] = [];

  constructor({ szx = SZX_64, sayBlockSizeFirst = true, slotLength = 2 ** 25, before }: ScriptInput = {}) {
    const chips = [new MemoryFlash(slotLength, 1_024), new MemoryFlash(2 ** 20, 1_024)] as const;
    before?.(imageSlot(...chips));
    this.slot = imageSlot(...chips);
    this.download = new Download(this.slot, new BlockSize(szx, true), sayBlockSizeFirst);
  }

  /** What the next request asks for, beside the path; undefined when there is nothing to ask for now. */
  asks(): string | undefined {
    const request = this.download.next(this.#outstanding);
    if (request === undefined) return undefined;
    this.#outstanding.push(request);
    const message = messageFromLine("CON 0 GET", 0);
    return lineFromMessage({ ...message, options: this.download.optionsFor(request) })
      .replace("CON 0000 GET", "")
      .trim();
  }

  /** Answers the oldest request, or the one asked for at `index` among those without an answer. */
  gets(answer: string, index = 0): DownloadStep {
    if (this.#outstanding.length === 0) this.asks();
    const [request] = this.#outstanding.splice(index, 1);
    return this.download.handleResponse(request!, messageFromLine(`ACK 0 ${answer}`, 0));
  }

  refuses(answer: string, index = 0): string {
    const step = this.gets(answer, index);
    assert.is(step.kind, "refused");
    return (step as { detail: string }).detail;
  }

  /** Gives up a request, as when its association ends. */
  givesUp(index = 0): void {
    const [request] = this.#outstanding.splice(index, 1);
    this.download.giveUp(request!);
  }
}

const NOT_ASKED_FOR = "the server sent a block that was not asked for";

download("RFC 7959 2.4, 4: the first request asks for a block size and for the length", () => {
  assert.is(new Script().asks(), "2:0/0/64 Size2=0");
});

download(
  "RFC 7959 2.4: without early negotiation the first request is bare, and nothing else is asked for meanwhile",
  () => {
    const script = new Script({ sayBlockSizeFirst: false });
    assert.is(script.asks(), "");
    assert.is(script.asks(), undefined);
    script.gets("2.05 ETag=01 2:0/1/32 Size2=100 [32 bytes]");
    assert.is(script.asks(), "2:1/0/32");
  },
);

download("RFC 7959 2.4: blocks follow each other, and the last one makes it whole", () => {
  const script = new Script();
  assert.equal(script.gets("2.05 ETag=01 2:0/1/64 Size2=100 [64 bytes]"), {
    kind: "block",
    offset: 0,
    bytes: countingBytes(64),
  });
  assert.is(script.asks(), "2:1/0/64");
  assert.not.ok(script.download.isWhole);
  assert.equal(script.gets("2.05 ETag=01 2:1/0/64 [36 bytes]"), {
    kind: "block",
    offset: 64,
    bytes: countingBytes(36),
  });
  assert.ok(script.download.isWhole);
  assert.is(script.asks(), undefined);
});

download("each request asks for the next block that nobody asks for", () => {
  const script = new Script();
  script.gets("2.05 ETag=01 2:0/1/64 Size2=300 [64 bytes]");
  assert.equal([script.asks(), script.asks(), script.asks()], ["2:1/0/64", "2:2/0/64", "2:3/0/64"]);
  script.givesUp(1);
  assert.equal([script.asks(), script.asks(), script.asks()], ["2:2/0/64", "2:4/0/64", undefined]);
});

download("blocks may come in any order, and the digest is that of the whole in its order", () => {
  const script = new Script();
  for (let i = 0; i < 3; i++) script.asks();
  script.gets("2.05 ETag=01 2:2/0/64 [22 bytes]", 2);
  script.gets("2.05 ETag=01 2:0/1/64 [64 bytes]", 0);
  script.gets("2.05 ETag=01 2:1/1/64 [64 bytes]", 0);
  const whole = Uint8Array.from([...countingBytes(64), ...countingBytes(64), ...countingBytes(22)]);
  assert.ok(script.download.isWhole);
  assert.equal(script.slot.digest(), sha256(whole));
});

download("before the first answer four blocks are asked for and no more", () => {
  const script = new Script();
  const asked = [0, 1, 2, 3].map((num) => `2:${num}/0/64 Size2=0`);
  assert.equal([script.asks(), script.asks(), script.asks(), script.asks(), script.asks()], [...asked, undefined]);
});

for (const answer of ["4.00", "4.02", "2.05 ETag=01 2:1/0/64"]) {
  download(`a block asked for blindly lies behind the end, and the server says so by ${answer}`, () => {
    const script = new Script();
    script.asks();
    script.asks();
    assert.equal(script.gets(answer, 1), { kind: "nothing" });
    script.gets("2.05 ETag=01 2:0/0/64 [64 bytes]");
    assert.ok(script.download.isWhole);
    assert.is(script.slot.length, 64);
  });
}

download("a server that refuses a block which it must have is refused", () => {
  const known = new Script();
  known.gets("2.05 ETag=01 2:0/1/64 Size2=100 [64 bytes]");
  assert.is(known.refuses("4.00"), "4.00");
  const announced = new Script();
  announced.gets("2.05 ETag=01 2:0/1/64 [64 bytes]");
  assert.is(announced.refuses("4.00"), "4.00");
  const blind = new Script();
  blind.asks();
  blind.asks();
  blind.gets("4.00", 1);
  assert.is(
    blind.refuses("2.05 ETag=01 2:0/1/64 Size2=100 [64 bytes]"),
    "the server sent a block behind the image's end",
  );
});

download("without Size2 the length is known at the end", () => {
  const script = new Script();
  script.gets("2.05 2:0/1/64 [64 bytes]");
  assert.is(script.slot.length, undefined);
  script.gets("2.05 2:1/0/64 [1 bytes]");
  assert.is(script.slot.length, 65);
});

const LENGTH_CHANGED = "the image's length changed and its ETag did not";

download("an end that changes while the ETag does not is refused, and so is one before what came already", () => {
  const script = new Script();
  script.gets("2.05 ETag=01 2:0/1/64 Size2=200 [64 bytes]");
  for (let i = 0; i < 3; i++) script.asks();
  script.gets("2.05 ETag=01 2:3/0/64 [8 bytes]", 2);
  assert.is(script.refuses("2.05 ETag=01 2:2/0/64 [64 bytes]", 1), LENGTH_CHANGED);
  const other = new Script();
  other.gets("2.05 ETag=01 2:0/1/64 Size2=200 [64 bytes]");
  for (let i = 0; i < 3; i++) other.asks();
  other.gets("2.05 ETag=01 2:2/1/64 [64 bytes]", 1);
  assert.is(other.refuses("2.05 ETag=01 2:1/0/64 [64 bytes]"), LENGTH_CHANGED);
});

download("a block that goes on behind the end is refused, and nothing of it is written", () => {
  const script = new Script();
  script.gets("2.05 ETag=01 2:0/1/64 Size2=200 [64 bytes]");
  for (let i = 0; i < 3; i++) script.asks();
  script.gets("2.05 ETag=01 2:2/0/64 [64 bytes]", 1);
  assert.is(script.refuses("2.05 ETag=01 2:3/1/64 [64 bytes]", 1), "the server sent a block behind the image's end");
  assert.is(script.slot.held.covered, 128);
});

for (const told of [70, 128, 1_000]) {
  download(`RFC 7959 4: Size2 is an estimate: told ${told}, an image of 200 bytes is 200 bytes`, () => {
    const script = new Script();
    const answer = (offset: number) => {
      const length = Math.min(64, 200 - offset);
      if (length <= 0) return "4.00";
      return `2.05 ETag=01 2:${offset / 64}/${offset + length < 200 ? 1 : 0}/64 Size2=${told} [${length} bytes]`;
    };
    for (let asked = script.asks(); asked !== undefined; asked = script.asks()) {
      script.gets(answer(64 * Number(/2:(\d+)/.exec(asked)![1])));
    }
    assert.ok(script.download.isWhole);
    assert.is(script.slot.length, 200);
  });
}

download("RFC 7959 4: an estimate that was too short is asked beyond after a restart, too", () => {
  const before = (slot: ImageSlot) => {
    slot.begin(Uint8Array.of(1));
    slot.setToldLength(128);
    slot.write(0, countingBytes(128));
  };
  const script = new Script({ before });
  assert.equal([script.asks(), script.asks()], ["2:2/0/64", undefined]);
  script.gets("2.05 ETag=01 2:2/1/64 [64 bytes]");
  assert.equal([script.asks(), script.asks()], ["2:3/0/64 Size2=0", "2:4/0/64 Size2=0"]);
});

download("an image longer than the slot is refused: at once where Size2 says so, else at the slot's end", () => {
  const told = new Script({ slotLength: 1_024 });
  assert.is(told.refuses("2.05 2:0/1/64 Size2=1025 [64 bytes]"), "the image has 1025 bytes, and the slot takes 1024");
  const untold = new Script({ szx: SZX_1024, slotLength: 1_024 });
  assert.is(untold.refuses("2.05 2:0/1/1024 [1024 bytes]"), "the server sent a block behind the image's end");
});

download("an image of no bytes is whole with its first answer", () => {
  const script = new Script();
  assert.is(script.gets("2.05 ETag=01 2:0/0/64").kind, "nothing");
  assert.ok(script.download.isWhole);
});

download("RFC 7959 2.4: a server that makes the first block smaller is followed", () => {
  const script = new Script();
  script.gets("2.05 2:0/1/16 [16 bytes]");
  assert.is(script.asks(), "2:1/0/16 Size2=0");
});

download("RFC 7959 2.4: a server that makes a later block smaller keeps the byte offset", () => {
  const script = new Script();
  script.gets("2.05 2:0/1/64 [64 bytes]");
  assert.is((script.gets("2.05 2:4/1/16 [16 bytes]") as { offset: number }).offset, 64);
  assert.is(script.asks(), "2:5/0/16 Size2=0");
});

download("RFC 7959 2.4: what a smaller block leaves out of one asked for in parallel is asked for again", () => {
  const script = new Script();
  script.asks();
  script.asks();
  script.gets("2.05 2:0/1/16 [16 bytes]");
  assert.equal(
    [script.asks(), script.asks(), script.asks()],
    ["2:1/0/16 Size2=0", "2:2/0/16 Size2=0", "2:3/0/16 Size2=0"],
  );
  script.gets("2.05 2:4/1/16 [16 bytes]");
  assert.is(script.asks(), "2:5/0/16 Size2=0");
});

download("of a block that is there in part only the half is asked for that is missing", () => {
  const before = (slot: ImageSlot) => {
    slot.begin(Uint8Array.of(1));
    slot.setLength(4_096);
    slot.write(0, countingBytes(1_024 + 512 + 256));
    slot.write(2_048 + 512, countingBytes(512));
  };
  const script = new Script({ szx: SZX_1024, before });
  assert.equal([script.asks(), script.asks(), script.asks()], ["2:7/0/256", "2:4/0/512", "2:3/0/1024"]);
});

download("RFC 7959 2.4: a block larger than asked for is refused", () => {
  assert.is(new Script().refuses("2.05 2:0/1/128 [128 bytes]"), NOT_ASKED_FOR);
});

download("RFC 7959 2.2: a block of the reserved size is refused", () => {
  assert.is(new Script({ szx: SZX_1024 }).refuses("2.05 #23=0f [64 bytes]"), NOT_ASKED_FOR);
});

download("RFC 7959 2.4: a block of another offset is refused", () => {
  assert.is(new Script().refuses("2.05 2:1/1/64 [64 bytes]"), NOT_ASKED_FOR);
  const script = new Script();
  script.gets("2.05 2:0/1/64 [64 bytes]");
  assert.is(script.refuses("2.05 2:1/1/16 [16 bytes]"), NOT_ASKED_FOR);
});

download("RFC 7959 2.4: an answer without Block2 is the whole body, however long", () => {
  const script = new Script();
  assert.equal(script.gets("2.05 [100 bytes]"), { kind: "block", offset: 0, bytes: countingBytes(100) });
  assert.ok(script.download.isWhole);
});

download("RFC 7959 2.4: an answer without Block2 in mid-transfer is refused", () => {
  const script = new Script();
  script.gets("2.05 2:0/1/64 [64 bytes]");
  assert.is(script.refuses("2.05 [64 bytes]"), NOT_ASKED_FOR);
});

download("RFC 7959 2.2: a block that is not full and not the last is refused", () => {
  assert.is(new Script().refuses("2.05 2:0/1/64 [63 bytes]"), "the server sent a block that is not full");
});

download("RFC 7959 2.2: a last block longer than its size is refused", () => {
  assert.is(new Script().refuses("2.05 2:0/0/64 [65 bytes]"), "the server sent a block that is longer than its size");
});

download("RFC 7959 2.2: an image with more blocks than NUM counts is refused as soon as its length is known", () => {
  const length = 16 * (NUM_MAX + 1);
  const told = new Script();
  told.gets(`2.05 2:0/1/16 Size2=${length} [16 bytes]`);
  assert.is(told.asks(), "2:1/0/16");
  assert.is(
    new Script().refuses(`2.05 2:0/1/16 Size2=${length + 1} [16 bytes]`),
    "the image has too many blocks of 16 bytes",
  );
});

download("RFC 7959 2.2: an image that goes on behind the last NUM is refused before it cannot be asked for", () => {
  const script = new Script({ szx: SZX_1024 });
  // Blocks of 1024 bytes come near the end in 64 times fewer steps; there the server shrinks them.
  const shrinkAt = (NUM_MAX + 1) / 64 - 1;
  for (let num = 0; num < shrinkAt; num++) script.gets(`2.05 2:${num}/1/1024 [1024 bytes]`);
  for (let num = 64 * shrinkAt; num < NUM_MAX; num++) script.gets(`2.05 2:${num}/1/16 [16 bytes]`);
  assert.is(script.asks(), `2:${NUM_MAX}/0/16 Size2=0`);
  assert.is(script.refuses(`2.05 2:${NUM_MAX}/1/16 [16 bytes]`), "the image has too many blocks of 16 bytes");
});

download("RFC 7959 2.4: another ETag voids what came before, and its block is the first of the new body", () => {
  const script = new Script();
  script.gets("2.05 ETag=01 2:0/1/64 Size2=100 [64 bytes]");
  const bytes = countingBytes(10);
  assert.equal(script.gets("2.05 ETag=02 2:1/0/64 [10 bytes]"), {
    kind: "restart",
    first: { kind: "block", offset: 64, bytes },
  });
  assert.is(script.asks(), "2:0/0/64");
  assert.is(script.gets("2.05 ETag=02 2:0/1/64 [64 bytes]").kind, "block");
  assert.ok(script.download.isWhole);
  assert.equal(script.slot.digest(), sha256(Uint8Array.from([...countingBytes(64), ...bytes])));
});

download("after a change block 0 is asked for once and alone: there are servers that change the ETag with it", () => {
  const script = new Script();
  script.gets("2.05 ETag=01 2:0/1/64 Size2=200 [64 bytes]");
  assert.is(script.gets("2.05 ETag=02 2:1/1/64 Size2=200 [64 bytes]").kind, "restart");
  assert.equal([script.asks(), script.asks()], ["2:0/0/64", undefined]);
  assert.is(script.gets("2.05 ETag=03 2:0/1/64 Size2=200 [64 bytes]").kind, "restart");
  assert.equal([script.asks(), script.asks()], ["2:1/0/64", "2:2/0/64"]);
});

download("an ETag that is absent says nothing, and one that comes where none was is another one", () => {
  const vanishing = new Script();
  vanishing.gets("2.05 ETag=01 2:0/1/64 [64 bytes]");
  assert.is(vanishing.gets("2.05 2:1/0/64 [10 bytes]").kind, "block");
  assert.ok(vanishing.download.isWhole);
  const coming = new Script();
  coming.gets("2.05 2:0/1/64 [64 bytes]");
  assert.is(coming.gets("2.05 ETag=01 2:1/0/64 [10 bytes]").kind, "restart");
});

download("RFC 7252 5.10.6: what an earlier run left is begun anew where nothing says that it is still the same", () => {
  const before = (slot: ImageSlot) => {
    slot.begin(Uint8Array.of(1));
    slot.write(0, countingBytes(64));
  };
  const script = new Script({ before });
  assert.is(script.asks(), "2:1/0/64 Size2=0");
  assert.is(script.gets("2.05 2:1/1/64 [64 bytes]").kind, "restart");
  assert.is(script.asks(), "2:0/0/64 Size2=0");
});

download("RFC 7252 5.4.3: an ETag or a Size2 of a wrong length is none", () => {
  const script = new Script();
  script.gets("2.05 #4=010203040506070809 2:0/1/64 #28=0102030405 [64 bytes]");
  assert.equal([script.slot.etag?.length, script.slot.length], [0, undefined]);
});

download("an image that changes more than RESTARTS_MAX times is given up", () => {
  const script = new Script();
  script.gets("2.05 ETag=00 2:0/1/64 [64 bytes]");
  for (let change = 1; change <= RESTARTS_MAX; change++) {
    const num = change % 2 === 1 ? 1 : 0;
    assert.is(script.gets(`2.05 ETag=0${change} 2:${num}/1/64 [64 bytes]`).kind, "restart");
  }
  const next = /2:\d+/.exec(script.asks()!)![0];
  assert.is(script.refuses(`2.05 ETag=ff ${next}/1/64 [64 bytes]`), "the image keeps changing");
});

function sha256(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash("sha256").update(bytes).digest());
}

/** Leaves a whole image of 100 bytes with ETag 01. */
function wholeBefore(slot: ImageSlot): void {
  slot.begin(Uint8Array.of(1));
  slot.setLength(100);
  slot.write(0, countingBytes(100));
}

download("RFC 7252 5.10.6.2: an image that was whole before is asked about by its ETag, and 2.03 confirms it", () => {
  const script = new Script({ before: wholeBefore });
  assert.not.ok(script.download.isWhole);
  assert.is(script.asks(), "2:0/0/64 ETag=01");
  assert.is(script.asks(), undefined);
  assert.is(script.gets("2.03 ETag=01").kind, "nothing");
  assert.ok(script.download.isWhole);
  assert.equal(script.slot.digest(), sha256(countingBytes(100)));
});

download("a server without 2.03 confirms a whole image by a block of it, or voids it by one of another", () => {
  const same = new Script({ before: wholeBefore });
  assert.is(same.gets("2.05 ETag=01 2:0/1/64 [64 bytes]").kind, "nothing");
  assert.ok(same.download.isWhole);
  const other = new Script({ before: wholeBefore });
  assert.is(other.gets("2.05 ETag=02 2:0/1/64 [64 bytes]").kind, "restart");
  assert.not.ok(other.download.isWhole);
});

download("RFC 7252 5.5.2: an error is refused with its code and its diagnostic", () => {
  assert.is(new Script().refuses("4.04"), "4.04");
  assert.is(new Script().refuses('4.00 "block out of range"'), "4.00 (block out of range)");
});

download("a diagnostic is cut at 100 bytes and shows no control characters", () => {
  const message = { ...messageFromLine("ACK 0 4.03", 0), payload: new Uint8Array(200).fill(0x1b) };
  const { download: one } = new Script();
  const step = one.handleResponse(one.next([])!, message);
  assert.equal(step, { kind: "refused", detail: `4.03 (${"?".repeat(100)})` });
});

download("RFC 7252 5.9.1.3: 2.03 is refused where no ETag was sent", () => {
  assert.is(new Script().refuses("2.03 ETag=01"), "2.03");
});

download("what a step gives shares no memory with the datagram", () => {
  const message = messageFromLine("ACK 0 2.05 ETag=01 2:0/1/64 [64 bytes]", 0);
  const script = new Script();
  const step = script.download.handleResponse(script.download.next([])!, message);
  message.payload.fill(0xee);
  message.options.find(({ number }) => number === OptionNumber.ETAG)!.value.fill(0xee);
  assert.equal((step as { bytes: Uint8Array }).bytes, countingBytes(64));
  assert.is(script.gets("2.05 ETag=01 2:1/0/64 [1 bytes]").kind, "block");
  assert.ok(script.download.isWhole);
});

download.run();
