// HTTP beside devices: a socket that listens, and at the first connection a process of its own that answers. That takes some
// tens of MB, stretches passwords on threads that would else read images, and a mistake in it finds no device's key in its memory;
// as long as nobody asks, it costs a socket.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Certificate } from "../../api/api-server.ts";
import type { ServerFigures } from "../../api/prometheus.ts";
import type { FromApiProcess, ToApiProcess } from "./api-message.ts";

/** Connections that wait for the process to begin; more are closed. */
export const CONNECTIONS_WAITING_MAX = 64;

/** After an end that nobody wanted, before the next begins. */
const AGAIN_MS = 1_000;

/** For what is under way, when everything ends. */
const CLOSING_MS = 2_000;

const PROCESS = new URL("./api-process.js", import.meta.url);

export interface ApiListenerInput {
  readonly directory: string;
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  readonly certificate: Certificate | undefined;
  readonly figures: () => ServerFigures;
  /** It cannot answer, or made a mistake: said once for each. */
  readonly faulty: (reason: string) => void;
}

export class ApiListener {
  readonly #input: ApiListenerInput;
  readonly #waiting: Socket[] = [];
  #server: Server | undefined;
  #child: ChildProcess | undefined;
  #again: NodeJS.Timeout | undefined;
  #port: number;
  #isClosing = false;

  /** Rejects with what the system says of a socket that cannot be had. */
  static async start(input: ApiListenerInput): Promise<ApiListener> {
    const listener = new ApiListener(input);
    await listener.#listen();
    return listener;
  }

  private constructor(input: ApiListenerInput) {
    this.#input = input;
    this.#port = input.port;
  }

  get port(): number {
    return this.#port;
  }

  /** The process that answers, when somebody has asked. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    clearTimeout(this.#again);
    for (const socket of this.#waiting.splice(0)) socket.destroy();
    this.#server?.close();
    const child = this.#child;
    if (child === undefined) return;
    const ended = once(child, "exit");
    this.#tell({ kind: "close" });
    const timer = setTimeout(() => child.kill("SIGKILL"), CLOSING_MS);
    await ended;
    clearTimeout(timer);
  }

  async #listen(): Promise<void> {
    const server = createServer({ pauseOnConnect: true });
    server.on("connection", (socket) => this.#take(socket));
    const { host } = this.#input;
    server.listen({ host, port: this.#port });
    await once(server, "listening");
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  #take(socket: Socket): void {
    if (this.#waiting.length >= CONNECTIONS_WAITING_MAX) return void socket.destroy();
    socket.on("error", () => socket.destroy());
    this.#waiting.push(socket);
    this.#child ??= this.#begin();
  }

  #begin(): ChildProcess {
    const child = fork(PROCESS, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    child.on("message", (message: FromApiProcess) => this.#hear(message));
    child.on("error", (error) => this.#input.faulty(error.message));
    child.on("exit", () => this.#handleEnd());
    this.#child = child;
    const { directory, host, certificate } = this.#input;
    this.#tell({ kind: "begin", directory, host, certificate });
    return child;
  }

  #hear(message: FromApiProcess): void {
    switch (message.kind) {
      case "ready":
        return this.#handOver();
      case "figuresWanted":
        return this.#tell({ kind: "figures", figures: this.#input.figures() });
      case "unavailable":
      case "failed":
        return this.#input.faulty(message.reason);
    }
  }

  /** What listens goes over first: from then on nothing comes here. */
  #handOver(): void {
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) this.#tell({ kind: "listen" }, server, () => server.close());
    for (const socket of this.#waiting.splice(0)) this.#tell({ kind: "connection" }, socket);
  }

  #handleEnd(): void {
    this.#child = undefined;
    for (const socket of this.#waiting.splice(0)) socket.destroy();
    if (this.#isClosing || this.#server !== undefined) return;
    this.#input.faulty("the process that answers HTTP ended");
    this.#again = setTimeout(() => void this.#listenAgain(), AGAIN_MS);
  }

  async #listenAgain(): Promise<void> {
    try {
      await this.#listen();
    } catch (error) {
      this.#input.faulty((error as Error).message);
    }
  }

  #tell(message: ToApiProcess, handle?: Server | Socket, done: () => void = () => {}): void {
    // A process that has just ended hears nothing; its end says the rest.
    this.#child?.send(message, handle, {}, done);
  }
}
