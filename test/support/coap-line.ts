// CoAP messages as lines of text, in the manner of the figures of RFC 7959, so that a test reads as a sequence diagram:
//
//   CON 1234 GET T=ab /fw/image ?offset=16 2:0/0/64 Size2=0
//   ACK 1234 2.05 T=ab ETag=0102 Content-Format=42 2:0/1/64 Size2=150 [64 bytes]
//
// In order: type, Message ID in hex, method or code, token, options by number, payload. An option without a short form
// is `Name=value` or `#number=hex`. The payload is quoted text, or the count of bytes that are 0, 1, 2 and so on.

import { equal, fromHex, fromUtf8, toHex, toUtf8 } from "../../src/base/bytes.ts";
import { blockOption, blockSizeOf, decodeBlock, szxOf } from "../../src/coap/block.ts";
import { Code, formatCode } from "../../src/coap/code.ts";
import type { Message } from "../../src/coap/message.ts";
import type { MessageType } from "../../src/coap/message-type.ts";
import { decodeUint, definitionOf, inOrder, type Option, OptionNumber, uintOption } from "../../src/coap/option.ts";

const METHODS = ["EMPTY", "GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "IPATCH"] as const;

/** Bytes 0, 1, 2 ... 255, 0, 1 ... */
export function countingBytes(length: number, first = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => first + i);
}

/** `messageIdInPlace` is what `*` stands for. */
export function messageFromLine(line: string, messageIdInPlace: number): Message {
  const quoted = /"([^"]*)"$/.exec(line);
  const counted = /\[(\d+) bytes\]$/.exec(line);
  const head = line.slice(0, quoted?.index ?? counted?.index ?? line.length).trim();
  const [type, messageId, code, ...parts] = head.split(" ");
  let token = new Uint8Array(0);
  const options: Option[] = [];
  for (const part of parts) {
    if (part.startsWith("T=")) token = new Uint8Array(fromHex(part.slice(2))!);
    else options.push(...optionsFromPart(part));
  }
  return {
    type: type as MessageType,
    code: codeFromText(code!),
    messageId: messageId === "*" ? messageIdInPlace : Number.parseInt(messageId!, 16),
    token,
    options: inOrder(options),
    payload: quoted ? toUtf8(quoted[1]!) : countingBytes(Number(counted?.[1] ?? 0)),
  };
}

export function lineFromMessage(message: Message): string {
  const parts: string[] = [message.type, message.messageId.toString(16).padStart(4, "0"), codeText(message.code)];
  if (message.token.length > 0) parts.push(`T=${toHex(message.token)}`);
  const path = message.options.filter(({ number }) => number === OptionNumber.URI_PATH);
  if (path.length > 0) parts.push(path.map(({ value }) => `/${fromUtf8(value)}`).join(""));
  for (const option of message.options) if (option.number !== OptionNumber.URI_PATH) parts.push(partFromOption(option));
  if (message.payload.length > 0) parts.push(payloadText(message.payload));
  return parts.join(" ");
}

function codeFromText(text: string): number {
  const method = (METHODS as readonly string[]).indexOf(text);
  if (method >= 0) return method;
  const [codeClass, detail] = text.split(".").map(Number);
  return (codeClass! << 5) | detail!;
}

function codeText(code: number): string {
  return code <= Code.IPATCH ? METHODS[code]! : formatCode(code);
}

function optionsFromPart(part: string): Option[] {
  if (part.startsWith("/"))
    return part
      .slice(1)
      .split("/")
      .map((text) => option(OptionNumber.URI_PATH, toUtf8(text)));
  if (part.startsWith("?")) return [option(OptionNumber.URI_QUERY, toUtf8(part.slice(1)))];
  const block = /^([12]):(\d+)\/([01])\/(\d+)$/.exec(part);
  if (block) {
    const number = block[1] === "1" ? OptionNumber.BLOCK1 : OptionNumber.BLOCK2;
    return [blockOption(number, { num: Number(block[2]), more: block[3] === "1", szx: szxOf(Number(block[4])) })];
  }
  const [name, text = ""] = part.split("=");
  if (name!.startsWith("#")) return [option(Number(name!.slice(1)), fromHex(text)!)];
  const number = numberOf(name!);
  const format = definitionOf(number)!.format;
  if (format === "uint") return [uintOption(number, Number(text))];
  return [option(number, format === "string" ? toUtf8(text) : fromHex(text)!)];
}

function partFromOption({ number, value }: Option): string {
  if (number === OptionNumber.URI_QUERY) return `?${fromUtf8(value)}`;
  if (number === OptionNumber.BLOCK1 || number === OptionNumber.BLOCK2) {
    const { num, more, szx } = decodeBlock(value);
    return `${number === OptionNumber.BLOCK1 ? 1 : 2}:${num}/${more ? 1 : 0}/${blockSizeOf(szx)}`;
  }
  const definition = definitionOf(number);
  if (definition === undefined) return `#${number}=${toHex(value)}`;
  if (definition.format === "uint") return `${definition.name}=${decodeUint(value)}`;
  return `${definition.name}=${definition.format === "string" ? fromUtf8(value) : toHex(value)}`;
}

function payloadText(payload: Uint8Array): string {
  if (equal(payload, countingBytes(payload.length, payload[0]!))) return `[${payload.length} bytes]`;
  return JSON.stringify(fromUtf8(payload) ?? toHex(payload));
}

function option(number: number, value: Uint8Array): Option {
  return { number, value };
}

function numberOf(name: string): number {
  const number = Object.values(OptionNumber).find((candidate) => definitionOf(candidate)!.name === name);
  if (number === undefined) throw new Error(`the line names an unknown option: ${name}`);
  return number;
}
