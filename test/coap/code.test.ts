import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Code, formatCode, isKnownMethod, isRequest } from "../../src/coap/code.ts";

const code = suite("code");

code("RFC 7252 3: a code is written as class, dot and two digits of detail", () => {
  assert.equal([Code.GET, Code.CONTENT, Code.CONTINUE, Code.PROXYING_NOT_SUPPORTED].map(formatCode), [
    "0.01",
    "2.05",
    "2.31",
    "5.05",
  ]);
});

code("RFC 7252 5.8, RFC 8132: methods 0.01 to 0.07 are known, 0.08 to 0.31 are requests all the same", () => {
  assert.equal([0x00, 0x01, 0x07, 0x08, 0x1f, 0x45].map(isKnownMethod), [false, true, true, false, false, false]);
  assert.equal([0x00, 0x01, 0x07, 0x08, 0x1f, 0x45].map(isRequest), [false, true, true, true, true, false]);
});

code.run();
