// What `pull --slots` is told, checked before anything begins.

import type { CoapUri } from "../../coap/coap-uri.ts";
import type { VerificationKey } from "../../crypto/signature.ts";
import type { TwoSlotDeviceInput } from "../../device/slots/two-slot-device.ts";
import { imageNameFault } from "../../firmware/image-name.ts";
import { classNameFault } from "../../manifest/names.ts";
import { SlotDirectory } from "../../shell/slot-directory.ts";
import { systemCrypto } from "../../shell/system-crypto.ts";
import { systemMessage } from "../../store/store-error.ts";
import { readTrustedKey } from "../../trust-store/trusted-key.ts";
import { jobFailed, wrongUse } from "../command-error.ts";

/** A share from 0 to 1: "50%", "0.5"; all where nothing follows. */
export function parseBootFails(text: string): number {
  if (text === "") return 1;
  const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  const share = Number(number ?? Number.NaN) / (percent === "%" ? 100 : 1);
  if (share <= 1) return share;
  throw wrongUse(`"${text}" is not a share: use one from 0% to 100%`);
}

export function parseClass(text: string): string {
  const fault = classNameFault(text);
  if (fault !== undefined) throw wrongUse(fault);
  return text;
}

/** What a device of a class checks besides, or leaves to its server. */
export type ClassChecks = Pick<TwoSlotDeviceInput, "asksForLog" | "checksMakerAlone">;

/** "log", "maker-only", or both with a comma. */
export function parseClassProfile(text: string): ClassChecks {
  const words = text.split(",");
  const stray = words.find((one) => one !== "log" && one !== "maker-only");
  if (stray !== undefined) throw wrongUse(`"${stray}" is nothing that a device here checks: say log or maker-only`);
  return { asksForLog: words.includes("log"), checksMakerAlone: words.includes("maker-only") };
}

/** Of coaps://HOST/m/PRODUCT. */
export function productIn({ path, queries }: CoapUri): string {
  const [first, product, ...more] = path;
  // Any version will do: the product's name is what is asked about.
  const isOne = first === "m" && product !== undefined && imageNameFault(product, "1") === undefined;
  if (isOne && more.length === 0 && queries.length === 0) return product;
  throw wrongUse("with --slots the URI names a product: write coaps://HOST/m/PRODUCT, and its class with --class");
}

export function makerKeyIn(file: string | undefined): VerificationKey {
  if (file === undefined)
    throw wrongUse("--slots needs --trust: the maker's public key, which the device is made with");
  const crypto = systemCrypto();
  const key = crypto.verificationKey(readTrustedKey(file, "maker", crypto).spki);
  if (key === undefined) throw wrongUse(`${file} is no key that signs manifests: they are signed by Ed25519 or ES256`);
  return key;
}

export function openSlotDirectory(path: string): SlotDirectory {
  const directory = attempt(path, () => SlotDirectory.open(path));
  if (directory === undefined) throw wrongUse(`another pull has ${path}: wait for its end, or give another directory`);
  return directory;
}

function attempt<Value>(path: string, step: () => Value): Value {
  try {
    return step();
  } catch (error) {
    throw jobFailed(`cannot write ${path}: ${systemMessage(error)}`);
  }
}
