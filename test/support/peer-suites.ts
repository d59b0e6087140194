// Our cipher suites as OpenSSL and GnuTLS name them. Neither has ECDHE_PSK with an AEAD.

export interface PeerSuite {
  /** IANA's name. */
  readonly name: string;
  /** For -cipher. */
  readonly openssl: string;
  /** For --priority: DTLS 1.2 and this suite alone. */
  readonly gnutls: string;
}

/** What `serve` takes unless told otherwise. */
export const DEFAULT_PEER_SUITES: readonly PeerSuite[] = [
  peerSuite("TLS_PSK_WITH_AES_128_CCM_8", "PSK-AES128-CCM8", "+PSK:+AES-128-CCM-8:+AEAD"),
  peerSuite("TLS_PSK_WITH_AES_128_CCM", "PSK-AES128-CCM", "+PSK:+AES-128-CCM:+AEAD"),
  peerSuite("TLS_PSK_WITH_AES_128_GCM_SHA256", "PSK-AES128-GCM-SHA256", "+PSK:+AES-128-GCM:+AEAD"),
];

/** What it takes only when --cipher-suites names it. */
export const CBC_PEER_SUITES: readonly PeerSuite[] = [
  peerSuite("TLS_PSK_WITH_AES_128_CBC_SHA256", "PSK-AES128-CBC-SHA256", "+PSK:+AES-128-CBC:+SHA256"),
  peerSuite("TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256", "ECDHE-PSK-AES128-CBC-SHA256", "+ECDHE-PSK:+AES-128-CBC:+SHA256"),
];

/** The flag of `serve` that allows these and nothing else. */
export function cipherSuitesFlag(suites: readonly PeerSuite[]): string[] {
  return ["--cipher-suites", suites.map(({ name }) => name).join()];
}

function peerSuite(name: string, openssl: string, gnutlsAlgorithms: string): PeerSuite {
  const gnutls = `NORMAL:-VERS-ALL:+VERS-DTLS1.2:-KX-ALL:-CIPHER-ALL:-MAC-ALL:${gnutlsAlgorithms}`;
  return { name, openssl, gnutls };
}
