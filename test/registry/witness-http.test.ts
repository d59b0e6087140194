// C2SP tlog-witness over HTTP: what each request is answered, whatever server it came through.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { answerWitnessRequest, type Cosigner, WITNESS_BODY_LENGTH_MAX } from "../../src/registry/witness-http.ts";

const http = suite("witness over HTTP");

const POST = { method: "POST", path: "/add-checkpoint", body: "old 0\n" };
const SIGNATURE = { name: "witness.example", keyId: Uint8Array.of(1, 2, 3, 4), signature: new Uint8Array(72) };
const never: Cosigner = () => {
  throw new Error("nobody asked");
};

http("200 with the line of the signature, and nothing else", () => {
  const answer = answerWitnessRequest(POST, (body) => {
    assert.is(body, POST.body);
    return { kind: "cosigned", signature: SIGNATURE };
  });
  assert.is(answer.status, 200);
  assert.match(answer.body, /^\u2014 witness\.example [A-Za-z0-9+/=]+\n$/);
});

http("409 with the size of what was cosigned last, as text/x.tlog.size", () => {
  const answer = answerWitnessRequest(POST, () => ({ kind: "conflict", status: 409, size: 42 }));
  assert.equal(answer, { status: 409, type: "text/x.tlog.size", body: "42\n" });
});

http("400, 403, 404 and 422 as they were decided, in words", () => {
  for (const status of [400, 403, 404, 422] as const) {
    const answer = answerWitnessRequest(POST, () => ({ kind: "refuse", status }));
    assert.is(answer.status, status);
    assert.match(answer.body, /^[a-z].*\n$/);
  }
});

http("another path, another method, and a body that is too long come to nobody", () => {
  assert.is(answerWitnessRequest({ ...POST, path: "/" }, never).status, 404);
  assert.is(answerWitnessRequest({ ...POST, method: "GET" }, never).status, 405);
  assert.is(answerWitnessRequest({ ...POST, body: "tooLong" }, never).status, 413);
  assert.ok(WITNESS_BODY_LENGTH_MAX > 63 * 45 + 16_384, "a note and a proof of the greatest length");
});

http.run();
