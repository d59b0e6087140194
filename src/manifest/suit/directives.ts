// draft-ietf-suit-manifest-37 8.4.10: each changes a component, with what its parameters say.

import { decodeEncryptionInfo } from "../cose-encrypt.ts";
import { decryptPayload } from "../payload-encryption.ts";
import { Directive, type DirectiveCode } from "./codes.ts";
import type { Machine } from "./machine.ts";

/** Why the directive cannot be followed; undefined when it was. */
export function directiveFault(machine: Machine, code: DirectiveCode, index: number): string | undefined {
  const { uri, content } = machine.parameters(index);
  switch (code) {
    case Directive.FETCH:
      if (uri === undefined) return "no URI was set";
      return storeFault(machine, index, fetched(machine, uri), `there is nothing at ${uri}`);
    case Directive.WRITE:
      return storeFault(machine, index, content, "no content was set");
    case Directive.COPY:
      return storeFault(machine, index, sourceOf(machine, index), "there is no source, or nothing in it");
    case Directive.SWAP:
      return swapFault(machine, index);
    case Directive.INVOKE:
      if (machine.content(index) === undefined) return "the component holds nothing";
      machine.invoked = index;
      return undefined;
    default:
      return machine.device.updateManagement === undefined ? "the device does not know wait" : undefined;
  }
}

function fetched({ payloads, device }: Machine, uri: string): Uint8Array | undefined {
  return uri.startsWith("#") ? payloads.get(uri) : device.fetch(uri);
}

function sourceOf(machine: Machine, index: number): Uint8Array | undefined {
  const { sourceComponent } = machine.parameters(index);
  return sourceComponent === undefined ? undefined : machine.content(sourceComponent);
}

function storeFault(
  machine: Machine,
  index: number,
  content: Uint8Array | undefined,
  otherwise: string,
): string | undefined {
  if (content === undefined) return otherwise;
  const { encryptionInfo } = machine.parameters(index);
  const opened = encryptionInfo === undefined ? content : openedContent(machine, encryptionInfo, content);
  if (typeof opened === "string") return opened;
  const { capacity } = machine.component(index);
  if (opened.length > capacity) return `${opened.length} bytes, and the component holds ${capacity}`;
  machine.store(index, opened);
  return undefined;
}

/** The plaintext, or why there is none. */
function openedContent(
  { crypto, device }: Machine,
  infoBytes: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | string {
  const info = decodeEncryptionInfo(infoBytes);
  if (!info.ok) return info.error.reason;
  if (device.decrypted !== undefined) return device.decrypted(ciphertext) ?? FAULT_WORDS.ciphertextWrong;
  if (device.ownKey === undefined) return "it is encrypted, and the device has no key";
  const opened = decryptPayload(crypto, { info: info.value, ciphertext }, device.ownKey);
  return opened.ok ? opened.value : FAULT_WORDS[opened.error];
}

const FAULT_WORDS = {
  noKeyForThisDevice: "it is encrypted, and not for this device",
  keyWrong: "it is encrypted, and its key is wrapped under another one",
  ciphertextWrong: "it is encrypted, and was changed since",
} as const;

function swapFault(machine: Machine, index: number): string | undefined {
  const { sourceComponent } = machine.parameters(index);
  const source = sourceOf(machine, index);
  if (sourceComponent === undefined || source === undefined) return "there is no source, or nothing in it";
  const before = machine.content(index);
  machine.store(index, source);
  machine.store(sourceComponent, before);
  return undefined;
}
