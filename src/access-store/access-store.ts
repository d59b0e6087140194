// Users and tokens, and what lets them in. Who changed what is entered in the registry in the same transaction.

import { nodeCrypto } from "../crypto/node-crypto.ts";
import { openDecisionFile } from "../registry-store/decision-file.ts";
import { Registry } from "../registry-store/registry.ts";
import { StoreError } from "../store/store-error.ts";
import type { StoreFile } from "../store/store-file.ts";
import { ACCESS_SCHEMA } from "./access-file.ts";
import { type AccessRecord, AccessRecords } from "./access-record.ts";
import { type Grant, isWithin, type Role } from "./role.ts";
import { digestOfSecret, drawSecret } from "./secret-text.ts";
import { SessionTable } from "./session-table.ts";

export const USERS_MAX = 1_000;
export const TOKENS_MAX = 1_000;
/** Products that a user or a token is bound to. */
export const GRANTED_PRODUCTS_MAX = 16;

/** One use, within an hour. */
export const LINK_AGE_MS = 3_600_000;

/** Whose link makes the first user: no name is empty. */
const NOBODY = "";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

export interface User extends Grant {
  readonly name: string;
  readonly hasPassword: boolean;
  /** ms since 1970. */
  readonly addedAt: number;
}

export interface Token extends Grant {
  readonly name: string;
  /** The person whose acts its acts are. */
  readonly owner: string;
  /** ms since 1970; `endsAt` is absent for one that never ends. */
  readonly addedAt: number;
  readonly endsAt?: number | undefined;
}

interface UserRow {
  readonly name: string;
  readonly role: Role;
  readonly products: string;
  readonly password: string;
  readonly addedAt: number;
}

interface TokenRow {
  readonly name: string;
  readonly role: Role;
  readonly products: string;
  readonly owner: string;
  readonly addedAt: number;
  readonly endsAt: number;
}

const TOKEN_COLUMNS = "name, role, products, owner, added_at AS addedAt, ends_at AS endsAt";
const USER_COLUMNS = "name, role, products, password, added_at AS addedAt";

export class AccessStore {
  readonly sessions: SessionTable;
  readonly #file: StoreFile;
  readonly #records: AccessRecords;
  readonly #statements;
  #registry: Registry | undefined;

  /**
   * Opens the store in the data directory, and makes it where it is absent.
   * Throws StoreError: busy, damaged, notADirectory, permissions, unknownFormat, unwritable.
   */
  static open(directory: string): AccessStore {
    return new AccessStore(openDecisionFile(directory, ACCESS_SCHEMA));
  }

