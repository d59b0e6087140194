// A server that is measured: a process of its own with the same image and key as all the others.

import type { Resources } from "../resources.ts";

export interface Target {
  readonly pid: number;
  readonly coapPort: number;
  /** Absent where the server has no DTLS. */
  readonly coapsPort?: number;
  /** Of the image; absent for a program that answers anything with filler. */
  readonly path?: readonly string[];
  /** By number of device. */
  identity(device: number): Uint8Array;
  readonly key: Uint8Array;
  stop(): Promise<void>;
}

export interface TargetInput {
  readonly resources: Resources;
  readonly image: Uint8Array;
  /** How many identities the server has to know; all have `KEY`. */
  readonly identityCount: number;
}

/** A kind of server that can be started, and what the rows call it. */
export interface Contender<Kind extends Target = Target> {
  readonly id: ContenderId;
  readonly title: string;
  /** Why it cannot be had here, in one line; undefined where it can. */
  absence(): string | undefined;
  start(input: TargetInput): Promise<Kind>;
}

export type ContenderId =
  | "narrowboat"
  | "narrowboat-off"
  | "earlier"
  | "earlier-off"
  | "libcoap-openssl"
  | "libcoap-gnutls"
  | "coap-package"
  | "echo-c"
  | "echo-dgram"
  | "echo-port";

/** The one key of all devices, of letters because libcoap takes it as an argument. */
export const KEY = "benchmarkkey0001";

/** What a device calls itself where the server knows `identityCount` of them. */
export function identityText(device: number, identityCount: number): string {
  return `device-${String(device % identityCount).padStart(7, "0")}`;
}
