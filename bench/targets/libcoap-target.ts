// libcoap's example server (Debian's libcoap3-bin), which keeps what is PUT to it and serves it by Block2.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { toUtf8 } from "../../src/base/bytes.ts";
import { commandOnPath } from "../../src/shell/command-path.ts";
import { freePortPair } from "./listening.ts";
import { type Contender, identityText, KEY, type Target, type TargetInput } from "./target.ts";

const CLIENT = "coap-client-notls";
const PUT_LIMIT_MS = 30_000;
const PATH = "example_data";

export function libcoap(library: "openssl" | "gnutls"): Contender {
  const command = `coap-server-${library}`;
  return {
    id: `libcoap-${library}`,
    title: `libcoap (${library === "openssl" ? "OpenSSL" : "GnuTLS"})`,
    absence: () => {
      const missing = [command, CLIENT].find((name) => commandOnPath(name) === undefined);
      return missing && `${missing} not installed (apt install libcoap3-bin)`;
    },
    start: (input) => start(command, input),
  };
}

async function start(command: string, { resources, image, identityCount }: TargetInput): Promise<Target> {
  const data = resources.directory("libcoap");
  const file = join(data, "image.bin");
  writeFileSync(file, image);
  const coapPort = await freePortPair();
  const args = ["-A", "127.0.0.1", "-p", String(coapPort), "-k", KEY, "-h", "hint"];
  const child = resources.spawn(commandOnPath(command)!, args, { stdio: "ignore" });
  const uri = `coap://127.0.0.1:${coapPort}/${PATH}`;
  // The client repeats its first message until the server is there.
  execFileSync(commandOnPath(CLIENT)!, ["-m", "put", "-b", "1024", "-f", file, uri], { timeout: PUT_LIMIT_MS });
  resources.remove(data);
  return {
    pid: child.pid!,
    coapPort,
    coapsPort: coapPort + 1,
    path: [PATH],
    identity: (device) => toUtf8(identityText(device, identityCount)),
    key: toUtf8(KEY),
    stop: () => resources.stop(child),
  };
}
