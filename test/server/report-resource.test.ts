import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY, toUtf8 } from "../../src/base/bytes.ts";
import { Code } from "../../src/coap/code.ts";
import { decodeMessage, type Message } from "../../src/coap/message.ts";
import { OptionNumber } from "../../src/coap/option.ts";
import type { ReportQuestion } from "../../src/server/report-resource.ts";
import { IDENTITY, type ScenePeer } from "../support/firmware-scene.ts";
import { installReport, post, postReport, TrustScene } from "../support/trust-scene.ts";

const reports = suite("report-resource");

function questions(scene: TrustScene): ReportQuestion[] {
  return scene.events.flatMap((event) => (event.kind === "reportReceived" ? [event.question] : []));
}

function settles(scene: TrustScene, question: ReportQuestion, isKept: boolean): void {
  scene.server.handleReport(scene.now, question, isKept);
  scene.drive();
}

function onlyAnswer(peer: ScenePeer): Message {
  assert.is(peer.received.length, 1);
  const decoded = decodeMessage(peer.received[0]!);
  assert.ok(decoded.ok);
  return (decoded as { value: Message }).value;
}

reports("a report is acknowledged when it is kept, and not before", () => {
  const scene = new TrustScene();
  const peer = scene.sessionPeer();
  peer.received.length = 0;
  peer.says(postReport(1));
  assert.is(peer.received.length, 0);
  const [question] = questions(scene);
  assert.equal(question!.device, IDENTITY);
  assert.equal(question!.report.id, installReport(1).id);
  settles(scene, question!, true);
  assert.is(onlyAnswer(peer).code, Code.CHANGED);
  assert.is(scene.events.filter(({ kind }) => kind === "reported").length, 1);
});

reports(
  "RFC 7252 4.5: a report that is repeated while it waits is asked about once, and answered once more after",
  () => {
    const scene = new TrustScene();
    const peer = scene.sessionPeer();
    const report = postReport(1);
    peer.received.length = 0;
    peer.says(report);
    peer.says(report);
    assert.is(questions(scene).length, 1);
    settles(scene, questions(scene)[0]!, true);
    assert.is(onlyAnswer(peer).code, Code.CHANGED);
    assert.is(peer.asksMessage(report).code, Code.CHANGED);
    assert.is(questions(scene).length, 1);
  },
);

reports("a report that cannot be kept gets 5.03, and the device says it again", () => {
  const scene = new TrustScene();
  const peer = scene.sessionPeer();
  peer.received.length = 0;
  peer.says(postReport(1));
  settles(scene, questions(scene)[0]!, false);
  assert.is(onlyAnswer(peer).code, Code.SERVICE_UNAVAILABLE);
  assert.is(scene.events.filter(({ kind }) => kind === "reported").length, 0);
  peer.says(postReport(1));
  assert.is(questions(scene).length, 2);
});

reports("RFC 7252 5.9.2: what is no report is refused by its own code", () => {
  const scene = new TrustScene();
  const peer = scene.sessionPeer();
  assert.is(peer.asksMessage(post("/r", EMPTY)).code, Code.BAD_REQUEST);
  assert.is(peer.asksMessage(post("/r", new Uint8Array(257))).code, Code.REQUEST_ENTITY_TOO_LARGE);
  assert.is(peer.asksMessage(post("/r/x", EMPTY)).code, Code.NOT_FOUND);
  assert.match(peer.asks("CON 1 GET /r"), "4.05");
  assert.equal(questions(scene), []);
});

reports("RFC 9175 2.4: on plain CoAP an address shows by Echo that it is its own, and is the device's name", () => {
  const scene = new TrustScene();
  const peer = scene.plainPeer();
  const report = postReport(1);
  const refused = peer.asksMessage(report);
  assert.is(refused.code, Code.UNAUTHORIZED);
  const echo = refused.options.find(({ number }) => number === OptionNumber.ECHO)!;
  peer.says(post("/r", report.payload, echo));
  assert.equal(questions(scene)[0]!.device, toUtf8("coap://198.51.0.1:40000"));
});

reports.run();
