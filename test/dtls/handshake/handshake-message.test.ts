import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ByteReader } from "../../../src/base/byte-reader.ts";
import {
  decodeHandshakeFragment,
  encodeHandshakeFragment,
  encodeHandshakeMessage,
} from "../../../src/dtls/handshake/handshake-message.ts";
import { HANDSHAKE_MESSAGE_LENGTH_MAX } from "../../../src/dtls/parameters.ts";
import { hex } from "../../vectors/dtls.ts";

const handshakeMessage = suite("handshake-message");

const MESSAGE = { type: 16, messageSeq: 0x0102, body: hex("aabbccddee") };
// msg_type, length, message_seq, fragment_offset, fragment_length, body
const WHOLE = hex("10 000005 0102 000000 000005 aabbccddee");
const PART = hex("10 000005 0102 000001 000003 bbccdd");

function errorOf(bytes: Uint8Array): string {
  const decoded = decodeHandshakeFragment(new ByteReader(bytes));
  return decoded.ok ? "" : decoded.error;
}

handshakeMessage("RFC 6347 4.2.2: a whole message, and a fragment of it, on the wire", () => {
  assert.equal(encodeHandshakeMessage(MESSAGE), WHOLE);
  assert.equal(encodeHandshakeFragment(MESSAGE, 1, 3), PART);
});

handshakeMessage("RFC 6347 4.2.2: a fragment is read field by field", () => {
  assert.equal(decodeHandshakeFragment(new ByteReader(PART)), {
    ok: true,
    value: { type: 16, length: 5, messageSeq: 0x0102, fragmentOffset: 1, body: hex("bbccdd") },
  });
});

handshakeMessage("RFC 6347 4.2.3: every truncation is noticed", () => {
  for (let length = 0; length < WHOLE.length; length++) {
    assert.is(errorOf(WHOLE.subarray(0, length)), "handshakeTruncated", `${length}`);
  }
});

handshakeMessage("RFC 6347 4.2.3: a fragment that ends beyond its message contradicts itself", () => {
  assert.is(errorOf(hex("10 000005 0000 000003 000003 bbccdd")), "fragmentInconsistent");
  assert.is(errorOf(hex("10 000005 0000 ffffff ffffff bbccdd")), "fragmentInconsistent");
});

handshakeMessage("HANDSHAKE_MESSAGE_LENGTH_MAX: a message that claims more is dropped at its first fragment", () => {
  const claim = (length: number) => encodeHandshakeFragment({ ...MESSAGE, body: new Uint8Array(length) }, 0, 1);
  assert.is(errorOf(claim(HANDSHAKE_MESSAGE_LENGTH_MAX)), "");
  assert.is(errorOf(claim(HANDSHAKE_MESSAGE_LENGTH_MAX + 1)), "fragmentTooFar");
});

handshakeMessage.run();
