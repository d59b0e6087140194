// A crowd's socket in C (native/crowd.c): one socket, an address out of 127.0.0.0/8 for each device, 64 datagrams a call.

import { createRequire } from "node:module";
import { compiled } from "../native-program.ts";
import type { CrowdSocket, CrowdSocketInput } from "./crowd-socket.ts";
import type { DatagramSlots } from "./datagram-slots.ts";

/** More devices than this one crowd cannot tell apart. */
export const CROWD_DEVICES_MAX = 0xe00000;

declare const handleBrand: unique symbol;
type Handle = { readonly [handleBrand]: true };

interface CrowdAddon {
  open(port: number, received: DatagramSlots, outgoing: DatagramSlots, handleBatch: (count: number) => number): Handle;
  flush(handle: Handle, count: number): number;
  descriptor(handle: Handle): number;
  close(handle: Handle): void;
}

/** Throws NativeAbsence, in one line, where the add-on cannot be built. */
export function crowdAddon(): CrowdAddon {
  return createRequire(import.meta.url)(compiled("crowd.c", "addon")) as CrowdAddon;
}

export class NativeCrowdSocket implements CrowdSocket {
  readonly #addon: CrowdAddon;
  readonly #handle: Handle;

  constructor(addon: CrowdAddon, { serverPort, received, outgoing, handleBatch }: CrowdSocketInput) {
    this.#addon = addon;
    this.#handle = addon.open(serverPort, received, outgoing, handleBatch);
  }

  flush(count: number): void {
    if (count > 0) this.#addon.flush(this.#handle, count);
  }

  get descriptor(): number {
    return this.#addon.descriptor(this.#handle);
  }

  close(): void {
    this.#addon.close(this.#handle);
  }
}
