// `narrowboat` as a person runs it: child processes of the built program, with data directories of their own.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const SOURCE = join(import.meta.dirname, "../../src/cli");
export const MAIN = join(SOURCE, "main.js");
export const QUICK_START = join(SOURCE, "quick-start.js");

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Where the program runs. */
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A child process and what it has said so far. */
export class Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Outcome>;
  stdout = "";
  stderr = "";

  constructor(script: string, args: readonly string[], { cwd, env }: RunOptions) {
    const { NARROWBOAT_DATA: _data, NARROWBOAT_KEY: _key, ...inherited } = process.env;
    const stdio = ["ignore", "pipe", "pipe"] as const;
    const child = spawn(process.execPath, [script, ...args], { cwd, env: { ...inherited, ...env }, stdio: [...stdio] });
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.child = child;
    this.ended = once(child, "close").then(([code, signal]) => {
      return { code, signal, stdout: this.stdout, stderr: this.stderr } as Outcome;
    });
  }

  /** Waits for a line on stdout or stderr; gives the match. Throws when the program ends without it. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
      if (match !== null) return match;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`ended without saying ${pattern}: ${this.stdout}${this.stderr}`);
      }
      const heard = new AbortController();
      const more = [this.child.stdout!, this.child.stderr!].map((stream) => once(stream, "data", heard));
      await Promise.race([...more, this.ended]).finally(() => heard.abort());
    }
  }

  kill(signal: NodeJS.Signals): Promise<Outcome> {
    this.child.kill(signal);
    return this.ended;
  }
}

export function narrowboat(cwd: string, ...args: readonly string[]): Promise<Outcome> {
  return new Program(MAIN, args, { cwd }).ended;
}

/** A running `narrowboat serve`. */
export interface RunningServer {
  readonly program: Program;
  readonly coapsPort: number;
  /** NaN without --coap. */
  readonly coapPort: number;
}

/** Starts `narrowboat serve` on free ports; it listens when this resolves. */
export async function startServe(cwd: string, ...args: readonly string[]): Promise<RunningServer> {
  const ports = ["--coaps-port", "0", "--coap-port", "0"];
  // The usual port of HTTP may be anybody's here.
  const http = args.includes("--http") || args.includes("--no-http") ? [] : ["--no-http"];
  const program = new Program(MAIN, ["serve", ...ports, ...http, ...args], { cwd });
  const coaps = await program.said(/listening coaps:\/\/\S+:(\d+)\n/);
  const coap = args.includes("--coap") ? await program.said(/listening coap:\/\/\S+:(\d+)\n/) : [];
  return { program, coapsPort: Number(coaps[1]), coapPort: Number(coap[1]) };
}
