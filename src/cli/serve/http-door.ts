// HTTP beside devices: where it listens, under which certificate, and how the first person is let in.

import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { AccessStore } from "../../access-store/access-store.ts";
import type { Certificate } from "../../api/api-server.ts";
import { toUtf8 } from "../../base/bytes.ts";
import { uriHost } from "../../coap/coap-uri.ts";
import { ApiListener } from "../../shell/api/api-listener.ts";
import type { ServerLog, ServerShell } from "../../shell/server-shell.ts";
import { makeNewFile } from "../../store/new-file.ts";
import { systemMessage } from "../../store/store-error.ts";
import type { Endpoint } from "../arguments.ts";
import { wrongUse } from "../command-error.ts";

const USUAL: Endpoint = { host: "127.0.0.1", port: 8080 };

/** In the data directory, where nobody sits at a terminal. */
const LINK_FILE = "setup-link";

export interface HttpInput {
  /** The data directory. */
  readonly data: string;
  /** Where HTTP is answered; on the usual port where it is free when absent. */
  readonly http?: Endpoint | "off" | undefined;
  /** PEM files. */
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
}

export interface OpenedHttp {
  /** For stdout, below the other `listening` lines. */
  readonly lines: readonly string[];
  /** For stderr. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

const NONE: OpenedHttp = { lines: [], complaints: [], close: async () => {} };

/** Throws CommandError for what was asked for and cannot be, and StoreError. */
export async function openHttp(
  input: HttpInput,
  shell: Pick<ServerShell, "counters" | "tables">,
  log: Pick<ServerLog, "event">,
): Promise<OpenedHttp> {
  if (input.http === "off") return NONE;
  const certificate = certificateIn(input);
  const { host, port } = input.http ?? USUAL;
  if (certificate === undefined && !isLoopback(host)) {
    throw wrongUse(
      `without a certificate passwords would go to ${host} in clear: add --tls-cert and --tls-key, or name 127.0.0.1`,
    );
  }
  try {
    const listener = await ApiListener.start({
      directory: input.data,
      host,
      port,
      certificate,
      figures: () => ({ counters: shell.counters, tables: shell.tables }),
      faulty: (reason) => log.event({ kind: "httpFailed", reason }),
    });
    const url = `${certificate === undefined ? "http" : "https"}://${uriHost(host)}:${listener.port}`;
    return { lines: [`listening ${url}`], complaints: firstLink(input.data, url), close: () => listener.close() };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (input.http !== undefined)
      throw wrongUse(`cannot listen on ${host}:${port} (${code}): name another with --http`);
    return { ...NONE, complaints: [`port ${port} is in use: no HTTP; --http HOST:PORT takes another`] };
  }
}

function certificateIn({ tlsCert, tlsKey }: HttpInput): Certificate | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) throw wrongUse("--tls-cert and --tls-key go together");
  const [certificate, key] = [textOf(tlsCert), textOf(tlsKey)];
  try {
    createSecureContext({ cert: certificate, key });
  } catch (error) {
    throw wrongUse(`${tlsCert} and ${tlsKey} are no certificate and its key: ${(error as Error).message}`);
  }
  return { certificate, key };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw wrongUse(`cannot read ${file}: ${systemMessage(error)}`);
  }
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/** How the first user gets in, where there is none: said to a terminal, and else to the owner of the data directory alone. */
function firstLink(data: string, url: string): readonly string[] {
  const access = AccessStore.open(data);
  try {
    const file = join(data, LINK_FILE);
    rmSync(file, { force: true });
    const link = access.firstLink(Date.now());
    if (link === undefined) return [];
    const how = `POST ${url}/api/v1/setup {"link": "${link}", "user": "NAME", "password": "…"}`;
    const when = "once, within an hour";
    if (process.stderr.isTTY) return [`no users yet: the first one comes by ${how}, ${when}`];
    makeNewFile(file, toUtf8(`${how}\n`), 0o600);
    return [`no users yet: ${file} says how the first one comes, ${when}; or narrowboat user add`];
  } finally {
    access.close();
  }
}
