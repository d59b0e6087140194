// The process that answers HTTP: forked by api-listener.ts, and gone with whoever forked it.

import { readFileSync } from "node:fs";
import type { Server, Socket } from "node:net";
import { constants, setPriority } from "node:os";
import { AccessStore } from "../../access-store/access-store.ts";
import { Passwords } from "../../access-store/password.ts";
import { createApi } from "../../api/api-server.ts";
import { hostCheck } from "../../api/host-check.ts";
import { LoginLimit } from "../../api/login-limit.ts";
import type { ServerFigures } from "../../api/prometheus.ts";
import { StoredFleet } from "../../fleet-store/stored-fleet.ts";
import { StoreError } from "../../store/store-error.ts";
import { systemCrypto } from "../system-crypto.ts";
import type { FromApiProcess, ToApiProcess } from "./api-message.ts";

/** How long the other process may take to say what it counted. */
const FIGURES_MS = 2_000;

const PACKAGE = new URL("../../../../package.json", import.meta.url);

function say(message: FromApiProcess): void {
  process.send?.(message);
}

type Begin = Extract<ToApiProcess, { kind: "begin" }>;

class ApiProcess {
  readonly #access: AccessStore;
  readonly #fleet: StoredFleet;
  readonly #api: Awaited<ReturnType<typeof createApi>>;

  static async begin(
    { directory, host, certificate }: Begin,
    figures: () => Promise<ServerFigures>,
  ): Promise<ApiProcess> {
    const access = AccessStore.open(directory);
    const fleet = await StoredFleet.open(directory, systemCrypto(), Date.now);
    const api = await createApi({
      stage: { fleet, access, passwords: new Passwords(), logins: new LoginLimit(), now: Date.now },
      tls: certificate,
      isOwnHost: hostCheck(host, certificate?.certificate),
      figures,
      version: (JSON.parse(readFileSync(PACKAGE, "utf8")) as { readonly version: string }).version,
      failed: (error) =>
        say({ kind: "failed", reason: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    });
    return new ApiProcess(access, fleet, api);
  }

  private constructor(access: AccessStore, fleet: StoredFleet, api: Awaited<ReturnType<typeof createApi>>) {
    this.#access = access;
    this.#fleet = fleet;
    this.#api = api;
  }

  listen(server: Server): void {
    this.#api.server.listen(server);
  }

  take(socket: Socket): void {
    this.#api.server.emit("connection", socket);
    socket.resume();
  }

  async close(): Promise<void> {
    this.#api.server.closeAllConnections();
    await this.#api.close();
    await this.#fleet.close();
    this.#access.close();
  }
}

/** What the other process says, and what it is asked. */
class Conversation {
  /** Figures that were asked for, by whoever waits for them. */
  readonly #figuresWaiting: ((figures: ServerFigures) => void)[] = [];
  #running: Promise<ApiProcess> | undefined;

  async hear(message: ToApiProcess, given: unknown): Promise<void> {
    if (message.kind === "begin") this.#running = this.#begin(message);
    if (message.kind === "figures") for (const resolve of this.#figuresWaiting.splice(0)) resolve(message.figures);
    const api = await this.#running;
    if (message.kind === "listen") api?.listen(given as Server);
    if (message.kind === "connection" && given !== undefined) api?.take(given as Socket);
    if (message.kind !== "close") return;
    await api?.close();
    process.disconnect();
  }

  async #begin(message: Begin): Promise<ApiProcess> {
    try {
      const begun = await ApiProcess.begin(message, () => this.#figures());
      say({ kind: "ready" });
      return begun;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      say({ kind: "unavailable", reason: error.message });
      process.disconnect();
      throw error;
    }
  }

  #figures(): Promise<ServerFigures> {
    return new Promise((resolve, reject) => {
      const late = new StoreError("busy", "the server takes long to answer: try again");
      const timer = setTimeout(() => reject(late), FIGURES_MS);
      this.#figuresWaiting.push((found) => {
        clearTimeout(timer);
        resolve(found);
      });
      if (this.#figuresWaiting.length === 1) say({ kind: "figuresWanted" });
    });
  }
}

const conversation = new Conversation();
// Whoever forked it is told to end by the same signals, and says when this has to.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
process.on("disconnect", () => process.exit());
// Devices go first.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
process.on("message", (message: ToApiProcess, given: unknown) => void conversation.hear(message, given));
