// The links of the table, in netem's words and in ours, and who pulls through them.

export interface NetemRow {
  readonly client: "coap-client-openssl" | "coap-client-gnutls" | "narrowboat";
  /** What `tune` takes for --profile. */
  readonly profile: string;
  /** The same for `tc qdisc ... netem`, for each direction. */
  readonly netem: string;
  /** Bytes. Our own device finds it by itself, and is not told. */
  readonly blockSize: number;
}

/** Of each image. */
export const BLOCKS = 32;

const OPENSSL = { client: "coap-client-openssl", blockSize: 64 } as const;

/**
 * Round trips are long beside what a kernel computes for one. A frame of the loopback interface has 14 bytes that no IP packet
 * counts.
 */
export const NETEM_ROWS: readonly NetemRow[] = [
  { ...OPENSSL, profile: "ideal:rtt=1s", netem: "delay 500ms" },
  { ...OPENSSL, profile: "ideal:rtt=1s", netem: "delay 500ms", client: "coap-client-gnutls" },
  { ...OPENSSL, profile: "ideal:rtt=1s,jitter=100ms", netem: "delay 500ms 100ms distribution normal" },
  { ...OPENSSL, profile: "ideal:rtt=400ms,rate=10000", netem: "delay 200ms rate 10kbit -14", blockSize: 512 },
  { ...OPENSSL, profile: "ideal:rtt=1s,duplicate=30%", netem: "delay 500ms duplicate 30%" },
  { ...OPENSSL, profile: "bernoulli:loss=5%,rtt=1s", netem: "delay 500ms loss 5%" },
  { ...OPENSSL, profile: "gilbert:p=2%,r=50%,rtt=1s", netem: "delay 500ms loss gemodel 2% 50%" },
  {
    client: "narrowboat",
    profile: "bernoulli:loss=5%,rtt=1s,rate=10000",
    netem: "delay 500ms loss 5% rate 10kbit -14",
    blockSize: 512,
  },
];
