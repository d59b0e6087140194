// Who may do what: users and tokens, by those who may admit others.

import { Type } from "@sinclair/typebox";
import { type Grant, isWithin } from "../../access-store/role.ts";
import { type Call, call } from "../call.ts";
import type { Caller } from "../caller.ts";
import { Problem, Status } from "../problem.ts";
import {
  AccountName,
  CallerSchema,
  GrantSchema,
  LinkSchema,
  TokenDraftSchema,
  Tokens,
  TokenTextSchema,
  UserDraftSchema,
  UserSchema,
  Users,
} from "../schemas/access-schema.ts";
import { NOTHING } from "../schemas/schema.ts";

const Named = Type.Object({ name: AccountName });

/** Nobody gives away what they do not have. */
function refuseMore(caller: Caller, grant: Grant): void {
  if (!isWithin(grant, caller.grant))
    throw new Problem(Status.FORBIDDEN, "nobody can grant more than they may do themselves");
}

function grantOf({ role, products }: Grant): Grant {
  return products === undefined ? { role } : { role, products };
}

const self = call({
  method: "GET",
  path: "/api/v1/session",
  name: "getSession",
  summary: "Who I am here, and what I may do",
  right: "self",
  reach: "filtered",
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  answer: CallerSchema,
  status: 200,
  handle: async (_stage, { person, grant, token }) => ({ person, ...grantOf(grant), token }),
});

const usersListed = call({
  method: "GET",
  path: "/api/v1/users",
  name: "listUsers",
  summary: "Users and their roles",
  right: "audit",
  reach: "whole",
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  answer: Users,
  status: 200,
  handle: async ({ access }) => ({ users: access.users() }),
});

const userAdded = call({
  method: "POST",
  path: "/api/v1/users",
  name: "addUser",
  summary: "Let somebody in; the link sets a password",
  right: "admit",
  reach: "whole",
  params: NOTHING,
  query: NOTHING,
  body: UserDraftSchema,
  answer: LinkSchema,
  status: 201,
  handle: async ({ access, now }, caller, { body }) => {
    refuseMore(caller, body);
    return { link: access.addUser(body.name, grantOf(body), caller.person, now()) };
  },
});

const userChanged = call({
  method: "PUT",
  path: "/api/v1/users/:name",
  name: "changeUser",
  summary: "Another role, or other products; it ends the user's sessions",
  right: "admit",
  reach: "whole",
  params: Named,
  query: NOTHING,
  body: GrantSchema,
  answer: UserSchema,
  status: 200,
  handle: async ({ access, now }, caller, { params: { name }, body }) => {
    refuseMore(caller, body);
    access.changeUser(name, grantOf(body), caller.person, now());
    return access.user(name)!;
  },
});

const userRemoved = call({
  method: "DELETE",
  path: "/api/v1/users/:name",
  name: "removeUser",
  summary: "Let somebody in no longer, nor by any token of theirs",
  right: "admit",
  reach: "whole",
  params: Named,
  query: NOTHING,
  body: NOTHING,
  answer: NOTHING,
  status: 204,
  handle: async ({ access, now }, caller, { params: { name } }) => {
    access.removeUser(name, caller.person, now());
    return {};
  },
});

const linkMade = call({
  method: "POST",
  path: "/api/v1/users/:name/link",
  name: "makeLink",
  summary: "A fresh link for a user to set another password by",
  right: "admit",
  reach: "whole",
  params: Named,
  query: NOTHING,
  body: NOTHING,
  answer: LinkSchema,
  status: 201,
  handle: async ({ access, now }, _caller, { params: { name } }) => ({ link: access.linkFor(name, now()) }),
});

const tokensListed = call({
  method: "GET",
  path: "/api/v1/tokens",
  name: "listTokens",
  summary: "Tokens, whose they are and what they may do; never their text",
  right: "audit",
  reach: "whole",
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  answer: Tokens,
  status: 200,
  handle: async ({ access }) => ({ tokens: access.tokens() }),
});

const tokenAdded = call({
  method: "POST",
  path: "/api/v1/tokens",
  name: "addToken",
  summary: "A token for a program, which acts as whoever made it",
  right: "admit",
  reach: "whole",
  params: NOTHING,
  query: NOTHING,
  body: TokenDraftSchema,
  answer: TokenTextSchema,
  status: 201,
  handle: async ({ access, now }, caller, { body: { name, endsAt, ...grant } }) => {
    refuseMore(caller, grant);
    const token = { name, ...grantOf(grant), owner: caller.person, endsAt };
    return { token: access.addToken(token, caller.person, now()) };
  },
});

const tokenRemoved = call({
  method: "DELETE",
  path: "/api/v1/tokens/:name",
  name: "removeToken",
  summary: "A token that lets nobody in any more",
  right: "admit",
  reach: "whole",
  params: Named,
  query: NOTHING,
  body: NOTHING,
  answer: NOTHING,
  status: 204,
  handle: async ({ access, now }, caller, { params: { name } }) => {
    access.removeToken(name, caller.person, now());
    return {};
  },
});

export const ACCESS_CALLS: readonly Call[] = [
  self,
  usersListed,
  userAdded,
  userChanged,
  userRemoved,
  linkMade,
  tokensListed,
  tokenAdded,
  tokenRemoved,
];
