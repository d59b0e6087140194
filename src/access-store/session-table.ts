// Sessions of users in browsers: each ends when it was idle for long, and in any case after a week.

import type { StoreFile } from "../store/store-file.ts";
import { digestOfSecret, drawSecret } from "./secret-text.ts";

export const SESSION_IDLE_MS = 12 * 3_600_000;
export const SESSION_AGE_MS = 7 * 86_400_000;

/** Of one user; the one that was idle for longest gives way. */
export const SESSIONS_OF_USER_MAX = 16;

/** How exactly it is known when one was used: a write for each request would be one too many. */
const USE_NOTED_MS = 60_000;

interface SessionRow {
  readonly user: string;
  readonly beganAt: number;
  readonly usedAt: number;
}

export class SessionTable {
  readonly #file: StoreFile;
  readonly #add;
  readonly #find;
  readonly #use;
  readonly #end;
  readonly #endOfUser;
  readonly #endOld;
  readonly #trim;

  constructor(file: StoreFile) {
    this.#file = file;
    this.#add = file.prepare<[Uint8Array, string, number, number]>("INSERT INTO user_session VALUES (?, ?, ?, ?)");
    this.#find = file.prepare<[Uint8Array], SessionRow>(
      "SELECT user, began_at AS beganAt, used_at AS usedAt FROM user_session WHERE digest = ?",
    );
    this.#use = file.prepare<[number, Uint8Array]>("UPDATE user_session SET used_at = ? WHERE digest = ?");
    this.#end = file.prepare<[Uint8Array]>("DELETE FROM user_session WHERE digest = ?");
    this.#endOfUser = file.prepare<[string]>("DELETE FROM user_session WHERE user = ?");
    this.#endOld = file.prepare<[number, number]>("DELETE FROM user_session WHERE used_at <= ? OR began_at <= ?");
    this.#trim = file.prepare<[string, string, number]>(
      `DELETE FROM user_session WHERE user = ? AND digest NOT IN
        (SELECT digest FROM user_session WHERE user = ? ORDER BY used_at DESC, digest LIMIT ?)`,
    );
  }

  /** A session for whoever has proved to be this user: what to show from now on. */
  begin(user: string, now: number): string {
    const secret = drawSecret("session");
    this.#file.transaction(() => {
      this.#endOld.run(now - SESSION_IDLE_MS, now - SESSION_AGE_MS);
      this.#trim.run(user, user, SESSIONS_OF_USER_MAX - 1);
      this.#add.run(digestOfSecret("session", secret)!, user, now, now);
    });
    return secret;
  }

  /** Whose session it is; undefined for none. */
  userOf(secret: string, now: number): string | undefined {
    const digest = digestOfSecret("session", secret);
    if (digest === undefined) return undefined;
    const row = this.#file.attempt(() => this.#find.get(digest));
    if (row === undefined || now - row.usedAt >= SESSION_IDLE_MS || now - row.beganAt >= SESSION_AGE_MS)
      return undefined;
    if (now - row.usedAt >= USE_NOTED_MS) this.#file.transaction(() => this.#use.run(now, digest));
    return row.user;
  }

  end(secret: string): void {
    const digest = digestOfSecret("session", secret);
    if (digest !== undefined) this.#file.transaction(() => this.#end.run(digest));
  }

  /** Inside a transaction. */
  endAllOf(user: string): void {
    this.#endOfUser.run(user);
  }
}
