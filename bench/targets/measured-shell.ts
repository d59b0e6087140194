// What `narrowboat serve --coap` serves, on free ports of 127.0.0.1, in a process that is measured.

import type { PskStore } from "../../psk/psk-store.ts";
import { jsonLog } from "../../src/cli/serve/server-log.ts";
import type { ImageSource } from "../../src/shell/image-watch.ts";
import { ServerShell } from "../../src/shell/server-shell.ts";
import { onStopSignal } from "../../src/shell/stop-signals.ts";

/** Serves until a signal to stop, and prints the ports as `serve` does. */
export async function startMeasuredShell(images: ImageSource, keys: PskStore): Promise<ServerShell> {
  const host = "127.0.0.1";
  const shell = await ServerShell.start({
    images,
    keys,
    log: await jsonLog(),
    listen: [
      { scheme: "coaps", host, port: 0 },
      { scheme: "coap", host, port: 0 },
    ],
  });
  onStopSignal(() => void shell.stop());
  for (const { scheme, port } of shell.addresses) console.log(`listening ${scheme}://${host}:${port}`);
  return shell;
}
