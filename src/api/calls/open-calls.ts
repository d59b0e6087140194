// The calls that anybody may make: to be let in, and to go.

import { passwordFault } from "../../access-store/password.ts";
import { type ApiStage, type OpenCall, openCall } from "../call.ts";
import { Problem, Status } from "../problem.ts";
import { CallerSchema, LoginSchema, SetupSchema } from "../schemas/access-schema.ts";
import { NOTHING } from "../schemas/schema.ts";

/** Seconds until somebody should try again. */
const BUSY_SECONDS = 2;
const GUESSED_SECONDS = 30;

const login = openCall({
  method: "POST",
  path: "/api/v1/session",
  name: "logIn",
  summary: "Log in by name and password; the cookie is the session",
  params: NOTHING,
  query: NOTHING,
  body: LoginSchema,
  answer: CallerSchema,
  status: 200,
  handle: async (stage, { body: { user, password }, address }) => {
    refuseGuesses(stage, user, address);
    const isRight = await stage.passwords.verify(password, stage.access.storedPassword(user));
    if (isRight === undefined) throw busy();
    if (!isRight) throw new Problem(Status.UNAUTHORIZED, "name or password is wrong");
    stage.logins.forget(user);
    return admitted(stage, user);
  },
});

const logout = openCall({
  method: "DELETE",
  path: "/api/v1/session",
  name: "logOut",
  summary: "End the session that the cookie is of",
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  answer: NOTHING,
  status: 204,
  handle: async ({ access }, _input, session) => {
    if (session !== undefined) access.sessions.end(session);
    return { answer: {}, session: "" };
  },
});

const setup = openCall({
  method: "POST",
  path: "/api/v1/setup",
  name: "setUp",
  summary: "Set a password by a link, which is used up; the first of all links makes an admin",
  params: NOTHING,
  query: NOTHING,
  body: SetupSchema,
  answer: CallerSchema,
  status: 200,
  handle: async (stage, { body: { link, user, password }, address }) => {
    const { access, passwords, now } = stage;
    const fault = passwordFault(password);
    if (fault !== undefined) throw new Problem(Status.BAD_REQUEST, fault);
    refuseGuesses(stage, "", address);
    if (access.userOfLink(link, now()) === undefined) throw voidLink();
    const stored = await passwords.hash(password);
    if (stored === undefined) throw busy();
    const name = access.setPassword(link, user, stored, now());
    if (name === undefined) throw voidLink();
    stage.logins.forget("");
    return admitted(stage, name);
  },
});

function admitted({ access, now }: ApiStage, name: string) {
  const { role, products } = access.user(name)!;
  return { answer: { person: name, role, products }, session: access.sessions.begin(name, now()) };
}

function refuseGuesses({ logins, now }: ApiStage, account: string, address: string): void {
  if (logins.admits(account, address, now())) return;
  throw new Problem(Status.TOO_MANY_REQUESTS, "too many attempts: wait half a minute", GUESSED_SECONDS);
}

function busy(): Problem {
  return new Problem(Status.UNAVAILABLE, "too many log in at once: try again in a moment", BUSY_SECONDS);
}

function voidLink(): Problem {
  return new Problem(
    Status.FORBIDDEN,
    "the link was used or is older than an hour: an admin, or narrowboat user link, makes another",
  );
}

export const OPEN_CALLS: readonly OpenCall[] = [login, logout, setup];
