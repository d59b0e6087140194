// The server's flight that answers a hello: of a full handshake, or of one that resumes a session (RFC 5246 7.3).

import { EMPTY } from "../../base/bytes.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import type { WriteState } from "../record/connection-state.ts";
import { type Agreed, agreedServerHello } from "./agreed.ts";
import type { FlightItem, HandshakeExchange } from "./handshake-exchange.ts";
import { HandshakeType } from "./handshake-message.ts";
import { encodeServerKeyExchange } from "./key-exchange.ts";
import { verifyData } from "./key-schedule.ts";
import type { KeyShare } from "./key-share.ts";

/** ServerHello, [ServerKeyExchange], ServerHelloDone. */
export function helloFlight(
  exchange: HandshakeExchange,
  plain: WriteState,
  agreed: Agreed,
  share: KeyShare | undefined,
): FlightItem[] {
  const flight = [exchange.message(plain, HandshakeType.server_hello, agreedServerHello(agreed))];
  if (share !== undefined) {
    const body = encodeServerKeyExchange(share.group, share.publicKey);
    flight.push(exchange.message(plain, HandshakeType.server_key_exchange, body));
  }
  flight.push(exchange.message(plain, HandshakeType.server_hello_done, EMPTY));
  return flight;
}

/** ServerHello, [ChangeCipherSpec], Finished: the first of both Finished here. */
export function abbreviatedFlight(
  crypto: CryptoProvider,
  exchange: HandshakeExchange,
  plain: WriteState,
  agreed: Agreed,
  write: WriteState,
  masterSecret: Uint8Array,
): FlightItem[] {
  const hello = exchange.message(plain, HandshakeType.server_hello, agreedServerHello(agreed));
  const body = verifyData(crypto, masterSecret, "server", exchange.transcriptHash());
  return [hello, { kind: "changeCipherSpec", state: plain }, exchange.message(write, HandshakeType.finished, body)];
}
