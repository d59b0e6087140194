// What a server has, fetched as a device of ours would, into memory.

import { isIP } from "node:net";
import { type CoapUri, uriHost } from "../../coap/coap-uri.ts";
import { dialectNamed } from "../../device/dialect.ts";
import { showProgress } from "../progress.ts";
import { Download } from "../pull/download.ts";
import { securityFor, serversAt } from "../pull/pull.ts";
import { WholeTarget } from "../pull/target.ts";

export interface FetchArguments {
  readonly identity: string | undefined;
  readonly key: string | undefined;
}

class MemoryTarget extends WholeTarget {
  bytes: Uint8Array = new Uint8Array(0);

  finish(length: number): void {
    this.bytes = this.slot.read(0, length);
  }
}

/** The whole body. Throws CommandError. */
export async function fetched(uri: CoapUri, { identity, key }: FetchArguments): Promise<Uint8Array> {
  const dialect = dialectNamed("own");
  const security = securityFor(uri, { identity, key, device: dialect });
  const [server, ...otherServers] = await serversAt(uri);
  const target = new MemoryTarget();
  const progress = await showProgress("fetching");
  const { path, queries } = uri;
  const download = new Download({
    device: {
      server: server!,
      otherServers,
      ...(isIP(uri.host) === 0 && { host: uri.host }),
      path,
      queries,
      dialect,
      ...(security && { security }),
    },
    server: `${uriHost(uri.host)}:${uri.port}`,
    ...(identity !== undefined && { identity }),
    target,
    progress,
  });
  try {
    const { length } = await download.run();
    target.finish(length);
    return target.bytes;
  } finally {
    progress.stop();
  }
}
