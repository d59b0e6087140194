// Where a command finds the fleet: in the data directory, or behind a server's API. The words are the same, and so is the answer.

import { userInfo } from "node:os";
import type { Argv } from "yargs";
import type { Result } from "../../base/result.ts";
import type { Actor } from "../../fleet/fleet-event.ts";
import type { FleetService, Refusal } from "../../fleet/fleet-service.ts";
import { systemCrypto } from "../../shell/system-crypto.ts";
import { type GlobalArguments, word } from "../command.ts";
import { type CommandError, jobFailed, wrongUse } from "../command-error.ts";
import { ApiClient } from "./api-client.ts";
import { ApiFleet } from "./api-fleet.ts";

export const TOKEN_VARIABLE = "NARROWBOAT_TOKEN";

/** What the commands on a fleet take besides. */
export interface FleetArguments extends GlobalArguments {
  readonly api?: string | undefined;
}

export function withApi<Arguments extends GlobalArguments>(yargs: Argv<Arguments>) {
  return yargs.option("api", {
    ...word,
    describe: `A server's API, such as http://127.0.0.1:8080, instead of the data directory; its token is in ${TOKEN_VARIABLE}`,
  });
}

export interface OpenedFleet {
  readonly fleet: FleetService;
  /** Who acts. */
  readonly actor: Actor;
}

/** Throws StoreError, and CommandError for an address that is none. */
export async function openFleet({ api, data }: FleetArguments): Promise<OpenedFleet> {
  const actor = { person: localPerson() };
  if (api !== undefined) return { fleet: new ApiFleet(apiClient(api)), actor };
  const { StoredFleet } = await import("../../fleet-store/stored-fleet.ts");
  return { fleet: await StoredFleet.open(data, systemCrypto(), Date.now), actor };
}

/** The same for as long as `work` takes. */
export async function withFleet<Value>(
  args: FleetArguments,
  work: (opened: OpenedFleet) => Promise<Value>,
): Promise<Value> {
  const opened = await openFleet(args);
  try {
    return await work(opened);
  } finally {
    await opened.fleet.close();
  }
}

/** Whoever runs a command on this computer. */
export function localPerson(): string {
  return `local:${userInfo().username}`;
}

export function apiClient(api: string): ApiClient {
  const token = process.env[TOKEN_VARIABLE] ?? "";
  if (token === "") throw wrongUse(`--api takes a token in ${TOKEN_VARIABLE}: narrowboat token add makes one`);
  const url = URL.canParse(api) ? new URL(api) : undefined;
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname)))
    return new ApiClient(url, token);
  const why = url?.protocol === "http:" ? "sends the token in clear" : "is no address of an API";
  throw wrongUse(`"${api}" ${why}: use https://HOST:PORT, or http://127.0.0.1:PORT on this computer`);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** What was asked for. Throws CommandError for a refusal. */
export function settled<Value>(result: Result<Value, Refusal>): Value {
  if (result.ok) return result.value;
  throw commandErrorOf(result.error);
}

function commandErrorOf({ kind, reason }: Refusal): CommandError {
  return kind === "unknown" || kind === "invalid" ? wrongUse(reason) : jobFailed(reason);
}
