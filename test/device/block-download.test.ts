import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NUM_MAX } from "../../src/coap/block.ts";
import { OptionNumber } from "../../src/coap/option.ts";
import { BlockDownload, type DownloadStep, RESTARTS_MAX } from "../../src/device/block-download.ts";
import { countingBytes, lineFromMessage, messageFromLine } from "../support/coap-line.ts";

const download = suite("block-download");

const SZX_64 = 2;

/** A download in the server's hands: each answer is a line as in coap-line.ts, without type and Message ID. */
class Script {
  readonly download: BlockDownload;

  constructor(szx = SZX_64) {
    this.download = new BlockDownload(szx);
  }

  /** What the next request asks for, beside the path. */
  asks(): string {
    const request = messageFromLine("CON 0 GET", 0);
    return lineFromMessage({ ...request, options: this.download.nextOptions() }).replace("CON 0000 GET ", "");
  }

  gets(answer: string): DownloadStep {
    return this.download.handleResponse(messageFromLine(`ACK 0 ${answer}`, 0));
  }

  refuses(answer: string): string {
    const step = this.gets(answer);
    assert.is(step.kind, "refused");
    return (step as { detail: string }).detail;
  }
}

const NOT_ASKED_FOR = "the server sent a block that was not asked for";

download("RFC 7959 2.4, 4: the first request asks for a block size and for the length", () => {
  assert.is(new Script().asks(), "2:0/0/64 Size2=0");
});

download("RFC 7959 2.4: blocks follow each other, and the last one says so", () => {
  const script = new Script();
  assert.equal(script.gets("2.05 ETag=01 2:0/1/64 Size2=100 [64 bytes]"), {
    kind: "block",
    offset: 0,
    bytes: countingBytes(64),
    total: 100,
  });
  assert.is(script.asks(), "2:1/0/64");
  assert.equal(script.gets("2.05 ETag=01 2:1/0/64 [36 bytes]"), {
    kind: "last",
    offset: 64,
    bytes: countingBytes(36),
    total: 100,
  });
});

download("without Size2 the length is known at the end", () => {
  const script = new Script();
  assert.is((script.gets("2.05 2:0/1/64 [64 bytes]") as { total: number | undefined }).total, undefined);
  assert.is((script.gets("2.05 2:1/0/64 [1 bytes]") as { total: number }).total, 65);
});

download("RFC 7959 2.4: a server that makes the first block smaller is followed", () => {
  const script = new Script();
  script.gets("2.05 2:0/1/16 [16 bytes]");
  assert.is(script.asks(), "2:1/0/16");
});

download("RFC 7959 2.4: a server that makes a later block smaller keeps the byte offset", () => {
  const script = new Script();
  script.gets("2.05 2:0/1/64 [64 bytes]");
  assert.is((script.gets("2.05 2:4/1/16 [16 bytes]") as { offset: number }).offset, 64);
  assert.is(script.asks(), "2:5/0/16");
});

download("RFC 7959 2.4: a block larger than asked for is refused", () => {
  assert.is(new Script().refuses("2.05 2:0/1/128 [128 bytes]"), NOT_ASKED_FOR);
});

download("RFC 7959 2.2: a block of the reserved size is refused", () => {
  assert.is(new Script(6).refuses("2.05 #23=0f [64 bytes]"), NOT_ASKED_FOR);
});

download("RFC 7959 2.4: a block of another offset is refused", () => {
  assert.is(new Script().refuses("2.05 2:1/1/64 [64 bytes]"), NOT_ASKED_FOR);
  const script = new Script();
  script.gets("2.05 2:0/1/64 [64 bytes]");
  assert.is(script.refuses("2.05 2:1/1/16 [16 bytes]"), NOT_ASKED_FOR);
});

