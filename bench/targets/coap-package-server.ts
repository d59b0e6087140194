// node coap-package-server.js FILE: the `coap` package of npm serves FILE as /image, as its documentation shows.

import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer } from "coap";

const RECEIVE_BUFFER_LENGTH = 4 * 1024 * 1024;

const image = readFileSync(process.argv[2]!);
const server = createServer((request, response) => {
  response.end(request.url === "/image" ? image : "");
});
const socket = createSocket("udp4");
socket.bind(0, "127.0.0.1", () => {
  socket.setRecvBufferSize(RECEIVE_BUFFER_LENGTH);
  server.listen(socket);
  console.log(`listening ${socket.address().port}`);
});
