// What the process that serves devices and the one that answers HTTP say to each other.

import type { Certificate } from "../../api/api-server.ts";
import type { ServerFigures } from "../../api/prometheus.ts";

export type ToApiProcess =
  /** The first message. */
  | {
      readonly kind: "begin";
      readonly directory: string;
      /** As it was named. */
      readonly host: string;
      readonly certificate: Certificate | undefined;
    }
  /** With the socket that listens: from now on it is the child's. */
  | { readonly kind: "listen" }
  /** With a connection that came before. */
  | { readonly kind: "connection" }
  | { readonly kind: "figures"; readonly figures: ServerFigures }
  | { readonly kind: "close" };

export type FromApiProcess =
  /** It has its stores open, and would answer. */
  | { readonly kind: "ready" }
  | { readonly kind: "figuresWanted" }
  /** The stores cannot be had: the process ends. */
  | { readonly kind: "unavailable"; readonly reason: string }
  /** A mistake of ours; it goes on. */
  | { readonly kind: "failed"; readonly reason: string };