download("RFC 7959 2.4: an answer without Block2 is the whole body, however long", () => {
  assert.equal(new Script().gets("2.05 [100 bytes]"), {
    kind: "last",
    offset: 0,
    bytes: countingBytes(100),
    total: 100,
  });
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

download("RFC 7959 2.2: an image that goes on behind the last NUM is refused before it cannot be asked for", () => {
  const script = new Script(6);
  // Blocks of 1024 bytes come near the end in 64 times fewer steps; there the server shrinks them.
  const shrinkAt = (NUM_MAX + 1) / 64 - 1;
  for (let num = 0; num < shrinkAt; num++) script.gets(`2.05 2:${num}/1/1024 [1024 bytes]`);
  for (let num = 64 * shrinkAt; num < NUM_MAX; num++) script.gets(`2.05 2:${num}/1/16 [16 bytes]`);
  assert.is(script.asks(), `2:${NUM_MAX}/0/16`);
  assert.is(script.refuses(`2.05 2:${NUM_MAX}/1/16 [16 bytes]`), "the image has too many blocks of 16 bytes");
});

download("RFC 7959 2.4: another ETag voids what came before and begins anew", () => {
  const script = new Script();
  script.gets("2.05 ETag=01 2:0/1/64 Size2=100 [64 bytes]");
  assert.equal(script.gets("2.05 ETag=02 2:1/0/64 [10 bytes]"), { kind: "restart" });
  assert.is(script.asks(), "2:0/0/64 Size2=0");
  assert.equal(script.gets("2.05 ETag=02 2:0/0/64 [64 bytes]"), {
    kind: "last",
    offset: 0,
    bytes: countingBytes(64),
    total: 64,
  });
});

download("an ETag that vanishes, or comes where none was, is another ETag", () => {
  const vanishing = new Script();
  vanishing.gets("2.05 ETag=01 2:0/1/64 [64 bytes]");
  assert.is(vanishing.gets("2.05 2:1/0/64 [10 bytes]").kind, "restart");
  const coming = new Script();
  coming.gets("2.05 2:0/1/64 [64 bytes]");
  assert.is(coming.gets("2.05 ETag=01 2:1/0/64 [10 bytes]").kind, "restart");
});

download("an image that changes more than RESTARTS_MAX times is given up", () => {
  const script = new Script();
  for (let change = 0; change < RESTARTS_MAX; change++) {
    script.gets(`2.05 ETag=0${change} 2:0/1/64 [64 bytes]`);
    assert.is(script.gets("2.05 ETag=ff 2:1/1/64 [64 bytes]").kind, "restart");
  }
  script.gets("2.05 ETag=aa 2:0/1/64 [64 bytes]");
  assert.is(script.refuses("2.05 ETag=ff 2:1/1/64 [64 bytes]"), "the image keeps changing");
});

download("RFC 7252 5.5.2: an error is refused with its code and its diagnostic", () => {
  assert.is(new Script().refuses("4.04"), "4.04");
  assert.is(new Script().refuses('4.00 "block out of range"'), "4.00 (block out of range)");
});

download("a diagnostic is cut at 100 bytes and shows no control characters", () => {
  const message = messageFromLine("ACK 0 5.00", 0);
  const payload = new Uint8Array(200).fill(0x1b);
  const step = new BlockDownload(SZX_64).handleResponse({ ...message, payload });
  assert.equal(step, { kind: "refused", detail: `5.00 (${"?".repeat(100)})` });
});

download("RFC 7252 5.9.1.3: 2.03 is refused, for no ETag was sent", () => {
  assert.is(new Script().refuses("2.03 ETag=01"), "2.03");
});

download("what a step gives shares no memory with the datagram", () => {
  const message = messageFromLine("ACK 0 2.05 ETag=01 2:0/1/64 [64 bytes]", 0);
  const script = new Script();
  const step = script.download.handleResponse(message);
  message.payload.fill(0xee);
  message.options.find(({ number }) => number === OptionNumber.ETAG)!.value.fill(0xee);
  assert.equal((step as { bytes: Uint8Array }).bytes, countingBytes(64));
  assert.is(script.gets("2.05 ETag=01 2:1/0/64 [1 bytes]").kind, "last");
});

download.run();
