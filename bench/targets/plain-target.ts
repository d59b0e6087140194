// Servers of plain UDP that are one program each: the `coap` package with the same image, and echoes that answer every
// request with filler, as the limit of what can be had.

import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compiled, NativeAbsence } from "../native-program.ts";
import { matchedLines } from "./listening.ts";
import type { Contender, Target, TargetInput } from "./target.ts";

/** What a plain answer with 1024 bytes takes: header, token, options and the payload's marker beside them. */
const ECHO_LENGTH = 1_060;

export function coapPackage(node: string): Contender {
  return {
    id: "coap-package",
    title: "coap package",
    absence: () => undefined,
    start: async (input) => {
      const data = input.resources.directory("coap-package");
      const file = join(data, "image.bin");
      writeFileSync(file, input.image);
      return { ...(await start(input, node, [program("coap-package-server.js"), file])), path: ["image"] };
    },
  };
}

export function dgramEcho(node: string): Contender {
  return {
    id: "echo-dgram",
    title: "echo, node:dgram",
    absence: () => undefined,
    start: (input) => start(input, node, [program("dgram-echo.js"), String(ECHO_LENGTH)]),
  };
}

/** By our own datagram port, whichever it is: in batches where the native parts are. */
export function portEcho(node: string): Contender {
  return {
    id: "echo-port",
    title: "echo, our datagram port",
    absence: () => undefined,
    start: (input) => start(input, node, [program("port-echo.js"), String(ECHO_LENGTH)]),
  };
}

export function nativeEcho(): Contender {
  return {
    id: "echo-c",
    title: "echo in C",
    absence: () => {
      try {
        compiled("echo.c", "program");
        return undefined;
      } catch (error) {
        if (error instanceof NativeAbsence) return error.message;
        throw error;
      }
    },
    start: (input) => start(input, compiled("echo.c", "program"), [String(ECHO_LENGTH)]),
  };
}

function program(name: string): string {
  return join(import.meta.dirname, name);
}

async function start({ resources }: TargetInput, command: string, args: readonly string[]): Promise<Target> {
  const child: ChildProcess = resources.spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [listening] = await matchedLines(child, /^listening (\d+)$/, 1);
  return {
    pid: child.pid!,
    coapPort: Number(listening![1]),
    identity: () => new Uint8Array(0),
    key: new Uint8Array(0),
    stop: () => resources.stop(child),
  };
}
