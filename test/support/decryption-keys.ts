// What images are encrypted to in tests, and what devices decrypt them with.

import { toUtf8 } from "../../src/base/bytes.ts";
import type { OwnKey, RecipientKey } from "../../src/manifest/payload-encryption.ts";
import { KEY_ENCRYPTION_KEY, RECIPIENT_PRIVATE_KEY, RECIPIENT_PUBLIC_KEY } from "../vectors/suit-encryption.ts";

const KID = toUtf8("class-1");

export const DEVICE_KEY: OwnKey = { kind: "ecdhEs", kid: KID, privateKey: RECIPIENT_PRIVATE_KEY };
export const DEVICE_RECIPIENT: RecipientKey = { kind: "ecdhEs", kid: KID, publicKey: RECIPIENT_PUBLIC_KEY };

export const SHARED_KEY: OwnKey = { kind: "a128kw", secret: KEY_ENCRYPTION_KEY };
export const SHARED_RECIPIENT: RecipientKey = { kind: "a128kw", secret: KEY_ENCRYPTION_KEY };
