// The real `pull` and the real `serve`, and a fault before one of their datagrams.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { toHex, toUtf8 } from "../../src/base/bytes.ts";
import { FaultyPath } from "./faulty-path.ts";
import { Program } from "./program.ts";
import { NARROWBOAT, Serving } from "./serving.ts";

const IDENTITY = "meter-7";
const KEY = "0123456789abcdef";
/** Three blocks. */
const IMAGE = new Uint8Array(3_000).map((_, i) => (i * 37) % 251);
const LIMIT_MS = 200_000;
const WATCH_MS = 100;

export type PullFault =
  | { readonly kind: "none" | "portChanges" | "serverStaysAway" }
  /** The server is killed and started again so much later. */
  | { readonly kind: "serverRestarts"; readonly afterMs: number };

export interface PullOutcome {
  readonly isWhole: boolean;
  readonly datagramCount: number;
  /** From the fault until the server was there again, until a reason was said, and until pull ended, ms. */
  readonly backMs: number | undefined;
  readonly reasonMs: number | undefined;
  readonly endMs: number;
  /** What pull printed. */
  readonly text: string;
}

/** Where the server stays away the pull is ended once it has said why. `key` is the device's. */
export async function pullThroughFault(
  fault: PullFault,
  before: number,
  roundTripMs: number,
  key = KEY,
): Promise<PullOutcome> {
  const directory = mkdtempSync(join(tmpdir(), "narrowboat-pull-fault-"));
  const data = join(directory, "data");
  let serving = await Serving.start(data, { images: { 1: IMAGE }, keys: { [IDENTITY]: KEY } });
  let faultAt = performance.now();
  let restart: Promise<number> | undefined;
  const path = await FaultyPath.open(serving.coapsPort, roundTripMs, before, () => {
    faultAt = performance.now();
    if (fault.kind === "portChanges") path.rebind();
    else if (fault.kind !== "none") {
      process.kill(serving.pid, "SIGKILL");
      path.serverPort = undefined;
      if (fault.kind === "serverRestarts") restart = startAgain(fault.afterMs);
    }
  });
  async function startAgain(afterMs: number): Promise<number> {
    await delay(afterMs);
    serving = await Serving.start(data, { images: {} });
    path.serverPort = serving.coapsPort;
    return performance.now() - faultAt;
  }
  const file = join(directory, "image");
  const security = ["--identity", IDENTITY, "--key", toHex(toUtf8(key))];
  const uri = `coaps://127.0.0.1:${path.port}/fw/boat/1`;
  const args = [NARROWBOAT, "pull", uri, ...security, "--window", "1", "-o", file];
  const pull = new Program(process.execPath, args, LIMIT_MS);
  let reasonAt: number | undefined;
  const watch = setInterval(() => {
    if (reasonAt !== undefined || reasonIn(pull.text) === undefined) return;
    reasonAt = performance.now();
    if (fault.kind === "serverStaysAway") pull.kill("SIGKILL");
  }, WATCH_MS);
  const { exit, text } = await pull.ended;
  clearInterval(watch);
  const endMs = performance.now() - faultAt;
  const outcome = {
    isWhole: exit === 0 && readFileSync(file).equals(IMAGE),
    datagramCount: path.datagramCount,
    backMs: await restart,
    reasonMs: reasonAt && reasonAt - faultAt,
    endMs,
    text,
  };
  path.close();
  if (fault.kind !== "serverStaysAway") process.kill(serving.pid, "SIGKILL");
  rmSync(directory, { recursive: true });
  return outcome;
}

/** The words for a silent server, a broken way or a refused key, apart or together. */
function reasonIn(text: string): string | undefined {
  return /.*(does not answer|fell silent at|fell silent in the handshake|did not accept the key).*/.exec(text)?.[0];
}
