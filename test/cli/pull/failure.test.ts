import { suite } from "uvu";
import * as assert from "uvu/assert";
import { failureText, networkFailureText, silentText } from "../../../src/cli/pull/failure.ts";

const test = suite("pull-failure");

const subject = { server: "host:5684", identity: "meter-7", bytesHeld: 0 };

function handshakeText(error: "keyRefused" | "noCommonCipherSuite" | "peerAlert" | "timeout", detail: string): string {
  return failureText({ kind: "handshakeFailed", error, detail, retrying: false }, subject);
}

test("no ServerHello at all: the server does not answer", () => {
  assert.match(handshakeText("timeout", "expectServerHello"), /^host:5684 does not answer: check the address/);
});

for (const state of ["expectChangeCipherSpec", "expectFinished"]) {
  test(`RFC 4279 2: silence in ${state} may mean that the key was not accepted, or that the way is broken`, () => {
    const text = handshakeText("timeout", state);
    assert.match(text, /the way to it is broken, or it did not accept the key of identity meter-7: check/);
  });
}

test("RFC 4279 2: where all but the Finished was answered often enough, the key was not accepted", () => {
  const text = handshakeText("keyRefused", "silence");
  assert.match(text, /^host:5684 did not accept the key of identity meter-7: check/);
});

test("a silent server that is still tried: whether it was ever heard makes the difference", () => {
  assert.match(silentText(subject, false), /^host:5684 does not answer: check the address.*; still trying$/);
  assert.match(
    silentText({ ...subject, bytesHeld: 2_048 }, true),
    /^host:5684 fell silent at 2048 bytes: .*; still trying$/,
  );
});

test("no cipher suite in common, found by us or told by an alert", () => {
  for (const text of [
    handshakeText("noCommonCipherSuite", ""),
    handshakeText("peerAlert", "alert handshake_failure"),
  ]) {
    assert.match(text, /^host:5684 has no cipher suite in common with this client/);
  }
});

test("another alert is told with its name", () => {
  assert.match(handshakeText("peerAlert", "alert decode_error"), /failed: alert decode_error \(peerAlert\)/);
});

test("4.04: there is no such image", () => {
  const text = failureText({ kind: "refused", detail: "4.04" }, subject);
  assert.match(text, /^host:5684 has no such image \(4\.04\): narrowboat images/);
});

test("another refusal is told with its code and diagnostic", () => {
  const text = failureText({ kind: "refused", detail: "5.00 (image damaged)" }, subject);
  assert.is(text, "host:5684 refused: 5.00 (image damaged)");
});

test("a request without an answer: silent from the start, or after so many bytes", () => {
  assert.match(failureText({ kind: "unanswered" }, subject), /^host:5684 does not answer/);
  assert.match(failureText({ kind: "unanswered" }, { ...subject, bytesHeld: 2048 }), /fell silent at 2048 bytes/);
});

test("what the system says of the network: certain troubles end a pull, passing ones do not", () => {
  assert.match(networkFailureText("ECONNREFUSED", "host:5684") ?? "", /^nothing listens on host:5684: check the port/);
  assert.match(networkFailureText("ENETUNREACH", "host:5684") ?? "", /^there is no way to host:5684 from here/);
  assert.is(networkFailureText("ENOBUFS", "host:5684"), undefined);
});

test.run();
