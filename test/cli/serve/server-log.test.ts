import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../../src/base/bytes.ts";
import { peerAddress } from "../../../src/base/peer-address.ts";
import { eventFields, eventText } from "../../../src/cli/serve/server-log.ts";
import type { NewsEvent } from "../../../src/shell/server-shell.ts";

const test = suite("server-log");

const peer = peerAddress("192.0.2.1", 5000);
const identity = toUtf8("meter-7");
const image = { product: "pump", version: "1.0", length: 2048, sha256: new Uint8Array(32), read: () => undefined };

function transfer(kind: "begun" | "progress" | "done", percent: number): NewsEvent {
  const news = { kind, image, percent, blocks: 3, resends: 1, bytes: 3072, seconds: 1.5004 };
  return { kind: "transfer", peer, identity, news };
}

test("a transfer that is done: blocks, resends, bytes, seconds and bytes a second", () => {
  assert.equal(eventFields(transfer("done", 100)), {
    event: "transferDone",
    peer: "192.0.2.1:5000",
    identity: "meter-7",
    path: "/fw/pump/1.0",
    percent: 100,
    blocks: 3,
    resends: 1,
    bytes: 3072,
    seconds: 1.5,
    rate: 2047,
  });
});

test("a session: who, with which suite, and whether it survives a change of address", () => {
  const event = { kind: "sessionUp", peer, identity, cipherSuite: "TLS_PSK_WITH_AES_128_CCM_8", connectionId: true };
  assert.equal(eventFields(event as NewsEvent), {
    event: "sessionUp",
    peer: "192.0.2.1:5000",
    identity: "meter-7",
    cipherSuite: "TLS_PSK_WITH_AES_128_CCM_8",
    connectionId: true,
  });
});

test("an identity that would steer a terminal is written in hex", () => {
  const event: NewsEvent = { kind: "sessionDown", peer, identity: toUtf8("\u001b[2J"), end: "closeNotify" };
  assert.is(eventText(event), "hex:1b5b324a at 192.0.2.1:5000  session down (closeNotify)");
});

test("on plain CoAP nobody has an identity", () => {
  const event = { ...transfer("begun", 0), identity: undefined } as NewsEvent;
  assert.not.match(JSON.stringify(eventFields(event)), "identity");
  assert.is(eventText(event), "192.0.2.1:5000  /fw/pump/1.0 begun");
});

test("on a terminal each event is one line", () => {
  const events: NewsEvent[] = [
    transfer("progress", 25),
    transfer("done", 100),
    { kind: "sessionUp", peer, identity, cipherSuite: "TLS_PSK_WITH_AES_128_CCM", connectionId: false },
    { kind: "handshakeFailed", peer, reason: "timeout", detail: "expectFinished" },
    { kind: "keyRefused", peer, identity, reason: "identityUnknown" },
    { kind: "keyRefused", peer, identity, reason: "keyDiffers" },
    { kind: "imageDamaged", path: "/fw/pump/1.0", reason: "contentDiffers" },
  ];
  assert.equal(events.map(eventText), [
    "meter-7 at 192.0.2.1:5000  /fw/pump/1.0 25 %",
    "meter-7 at 192.0.2.1:5000  /fw/pump/1.0 done: 3 blocks, 1 resent, 3072 bytes in 1.5 s (2.0 kB/s)",
    "meter-7 at 192.0.2.1:5000  session up, TLS_PSK_WITH_AES_128_CCM",
    "192.0.2.1:5000  handshake failed: timeout (expectFinished)",
    "meter-7 at 192.0.2.1:5000  refused: no key for this identity",
    "meter-7 at 192.0.2.1:5000  refused: another key",
    "/fw/pump/1.0 cannot be served (contentDiffers): publish its file again",
  ]);
});

test.run();
