// node dgram-echo.js LENGTH: answers each datagram by one call of node:dgram, with its message ID and token, code 2.05 and
// filler.

import { createSocket } from "node:dgram";
import { Code } from "../../src/coap/code.ts";

const HEAD_LENGTH = 8;
const PAYLOAD_MARKER = 0xff;
const RECEIVE_BUFFER_LENGTH = 4 * 1024 * 1024;

const length = Number(process.argv[2]);
const socket = createSocket({ type: "udp4", lookup: (host, _options, done) => done(null, host, 4) });
socket.on("message", (request, { address, port }) => {
  const answer = Buffer.allocUnsafe(length);
  answer.set(request.subarray(0, HEAD_LENGTH));
  answer[0] = 0x60 | (request[0]! & 0x0f);
  answer[1] = Code.CONTENT;
  answer[HEAD_LENGTH] = PAYLOAD_MARKER;
  socket.send(answer, port, address);
});
socket.bind(0, "127.0.0.1", () => {
  socket.setRecvBufferSize(RECEIVE_BUFFER_LENGTH);
  console.log(`listening ${socket.address().port}`);
});
