// `npm run test:restart`: 500 devices, four of them coap-client-openssl where it is installed, through a kill and an end.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { coapClientBuilds } from "./support/coap-client-program.ts";
import { restartWhilePulling } from "./support/restart-scene.ts";

const SESSION_COUNT = 500;
const CLIENT_COUNT = 4;

const [build] = coapClientBuilds().filter(({ name }) => name === "coap-client-openssl");
const coapClients = build === undefined ? [] : Array.from({ length: CLIENT_COUNT }, () => build);
const deviceCount = SESSION_COUNT - coapClients.length;
const faults: string[] = [];
for (const [signal, handshakesMax] of [
  ["SIGKILL", SESSION_COUNT / 100],
  ["SIGTERM", 0],
] as const) {
  const directory = mkdtempSync(join(tmpdir(), "narrowboat-restart-"));
  const scene = { data: join(directory, "data"), files: directory, signal, deviceCount, coapClients };
  const outcome = await restartWhilePulling({ ...scene, imageLength: 128 * 1024, seed: 5 });
  console.log(signal, JSON.stringify({ sessions: SESSION_COUNT, coapClients: coapClients.length, ...outcome }));
  if (outcome.wholeCount < SESSION_COUNT) faults.push(`${signal}: not every image is whole`);
  if (outcome.handshakesAgain > handshakesMax) faults.push(`${signal}: too many shook hands anew`);
  rmSync(directory, { recursive: true });
}
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