  private constructor(file: StoreFile) {
    this.#file = file;
    this.sessions = new SessionTable(file);
    this.#records = new AccessRecords(file);
    this.#statements = {
      users: file.prepare<[], UserRow>(`SELECT ${USER_COLUMNS} FROM user_account ORDER BY name`),
      user: file.prepare<[string], UserRow>(`SELECT ${USER_COLUMNS} FROM user_account WHERE name = ?`),
      putUser: file.prepare<[string, string, string, string, number]>(
        "INSERT OR REPLACE INTO user_account VALUES (?, ?, ?, ?, ?)",
      ),
      removeUser: file.prepare<[string]>("DELETE FROM user_account WHERE name = ?"),
      tokens: file.prepare<[], TokenRow>(`SELECT ${TOKEN_COLUMNS} FROM api_token ORDER BY name`),
      token: file.prepare<[Uint8Array], TokenRow>(`SELECT ${TOKEN_COLUMNS} FROM api_token WHERE digest = ?`),
      addToken: file.prepare<[string, Uint8Array, string, string, string, number, number]>(
        "INSERT INTO api_token VALUES (?, ?, ?, ?, ?, ?, ?)",
      ),
      removeToken: file.prepare<[string]>("DELETE FROM api_token WHERE name = ?"),
      putLink: file.prepare<[string, Uint8Array, number]>("INSERT OR REPLACE INTO setup_link VALUES (?, ?, ?)"),
      link: file.prepare<[Uint8Array], { user: string; endsAt: number }>(
        "SELECT user, ends_at AS endsAt FROM setup_link WHERE digest = ?",
      ),
      removeLink: file.prepare<[string]>("DELETE FROM setup_link WHERE user = ?"),
    };
  }

  /** In order of their names. */
  users(): User[] {
    return this.#file.attempt(() => this.#statements.users.all()).map(userOf);
  }

  user(name: string): User | undefined {
    const row = this.#userRow(name);
    return row && userOf(row);
  }

  /** What to verify a password against; undefined for nobody, and for whoever has not set one. */
  storedPassword(name: string): string | undefined {
    return this.#userRow(name)?.password || undefined;
  }

  /**
   * A user without a password: the link that this gives back sets it, once. `person` is who does it, `now` in ms since 1970.
   * Throws StoreError: accountName, accountKnown, tooManyAccounts, registryBroken.
   */
  addUser(name: string, grant: Grant, person: string, now: number): string {
    checkName(name, grant);
    return this.#change(() => {
      if (this.#userRow(name) !== undefined) throw known(`the user ${name}`);
      if (this.users().length >= USERS_MAX) throw tooMany("users", USERS_MAX);
      this.#putUser(name, grant, "", now);
      this.#record({ change: "userAdded", person, subject: name, before: undefined, after: grant }, now);
      return this.#makeLink(name, now);
    });
  }

  /**
   * Another role, or other products: whoever is logged in has to log in again, and tokens that may do more go.
   * Throws StoreError: accountUnknown, registryBroken.
   */
  changeUser(name: string, grant: Grant, person: string, now: number): void {
    checkName(name, grant);
    this.#change(() => {
      const before = this.#knownUser(name);
      this.#refuseLastAdmin(before, grant.role);
      this.#putUser(name, grant, before.password, before.addedAt);
      this.sessions.endAllOf(name);
      this.#record({ change: "userChanged", person, subject: name, before: grantOf(before), after: grant }, now);
      for (const token of this.#tokensOf(name)) if (!isWithin(token, grant)) this.#removeToken(token, person, now);
    });
  }

  /** With all sessions and tokens. Throws StoreError: accountUnknown, registryBroken. */
  removeUser(name: string, person: string, now: number): void {
    this.#change(() => {
      const before = this.#knownUser(name);
      this.#refuseLastAdmin(before, undefined);
      this.#statements.removeUser.run(name);
      this.#statements.removeLink.run(name);
      this.sessions.endAllOf(name);
      this.#record({ change: "userRemoved", person, subject: name, before: grantOf(before), after: undefined }, now);
      for (const token of this.#tokensOf(name)) this.#removeToken(token, person, now);
    });
  }

  /** A fresh link for a user to set another password by; older ones are void. Throws StoreError: accountUnknown. */
  linkFor(name: string, now: number): string {
    return this.#file.transaction(() => {
      this.#knownUser(name);
      return this.#makeLink(name, now);
    });
  }

  /** A link that makes the first user, an admin; undefined where there is a user. */
  firstLink(now: number): string | undefined {
    return this.#file.transaction(() => (this.users().length > 0 ? undefined : this.#makeLink(NOBODY, now)));
  }

  /** Whom a link is for: "" for whoever comes first; undefined for a link that is void. */
  userOfLink(link: string, now: number): string | undefined {
    const digest = digestOfSecret("link", link);
    const row = digest && this.#file.attempt(() => this.#statements.link.get(digest));
    return row !== undefined && now < row.endsAt ? row.user : undefined;
  }

  /**
   * Sets the password that `stored` is of, uses the link up, and ends the user's sessions; the user's name. `name` is what the
   * first one will be called. Undefined where the link is void. Throws StoreError: accountName, registryBroken.
   */
  setPassword(link: string, name: string | undefined, stored: string, now: number): string | undefined {
    return this.#change(() => {
      const named = this.userOfLink(link, now);
      if (named === undefined) return undefined;
      this.#statements.removeLink.run(named);
      if (named === NOBODY) return this.#makeFirst(name ?? "admin", stored, now);
      const user = this.#knownUser(named);
      const grant = grantOf(user);
      this.#putUser(named, grant, stored, user.addedAt);
      this.sessions.endAllOf(named);
      this.#record({ change: "passwordSet", person: named, subject: named, before: grant, after: grant }, now);
      return named;
    });
  }

  /** In order of their names. */
  tokens(): Token[] {
    return this.#file.attempt(() => this.#statements.tokens.all()).map(tokenOf);
  }

  /** Whose token it is; undefined for none, and for one that has ended. */
  tokenOf(text: string, now: number): Token | undefined {
    const digest = digestOfSecret("token", text);
    const row = digest && this.#file.attempt(() => this.#statements.token.get(digest));
    return row === undefined || (row.endsAt !== 0 && now >= row.endsAt) ? undefined : tokenOf(row);
  }

  /**
   * The token's text, which is nowhere else. Throws StoreError: accountName, accountKnown, tooManyAccounts, registryBroken.
   */
  addToken(token: Omit<Token, "addedAt">, person: string, now: number): string {
    const { name, role, products, owner, endsAt } = token;
    checkName(name, token);
    return this.#change(() => {
      const all = this.tokens();
      if (all.some((one) => one.name === name)) throw known(`the token ${name}`);
      if (all.length >= TOKENS_MAX) throw tooMany("tokens", TOKENS_MAX);
      const text = drawSecret("token");
      const digest = digestOfSecret("token", text)!;
      this.#statements.addToken.run(name, digest, role, products?.join(",") ?? "", owner, now, endsAt ?? 0);
      this.#record({ change: "tokenAdded", person, subject: name, before: undefined, after: token }, now);
      return text;
    });
  }

  /** Throws StoreError: accountUnknown, registryBroken. */
  removeToken(name: string, person: string, now: number): void {
    this.#change(() => {
      const token = this.tokens().find((one) => one.name === name);
      if (token === undefined) throw unknown(`no token is called ${name}`, "token");
      this.#removeToken(token, person, now);
    });
  }

  close(): void {
    this.#file.close();
  }

  #makeFirst(name: string, stored: string, now: number): string | undefined {
    // Somebody else was let in meanwhile, by a command.
    if (this.users().length > 0) return undefined;
    const grant: Grant = { role: "admin" };
    checkName(name, grant);
    this.#putUser(name, grant, stored, now);
    this.#record({ change: "userAdded", person: name, subject: name, before: undefined, after: grant }, now);
    return name;
  }

  #makeLink(user: string, now: number): string {
    const link = drawSecret("link");
    this.#statements.putLink.run(user, digestOfSecret("link", link)!, now + LINK_AGE_MS);
    return link;
  }

  #putUser(name: string, { role, products }: Grant, password: string, addedAt: number): void {
    this.#statements.putUser.run(name, role, products?.join(",") ?? "", password, addedAt);
  }

  #tokensOf(owner: string): Token[] {
    return this.tokens().filter((token) => token.owner === owner);
  }

  #removeToken(token: Token, person: string, now: number): void {
    this.#statements.removeToken.run(token.name);
    this.#record({ change: "tokenRemoved", person, subject: token.name, before: token, after: undefined }, now);
  }

  /** Nobody could let anybody in any more, but with the data directory. */
  #refuseLastAdmin({ name, role }: UserRow, becomes: Role | undefined): void {
    if (role !== "admin" || becomes === "admin") return;
    if (this.users().some((one) => one.role === "admin" && one.name !== name)) return;
    throw new StoreError("accountKnown", `${name} is the only admin: make another one first`);
  }

  #knownUser(name: string): UserRow {
    const row = this.#userRow(name);
    if (row === undefined) throw unknown(`no user is called ${name}`, "user");
    return row;
  }

  #userRow(name: string): UserRow | undefined {
    return this.#file.attempt(() => this.#statements.user.get(name));
  }

  /** Its root is computed when something is changed first. */
  #change<Value>(work: () => Value): Value {
    this.#registry ??= Registry.open(this.#file, nodeCrypto());
    return this.#file.transaction(work);
  }

  #record(record: AccessRecord, at: number): void {
    this.#records.add(this.#registry!, record, at);
  }
}

