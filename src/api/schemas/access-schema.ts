import { Type } from "@sinclair/typebox";
import { GRANTED_PRODUCTS_MAX } from "../../access-store/access-store.ts";
import { PASSWORD_LENGTH_MAX } from "../../access-store/password.ts";
import { ROLES } from "../../access-store/role.ts";
import { absent, CLOSED, list, Name, oneOf, Time } from "./schema.ts";

export const AccountName = Type.String({ minLength: 1, maxLength: 64 });
const Password = Type.String({ maxLength: PASSWORD_LENGTH_MAX });
const Secret = Type.String({ maxLength: 64 });

const GRANT = {
  role: oneOf(ROLES),
  products: absent(list(Name, { maxItems: GRANTED_PRODUCTS_MAX })),
} as const;

export const LoginSchema = Type.Object({ user: AccountName, password: Password }, { ...CLOSED, $id: "Login" });
export const SetupSchema = Type.Object(
  { link: Secret, user: absent(AccountName), password: Password },
  { ...CLOSED, $id: "Setup" },
);

export const CallerSchema = Type.Object(
  { person: Type.String(), ...GRANT, token: absent(AccountName) },
  { $id: "Caller" },
);

export const UserSchema = Type.Object(
  { name: AccountName, ...GRANT, hasPassword: Type.Boolean(), addedAt: Time },
  { $id: "User" },
);
export const Users = Type.Object({ users: list(UserSchema) });
export const UserDraftSchema = Type.Object({ name: AccountName, ...GRANT }, { ...CLOSED, $id: "UserDraft" });
export const GrantSchema = Type.Object(GRANT, CLOSED);
export const LinkSchema = Type.Object({
  link: Type.String({ description: "Sets a password by POST /api/v1/setup, once, within an hour" }),
});

export const TokenSchema = Type.Object(
  { name: AccountName, ...GRANT, owner: Type.String(), addedAt: Time, endsAt: absent(Time) },
  { $id: "Token" },
);
export const Tokens = Type.Object({ tokens: list(TokenSchema) });
export const TokenDraftSchema = Type.Object(
  { name: AccountName, ...GRANT, endsAt: absent(Time) },
  { ...CLOSED, $id: "TokenDraft" },
);
export const TokenTextSchema = Type.Object({ token: Type.String({ description: "It is shown this once" }) });
