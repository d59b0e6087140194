// Alerts by their RFC names (RFC 5246 7.2, RFC 4279 5.2, RFC 6066, RFC 8449).

export const AlertDescription = {
  close_notify: 0,
  unexpected_message: 10,
  bad_record_mac: 20,
  record_overflow: 22,
  handshake_failure: 40,
  illegal_parameter: 47,
  decode_error: 50,
  decrypt_error: 51,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  user_canceled: 90,
  no_renegotiation: 100,
  unsupported_extension: 110,
  unknown_psk_identity: 115,
} as const;

export type AlertName = keyof typeof AlertDescription;

export interface Alert {
  readonly level: "warning" | "fatal";
  /** As on the wire; may be one that has no name here. */
  readonly description: number;
}

const WARNING = 1;
const FATAL = 2;

export function encodeAlert(level: Alert["level"], name: AlertName): Uint8Array {
  return Uint8Array.of(level === "fatal" ? FATAL : WARNING, AlertDescription[name]);
}

/** undefined when these are not the two bytes of an alert. */
export function decodeAlert(bytes: Uint8Array): Alert | undefined {
  const [level, description] = bytes;
  if (bytes.length !== 2 || (level !== WARNING && level !== FATAL)) return undefined;
  return { level: level === FATAL ? "fatal" : "warning", description: description! };
}

/** For people: the RFC's name, or the number where it has none here. */
export function alertText(description: number): string {
  const named = Object.entries(AlertDescription).find(([, value]) => value === description);
  return named === undefined ? `alert ${description}` : named[0];
}
