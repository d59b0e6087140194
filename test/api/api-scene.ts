// An API over a store of its own, with somebody in each role, asked in this very process.

import { AccessStore } from "../../src/access-store/access-store.ts";
import { Passwords } from "../../src/access-store/password.ts";
import type { Grant } from "../../src/access-store/role.ts";
import { type Certificate, createApi } from "../../src/api/api-server.ts";
import { hostCheck } from "../../src/api/host-check.ts";
import { LoginLimit } from "../../src/api/login-limit.ts";
import type { FleetService } from "../../src/fleet/fleet-service.ts";
import { NOW, type PlainFleet } from "./plain-fleet.ts";

export type Api = Awaited<ReturnType<typeof createApi>>;

export interface Asked {
  readonly method?: "DELETE" | "GET" | "PATCH" | "POST" | "PUT";
  readonly url: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export class ApiScene<Fleet extends FleetService = PlainFleet> {
  readonly access: AccessStore;
  readonly fleet: Fleet;
  readonly failures: unknown[] = [];
  now = NOW;
  readonly #api: Promise<Api>;

  constructor(directory: string, fleet: Fleet, tls?: Certificate) {
    this.access = AccessStore.open(directory);
    this.fleet = fleet;
    this.#api = createApi({
      stage: {
        fleet,
        access: this.access,
        passwords: new Passwords(4),
        logins: new LoginLimit(),
        now: () => this.now,
      },
      tls,
      isOwnHost: hostCheck("127.0.0.1", tls?.certificate),
      figures: async () => ({ counters: { "coap.requests": 7 }, tables: { sessions: 2 } }),
      version: "0.0.0",
      failed: (error) => this.failures.push(error),
    });
  }

  get api(): Promise<Api> {
    return this.#api;
  }

  /** The token of somebody who may do so much. */
  tokenOf(grant: Grant, owner = "anna"): string {
    const name = `token-${this.access.tokens().length}`;
    return this.access.addToken({ name, ...grant, owner }, "local:root", this.now);
  }

  async ask({ method = "GET", url, token, headers = {}, body }: Asked) {
    const api = await this.#api;
    return api.inject({
      method,
      url,
      headers: { host: "localhost", ...(token && { authorization: `Bearer ${token}` }), ...headers },
      ...(body !== undefined && { payload: body as object }),
    });
  }

  async close(): Promise<void> {
    await (await this.#api).close();
    this.access.close();
  }
}
