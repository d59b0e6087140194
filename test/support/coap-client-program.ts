// libcoap's coap-client in its three builds, as a device that knows nothing of us.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { type PeerName, peer } from "./peers.ts";
import { type ProgramEnd, runProgram } from "./program.ts";
import type { Serving } from "./serving.ts";

export const IDENTITY = "device-1";
/** libcoap's -k takes text. */
export const KEY = "narrowboat-key-1";

/** More than any pull without loss takes, even on a busy computer. */
const LIMIT_MS = 60_000;

export interface CoapClientBuild {
  readonly name: PeerName;
  readonly command: string;
  readonly scheme: "coap" | "coaps";
}

const BUILDS = [
  ["coap-client-openssl", "coaps"],
  ["coap-client-gnutls", "coaps"],
  ["coap-client-notls", "coap"],
] as const;

/** The builds that are installed. */
export function coapClientBuilds(): CoapClientBuild[] {
  return BUILDS.flatMap(([name, scheme]) => {
    const command = peer(name);
    return command === undefined ? [] : [{ name, command, scheme }];
  });
}

export interface Pull {
  readonly path: string;
  readonly flags?: readonly string[];
  readonly identity?: string;
  readonly key?: string;
}

/** A server to pull from, or what stands before one. */
export type Served = Pick<Serving, "coap" | "coaps">;

/** Runs coap-client to its end; what it received is its standard output. */
export function coapClient(
  build: CoapClientBuild,
  serving: Served,
  pull: Pull,
  limitMs = LIMIT_MS,
): Promise<ProgramEnd> {
  const { path, flags = [], identity = IDENTITY, key = KEY } = pull;
  const security = build.scheme === "coaps" ? ["-u", identity, "-k", key] : [];
  return runProgram(build.command, [...security, ...flags, serving[build.scheme](path)], limitMs);
}

/** Pulls into a file of `directory`, as devices do, and gives its bytes. */
export async function pullFile(
  build: CoapClientBuild,
  serving: Served,
  directory: string,
  pull: Pull,
  limitMs = LIMIT_MS,
): Promise<Uint8Array> {
  const file = join(directory, "pulled.bin");
  const { text } = await coapClient(build, serving, { ...pull, flags: ["-o", file, ...(pull.flags ?? [])] }, limitMs);
  assert.ok(existsSync(file), `nothing was received: ${text}`);
  return readFileSync(file);
}

/**
 * A flag that gives the client number `n` of several at once a loopback address of its own. libcoap sets SO_REUSEADDR, with
 * which Linux now and then gives two sockets the same free port; to the server they would be one peer.
 */
export function ownAddress(n: number): string[] {
  return ["-a", `127.0.1.${n + 1}`];
}

/** Fails unless `bytes` are exactly `expected`, without printing either. */
export function identical(bytes: Uint8Array, expected: Uint8Array): void {
  assert.is(bytes.length, expected.length);
  assert.ok(Buffer.from(bytes).equals(expected), "the bytes differ");
}
