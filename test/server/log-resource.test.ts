// `/log` on CoAP: the registry as everybody may read it, out of a real one.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromUtf8 } from "../../src/base/bytes.ts";
import { instant } from "../../src/base/instant.ts";
import { Code } from "../../src/coap/code.ts";
import type { Message } from "../../src/coap/message.ts";
import { EntryKind } from "../../src/registry/log-entry.ts";
import { LOG_BODIES_MAX, LOG_READS_PER_SECOND, LogResource, type ServedLog } from "../../src/server/log-resource.ts";
import { RegistryWatch } from "../../src/shell/trust/registry-keeper.ts";
import { RegistryScene } from "../registry-store/scene.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { messageFromLine } from "../support/coap-line.ts";
import { CRYPTO } from "../support/crypto.ts";
import { etagIn, TrustScene } from "../support/trust-scene.ts";

const log = suite("log-resource");
const scratch = scratchDirectories(log);

const messageIds = Array.from({ length: 100 }, (_, i) => (0x100 + i).toString(16)).values();

/** A server with a registry of 300 signed entries, and a device that asks it. */
function served() {
  const registry = new RegistryScene(scratch());
  registry.enter(...Array.from({ length: 300 }, (_, i) => `release ${i}`));
  registry.sign();
  const peer = new TrustScene({ log: new RegistryWatch(registry.published) }).sessionPeer();
  const get = (path: string, method = "GET"): Message =>
    peer.asksMessage(messageFromLine(`CON ${messageIds.next().value} ${method} T=0b ${path}`, 0));
  return { registry, get };
}

function textOf({ payload }: Message): string {
  return fromUtf8(payload)!;
}

log("C2SP tlog-tiles: the checkpoint is text, and the newest one, with another ETag than the one before", () => {
  const { registry, get } = served();
  const first = get("/log/checkpoint");
  assert.is(textOf(first), registry.published.note());
  registry.enter("one more");
  registry.sign();
  const next = get("/log/checkpoint");
  assert.is(textOf(next), registry.published.note());
  assert.not.equal(etagIn(next), etagIn(first));
  registry.close();
});

log("tiles and bundles of entries come in blocks, and those that are not signed are not there", () => {
  const { registry, get } = served();
  const tile = registry.published.tile({ level: 0, number: 0, width: 256 })!;
  assert.equal(new Uint8Array(get("/log/tile/0/000").payload), tile.subarray(0, 1024));
  assert.equal(new Uint8Array(get("/log/tile/0/000 2:1/0/1024").payload), tile.subarray(1024, 2048));
  assert.is(get("/log/tile/0/001.p/44").code, Code.CONTENT);
  assert.is(get("/log/tile/entries/001.p/44").code, Code.CONTENT);
  for (const path of [
    "/log/tile/0/001.p/45",
    "/log/tile/0/001",
    "/log/tile/2/000",
    "/log/tile/0/x",
    "/log",
    "/log/x",
  ]) {
    assert.is(get(path).code, Code.NOT_FOUND, path);
  }
  registry.close();
});

log("proofs that fit the checkpoint are there for whoever fetches no tiles", () => {
  const { registry, get } = served();
  assert.is(textOf(get("/log/proof/17")), registry.published.proofText(17));
  assert.is(textOf(get("/log/consistency/200")), registry.published.consistencyText(200));
  for (const path of ["/log/proof/300", "/log/consistency/301", "/log/proof/017", "/log/proof/x", "/log/proof"]) {
    assert.is(get(path).code, Code.NOT_FOUND, path);
  }
  registry.close();
});

log("nothing but GET is allowed, and where the file cannot be read, devices are to come again", () => {
  const { registry, get } = served();
  assert.is(get("/log/checkpoint", "POST").code, Code.METHOD_NOT_ALLOWED);
  registry.close();
  const unread: ServedLog = {
    note: () => "a checkpoint",
    tile: () => "unavailable",
    proofText: () => "unavailable",
    consistencyText: () => "unavailable",
  };
  const resource = new LogResource(CRYPTO, unread);
  const peer = new TrustScene({ log: unread }).sessionPeer();
  assert.is(peer.asksMessage(messageFromLine("CON 01 GET T=0b /log/proof/1", 0)).code, Code.SERVICE_UNAVAILABLE);
  assert.is(resource.bodyCount, 0);
});

log("before the first checkpoint there is nothing, and without a registry no /log", () => {
  const empty: ServedLog = {
    note: () => undefined,
    tile: () => undefined,
    proofText: () => undefined,
    consistencyText: () => undefined,
  };
  for (const input of [{ log: empty }, {}]) {
    const peer = new TrustScene(input).sessionPeer();
    assert.is(peer.asksMessage(messageFromLine("CON 01 GET T=0b /log/checkpoint", 0)).code, Code.NOT_FOUND);
  }
});

log("whatever is asked for, no more bodies are kept than there may be", () => {
  const { registry, get } = served();
  for (let i = 0; i < 2 * LOG_BODIES_MAX; i++) assert.is(get(`/log/proof/${i}`).code, Code.CONTENT);
  const watch = new RegistryWatch(registry.published);
  const resource = new LogResource(CRYPTO, watch);
  for (let i = 0; i < 2 * LOG_BODIES_MAX; i++) {
    resource.respond({ segments: ["log", "proof", String(i)], queries: [] }, { code: Code.GET } as never, instant(0));
  }
  assert.is(resource.bodyCount, LOG_BODIES_MAX);
  registry.close();
});

log("a flood of questions costs the thread that serves blocks no more reads a second than there may be", () => {
  let reads = 0;
  const counting: ServedLog = {
    note: () => "a checkpoint",
    tile: () => undefined,
    proofText: () => `${++reads}`,
    consistencyText: () => undefined,
  };
  const resource = new LogResource(CRYPTO, counting);
  const ask = (name: string, ms: number) =>
    resource.respond({ segments: ["log", ...name.split("/")], queries: [] }, { code: Code.GET } as never, instant(ms));
  for (let ms = 0; ms < 10_000; ms++) ask(`proof/${ms}`, ms);
  assert.ok(reads > 10 * LOG_READS_PER_SECOND - 2 && reads <= 11 * LOG_READS_PER_SECOND, `${reads} reads`);
  const refused = ask("proof/20000", 9_999);
  assert.is("code" in refused ? refused.code : undefined, Code.SERVICE_UNAVAILABLE);
  // What is in memory is answered all the while, and after a quiet second what is not.
  assert.ok("body" in ask("checkpoint", 9_999));
  assert.ok("body" in ask("proof/20000", 11_000));
});

log("a ticket's proof is found for a manifest however it was entered", () => {
  const { registry } = served();
  const watch = new RegistryWatch(registry.published);
  const [entry] = registry.registry.rows.entries(5, 6);
  const digest = entry!.bytes.slice(-32);
  assert.equal(watch.proof(digest), registry.published.proofFor(digest, [EntryKind.RELEASE]));
  assert.is(watch.head()!.size, 300);
  registry.close();
});

log.run();
