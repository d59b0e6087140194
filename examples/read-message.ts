// A CoAP message out of bytes: GET /fw/pump, the third block of 64 bytes.

import { fromHex, fromUtf8 } from "narrowboat/base/bytes";
import { blockSizeOf, decodeBlock } from "narrowboat/coap/block";
import { decodeMessage } from "narrowboat/coap/message";
import { OptionNumber } from "narrowboat/coap/option";

const decoded = decodeMessage(fromHex("41010007aab266770470756d70c122")!);
if (!decoded.ok) throw new Error(decoded.error.kind);
for (const { number, value } of decoded.value.options) {
  if (number === OptionNumber.URI_PATH) console.log(`Uri-Path ${fromUtf8(value)}`);
  if (number === OptionNumber.BLOCK2)
    console.log(`Block2 ${decodeBlock(value).num} of ${blockSizeOf(decodeBlock(value).szx)} bytes`);
}
