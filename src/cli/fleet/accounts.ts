// Users and tokens: in the data directory, or behind a server's API.

import { AccessStore, type Token, type User } from "../../access-store/access-store.ts";
import type { Grant } from "../../access-store/role.ts";
import { wrongUse } from "../command-error.ts";
import type { ApiClient } from "./api-client.ts";
import { apiClient, type FleetArguments, localPerson, settled } from "./opened-fleet.ts";

export interface Accounts {
  users(): Promise<readonly User[]>;
  /** Gives the link that sets a password. */
  addUser(name: string, grant: Grant): Promise<string>;
  changeUser(name: string, grant: Grant): Promise<void>;
  removeUser(name: string): Promise<void>;
  linkFor(name: string): Promise<string>;
  tokens(): Promise<readonly Token[]>;
  /** Gives the token's text. `owner` is whose acts its acts are; whoever makes it when absent. */
  addToken(name: string, grant: Grant, owner: string | undefined, endsAt: number | undefined): Promise<string>;
  removeToken(name: string): Promise<void>;
}

/** Throws StoreError, and CommandError for a refusal. */
export async function withAccounts<Value>(
  { api, data }: FleetArguments,
  work: (accounts: Accounts) => Promise<Value>,
): Promise<Value> {
  if (api !== undefined) return work(new ApiAccounts(apiClient(api)));
  const store = AccessStore.open(data);
  try {
    return await work(new StoredAccounts(store));
  } finally {
    store.close();
  }
}

class StoredAccounts implements Accounts {
  readonly #store: AccessStore;

  constructor(store: AccessStore) {
    this.#store = store;
  }

  async users() {
    return this.#store.users();
  }

  async addUser(name: string, grant: Grant) {
    return this.#store.addUser(name, grant, localPerson(), Date.now());
  }

  async changeUser(name: string, grant: Grant) {
    this.#store.changeUser(name, grant, localPerson(), Date.now());
  }

  async removeUser(name: string) {
    this.#store.removeUser(name, localPerson(), Date.now());
  }

  async linkFor(name: string) {
    return this.#store.linkFor(name, Date.now());
  }

  async tokens() {
    return this.#store.tokens();
  }

  async addToken(name: string, grant: Grant, owner: string | undefined, endsAt: number | undefined) {
    if (owner !== undefined && this.#store.user(owner) === undefined) {
      throw wrongUse(`no user is called ${owner}: narrowboat user list shows who is there`);
    }
    const token = { name, ...grant, owner: owner ?? localPerson(), endsAt };
    return this.#store.addToken(token, localPerson(), Date.now());
  }

  async removeToken(name: string) {
    this.#store.removeToken(name, localPerson(), Date.now());
  }
}

class ApiAccounts implements Accounts {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  async users() {
    return settled(await this.#client.get<{ users: readonly User[] }>("users")).users;
  }

  async addUser(name: string, grant: Grant) {
    return settled(await this.#client.ask<{ link: string }>("POST", "users", { name, ...grant })).link;
  }

  async changeUser(name: string, grant: Grant) {
    settled(await this.#client.ask("PUT", `users/${encodeURIComponent(name)}`, grant));
  }

  async removeUser(name: string) {
    settled(await this.#client.ask("DELETE", `users/${encodeURIComponent(name)}`));
  }

  async linkFor(name: string) {
    return settled(await this.#client.ask<{ link: string }>("POST", `users/${encodeURIComponent(name)}/link`)).link;
  }

  async tokens() {
    return settled(await this.#client.get<{ tokens: readonly Token[] }>("tokens")).tokens;
  }

  /** It is the owner's who asks: the server knows by whose token. */
  async addToken(name: string, grant: Grant, _owner: string | undefined, endsAt: number | undefined) {
    const draft = { name, ...grant, endsAt };
    return settled(await this.#client.ask<{ token: string }>("POST", "tokens", draft)).token;
  }

  async removeToken(name: string) {
    settled(await this.#client.ask("DELETE", `tokens/${encodeURIComponent(name)}`));
  }
}
