// Computers of their own on this one: network namespaces of Linux. Each lives as long as a process that holds it, so that
// nothing is left of it, whatever becomes of the test.

import { spawnSync } from "node:child_process";
import * as assert from "uvu/assert";
import { missing, peer } from "./peers.ts";
import { Program, type ProgramEnd } from "./program.ts";

/** Longer than any test file may run. */
const HOLD_LIMIT_MS = 290_000;
const COMMAND_LIMIT_MS = 60_000;

/** Whether they can be had here; where they cannot, says so aloud, as of any other peer that is missing. */
export function networkNamespacesWork(): boolean {
  const commands = [peer("ip"), peer("nsenter"), peer("unshare")];
  if (commands.includes(undefined)) return false;
  if (spawnSync("unshare", ["--net", "true"]).status === 0) return true;
  missing("network namespaces need the rights of root");
  return false;
}

export class NetworkNamespace {
  readonly #holder: Program;

  /** A computer with nothing but its loopback interface. */
  static async open(): Promise<NetworkNamespace> {
    const hold = ["--net", "sh", "-c", "ip link set lo up && echo held && exec sleep 290"];
    const holder = new Program("unshare", hold, HOLD_LIMIT_MS);
    await holder.waitFor(/^held$/m);
    return new NetworkNamespace(holder);
  }

  private constructor(holder: Program) {
    this.#holder = holder;
  }

  /** A cable to another one: the interface has the same name at both ends. */
  async connect(other: NetworkNamespace, name: string): Promise<void> {
    await this.ip("link", "add", name, "type", "veth", "peer", "name", name, "netns", String(other.#holder.pid));
    await this.ip("link", "set", name, "up");
    await other.ip("link", "set", name, "up");
  }

  /** Configures it. */
  async ip(...args: readonly string[]): Promise<void> {
    const { exit, text } = await this.run(["ip", ...args]);
    assert.is(exit, 0, `ip ${args.join(" ")}: ${text}`);
  }

  /** Runs a program in it to its end. */
  run(command: readonly string[]): Promise<ProgramEnd> {
    const program = this.start(command, COMMAND_LIMIT_MS);
    program.endInput();
    return program.ended;
  }

  /** Starts a program in it. */
  start(command: readonly string[], limitMs: number): Program {
    return new Program("nsenter", [`--net=/proc/${this.#holder.pid}/ns/net`, ...command], limitMs);
  }

  async close(): Promise<void> {
    this.#holder.kill("SIGKILL");
    await this.#holder.ended;
  }
}
