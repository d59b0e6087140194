// A server that names no address listens on all of them, and on those of IPv4 where there are no others; what else goes wrong
// is told.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { NativeDatagramPort } from "../../src/native/datagram-port.ts";
import type { NativeParts } from "../../src/native/native-parts.ts";
import { bindDatagramPort } from "../../src/shell/datagram-port-binding.ts";
import { PortListener } from "./port-listener.ts";

const test = suite("datagram-port-binding");

const sizes = { memoryLength: 0, failuresOffset: 0, errorCount: 0, batchCountMax: 0, receivedOffset: 0 };
const moreSizes = { toSendOffset: 0, sendCountMax: 0, bytesToSendOffset: 0, sendLengthMax: 0, slotsOffset: 0 };

/** A system that says `code` when IPv6 is asked for, and what it was asked for. */
function systemThatSays(code: string): { readonly native: NativeParts; readonly asked: string[] } {
  const asked: string[] = [];
  const open = (host: string) => {
    asked.push(host);
    if (host.includes(":")) throw Object.assign(new Error(`bind ${host}`), { code });
    return {};
  };
  const localAddress = () => [asked.at(-1), 5683];
  const part = { ...sizes, ...moreSizes, slotStride: 0, open, localAddress };
  return { native: { datagramPort: part as unknown as NativeDatagramPort }, asked };
}

for (const code of ["EAFNOSUPPORT", "EADDRNOTAVAIL"]) {
  test(`without an address, and without IPv6 (${code}): every address of IPv4`, async () => {
    const { native, asked } = systemThatSays(code);
    const { host, port } = await bindDatagramPort(undefined, 5683, new PortListener(), native);
    assert.equal([host, port, asked], ["0.0.0.0", 5683, ["::", "0.0.0.0"]]);
  });

  test(`an address of IPv6 that was named, and no IPv6 (${code}): no other is taken for it`, async () => {
    const { native, asked } = systemThatSays(code);
    assert.is(await codeOf(bindDatagramPort("2001:db8::1", 5683, new PortListener(), native)), code);
    assert.equal(asked, ["2001:db8::1"]);
  });
}

for (const code of ["EADDRINUSE", "EACCES", "EMFILE"]) {
  test(`without an address, and ${code}: half of the addresses is not what was asked for`, async () => {
    const { native, asked } = systemThatSays(code);
    assert.is(await codeOf(bindDatagramPort(undefined, 5683, new PortListener(), native)), code);
    assert.equal(asked, ["::"]);
  });
}

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

test.run();
