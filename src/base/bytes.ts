// Plain operations on byte strings.

export const EMPTY = new Uint8Array(0);

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** A copy that shares no memory with `bytes`; for what must outlive the datagram that it was read from. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

const { set } = Uint8Array.prototype;

/**
 * Writes `source` into `target` from `at` on: target.set(source, at), but that V8 (Node.js 20) looks for that method anew
 * in each call, which is a sixth of its instructions.
 */
export function put(target: Uint8Array, at: number, source: Uint8Array): void {
  set.call(target, source, at);
}

/** The same for a few bytes, where calling a method takes longer than a loop. */
export function putShort(target: Uint8Array, at: number, source: Uint8Array): void {
  for (let i = 0; i < source.length; i++) target[at + i] = source[i]!;
}

/** Equality for public values. For cookies and verify_data use a CryptoProvider's equalInConstantTime. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Of each byte: a fleet's check-ins have digests to write, each time. */
const HEX_DIGITS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX_DIGITS[byte]!;
  return text;
}

/** The bytes of an even number of hex digits, white space between them allowed; undefined for anything else. */
export function fromHex(text: string): Uint8Array | undefined {
  const digits = text.replace(/\s+/g, "");
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) return undefined;
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

/** Arguments of one call, far below what any stack takes. */
const ARGUMENTS_MAX = 4096;

/** One character for each byte: for short strings of bytes that are kept for long, or that are keys of a map. */
export function latin1Of(bytes: Uint8Array): string {
  // The type wants an array; an array-like is enough for apply().
  if (bytes.length <= ARGUMENTS_MAX) return String.fromCharCode.apply(undefined, bytes as unknown as number[]);
  return latin1Of(bytes.subarray(0, ARGUMENTS_MAX)) + latin1Of(bytes.subarray(ARGUMENTS_MAX));
}

/** The inverse of latin1Of. */
export function bytesOfLatin1(text: string): Uint8Array {
  const bytes = text === "" ? EMPTY : new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Whether `text` is latin1Of(bytes), or of so many of them from `at` on. */
export function isLatin1(bytes: Uint8Array, text: string, at = 0, length = bytes.length): boolean {
  if (length !== text.length) return false;
  for (let i = 0; i < length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function toUtf8(text: string): Uint8Array {
  return utf8Encoder.encode(text);
}

/** The text of well-formed UTF-8; undefined for anything else. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8Decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
