// Handshake messages inside an established session: the client's Finished again, because our last flight got lost
// (RFC 6347 4.2.4), or a renegotiation, which we never do.

import { ByteReader } from "../../base/byte-reader.ts";
import { encodeAlert } from "../alert.ts";
import type { Discard } from "../errors.ts";
import { ContentType } from "../record/record.ts";
import type { Session } from "../session/session.ts";
import { encodeFlight } from "./handshake-exchange.ts";
import { decodeHandshakeFragment, HandshakeType } from "./handshake-message.ts";

export interface LateAnswer {
  readonly counted?: Discard | "lastFlightResent";
  /** To be sent to the session's peer. */
  readonly datagrams: readonly Uint8Array[];
}

export function answerLateHandshake(session: Session, content: Uint8Array): LateAnswer {
  const { write, lastFlight } = session;
  const decoded = decodeHandshakeFragment(new ByteReader(content));
  if (!decoded.ok) return { counted: decoded.error, datagrams: [] };
  const { type, messageSeq, body } = decoded.value;
  if (type === HandshakeType.client_hello) {
    // RFC 5746 4.4 and RFC 7925 17: refused, and the association lives on.
    const alert = encodeAlert("warning", "no_renegotiation");
    return { datagrams: write.hasNumber ? [write.seal(ContentType.alert, alert)] : [] };
  }
  const repeats = type === HandshakeType.finished && lastFlight?.answers(messageSeq, body) === true;
  if (!repeats || !write.hasNumber || lastFlight.resendsLeft === 0) {
    return { counted: "handshakeUnexpected", datagrams: [] };
  }
  lastFlight.resendsLeft--;
  return { counted: "lastFlightResent", datagrams: encodeFlight(lastFlight.again(write)) };
}