function checkName(name: string, { products }: Grant): void {
  if (!NAME.test(name)) {
    throw new StoreError(
      "accountName",
      `"${name}" is no name: use 1 to 64 of A-Z a-z 0-9 . _ @ - (a letter or digit first)`,
    );
  }
  if (products === undefined || (products.length >= 1 && products.length <= GRANTED_PRODUCTS_MAX)) return;
  throw new StoreError(
    "accountName",
    `${products.length} products are named: use 1 to ${GRANTED_PRODUCTS_MAX}, or none for all`,
  );
}

function known(what: string): StoreError {
  return new StoreError("accountKnown", `${what} is there already: choose another name, or remove that first`);
}

function unknown(what: string, command: "token" | "user"): StoreError {
  return new StoreError("accountUnknown", `${what}: narrowboat ${command} list shows who is there`);
}

function tooMany(what: string, most: number): StoreError {
  return new StoreError("tooManyAccounts", `there are ${most} ${what} already, and more cannot be`);
}

function grantOf({ role, products }: Pick<UserRow, "role" | "products">): Grant {
  return products === "" ? { role } : { role, products: products.split(",") };
}

function userOf(row: UserRow): User {
  return { name: row.name, ...grantOf(row), hasPassword: row.password !== "", addedAt: row.addedAt };
}

function tokenOf({ name, role, products, owner, addedAt, endsAt }: TokenRow): Token {
  return { name, ...grantOf({ role, products }), owner, addedAt, ...(endsAt !== 0 && { endsAt }) };
}
