// Requests that the coap-packet library writes, so that our own codec does not vouch for itself.

import coapPacket from "coap-packet";

/** A confirmable GET with Block2, its Message ID also its token. */
export function getRequest(
  path: readonly string[],
  block: { readonly num: number; readonly szx: number },
  messageId: number,
): Buffer {
  const uriPath = path.map((segment) => ({ name: "Uri-Path" as const, value: Buffer.from(segment) }));
  const value = Buffer.alloc(3);
  value.writeUIntBE(block.num * 16 + block.szx, 0, 3);
  const token = Buffer.alloc(2);
  token.writeUInt16BE(messageId);
  const options = [...uriPath, { name: "Block2" as const, value }];
  return coapPacket.generate({ confirmable: true, code: "0.01", messageId, token, options });
}
