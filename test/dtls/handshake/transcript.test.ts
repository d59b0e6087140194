import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../../src/base/bytes.ts";
import { Transcript } from "../../../src/dtls/handshake/transcript.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { hex } from "../../vectors/dtls.ts";

const transcript = suite("transcript");

transcript("RFC 6347 4.2.6: each message counts as if unfragmented, with its message_seq", () => {
  const messages = new Transcript(CRYPTO);
  const bytes = [hex("01 000003 0001 000000 000003 aabbcc"), hex("0e 000000 0002 000000 000000")];
  messages.add({ type: 1, messageSeq: 1, body: hex("aabbcc") });
  assert.is(toHex(messages.hash()), createHash("sha256").update(bytes[0]!).digest("hex"));
  messages.add({ type: 14, messageSeq: 2, body: hex("") });
  assert.is(toHex(messages.hash()), createHash("sha256").update(Buffer.concat(bytes)).digest("hex"));
});

transcript.run();
