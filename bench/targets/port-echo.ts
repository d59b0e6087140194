// node port-echo.js LENGTH: answers each datagram through the product's own datagram port, with its message ID and token,
// code 2.05 and filler: what the port costs without the protocol.

import { Code } from "../../src/coap/code.ts";
import type { DatagramPort } from "../../src/shell/datagram-port.ts";
import { bindDatagramPort } from "../../src/shell/datagram-port-binding.ts";

const HEAD_LENGTH = 8;
const PAYLOAD_MARKER = 0xff;

const length = Number(process.argv[2]);
const port: DatagramPort = await bindDatagramPort("127.0.0.1", 0, {
  datagram: (from, request) => {
    const answer = Buffer.allocUnsafe(length);
    answer.set(request.subarray(0, HEAD_LENGTH));
    answer[0] = 0x60 | (request[0]! & 0x0f);
    answer[1] = Code.CONTENT;
    answer[HEAD_LENGTH] = PAYLOAD_MARKER;
    port.sendTo(from, answer);
  },
  batchEnd: () => port.flush(),
  failed: () => {},
  leftOut: () => {},
});
console.log(`listening ${port.port}`);
