// To whom CoAP talks: a DTLS session, or an address on plain CoAP (RFC 7252 9.1.1).

import type { PeerAddress } from "../base/peer-address.ts";
import type { Session } from "../dtls/session/session.ts";

export type Association = Session | PeerAddress;
