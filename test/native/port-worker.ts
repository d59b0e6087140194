// A native port in a worker thread, which ends as it is told.

import { parentPort, workerData } from "node:worker_threads";
import { NativeDatagramPort } from "../../src/shell/native-datagram-port.ts";
import { systemNativeParts } from "../../src/shell/system-native-parts.ts";
import { PortListener } from "../shell/port-listener.ts";

const nativeParts = systemNativeParts();
if (typeof nativeParts !== "object") throw new Error(`native parts: ${nativeParts}`);
const at = new PortListener();
const port = new NativeDatagramPort(nativeParts.datagramPort, "127.0.0.1", 0, at);
at.answer = (from, datagram) => port.sendTo(from, datagram);
at.flush = () => {
  if (workerData === "exits") process.exit(3);
  if (workerData === "throws") throw new Error("the worker's listener broke");
  if (workerData === "closes") void port.close();
  port.flush();
};
parentPort?.postMessage(port.port);
