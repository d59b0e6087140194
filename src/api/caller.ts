// Who calls: by a token in the Authorization header, or by the session of a browser in a cookie.

import type { AccessStore } from "../access-store/access-store.ts";
import type { Grant } from "../access-store/role.ts";
import { Problem, Status } from "./problem.ts";

export interface Caller {
  /** Whose acts these are. */
  readonly person: string;
  readonly grant: Grant;
  /** The token's name; absent for a browser's session. */
  readonly token?: string | undefined;
}

export interface Credentials {
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  /** Whether the connection is TLS: then the cookie's name is one that no other site can set. */
  readonly isSecure: boolean;
}

/** RFC 6265bis 4.1.3.2: a browser takes it over TLS alone, from this host alone. */
const SECURE_COOKIE = "__Host-nb";
/** On the loopback interface there may be no TLS. */
const PLAIN_COOKIE = "nb";

export function cookieName(isSecure: boolean): string {
  return isSecure ? SECURE_COOKIE : PLAIN_COOKIE;
}

/** The Set-Cookie header that begins a session, or with "" ends it. */
export function sessionCookie(secret: string, isSecure: boolean): string {
  const age = secret === "" ? "; Max-Age=0" : "";
  return `${cookieName(isSecure)}=${secret}; Path=/; HttpOnly; SameSite=Lax${isSecure ? "; Secure" : ""}${age}`;
}

/** The session's secret in a Cookie header. */
export function sessionIn({ cookie, isSecure }: Pick<Credentials, "cookie" | "isSecure">): string | undefined {
  const name = `${cookieName(isSecure)}=`;
  return cookie
    ?.split(";")
    .map((one) => one.trim())
    .find((one) => one.startsWith(name))
    ?.slice(name.length);
}

/** Throws Problem where nobody is let in by these. */
export function callerOf(access: AccessStore, credentials: Credentials, now: number): Caller {
  const { authorization } = credentials;
  if (authorization !== undefined) return tokenCaller(access, authorization, now);
  const session = sessionIn(credentials);
  const name = session === undefined ? undefined : access.sessions.userOf(session, now);
  const user = name === undefined ? undefined : access.user(name);
  if (user === undefined) throw new Problem(Status.UNAUTHORIZED, "log in, or send a token as Authorization: Bearer");
  return { person: user.name, grant: user };
}

function tokenCaller(access: AccessStore, authorization: string, now: number): Caller {
  const [, text = ""] = /^bearer +(\S+)$/i.exec(authorization) ?? [];
  const token = access.tokenOf(text, now);
  if (token === undefined) {
    throw new Problem(Status.UNAUTHORIZED, "the token is none, or has ended: narrowboat token add makes one");
  }
  return { person: token.owner, grant: token, token: token.name };
}

export interface Fetch {
  readonly method: string;
  readonly host: string | undefined;
  /** Headers that a browser sets and no page can. */
  readonly site: string | undefined;
  readonly origin: string | undefined;
}

/** Methods that change nothing (RFC 9110 9.2.1). */
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Whether a browser was made to send this by another site's page. Of what no browser sends there is nothing to fear. */
export function isForged({ method, host, site, origin }: Fetch): boolean {
  if (SAFE_METHODS.has(method)) return false;
  if (site !== undefined) return site !== "same-origin" && site !== "none";
  return origin !== undefined && hostOf(origin) !== host;
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
