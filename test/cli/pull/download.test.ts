// A download against a server on this computer: what a person is told when keys, servers and disks are not as they should.

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY, toUtf8 } from "../../../src/base/bytes.ts";
import { peerAddress } from "../../../src/base/peer-address.ts";
import { Secret } from "../../../src/base/secret.ts";
import { Download, type DownloadInput } from "../../../src/cli/pull/download.ts";
import { StdoutTarget } from "../../../src/cli/pull/target.ts";
import { dialectNamed } from "../../../src/device/dialect.ts";
import { DEFAULT_CIPHER_SUITES } from "../../../src/dtls/cipher-suite.ts";
import { IDENTITY, KEY, startServer } from "../../shell/loopback.ts";

const test = suite("download");

/** A handshake that is given up after a second instead of two minutes. */
const IMPATIENT = { retransmitMs: 100, retransmitMaxMs: 200, retransmissionsMax: 3 };

interface Options {
  readonly key?: Uint8Array;
  readonly reconnections?: number;
  readonly target?: StdoutTarget;
  readonly onHeld?: (held: number) => void;
}

function downloadFrom(port: number, options: Options = {}) {
  const { key = KEY, target = new StdoutTarget(), onHeld = () => {}, reconnections } = options;
  const security = {
    identity: IDENTITY,
    key: new Secret(key),
    cipherSuites: DEFAULT_CIPHER_SUITES,
    connectionId: EMPTY,
  };
  const input: DownloadInput = {
    device: {
      server: peerAddress("127.0.0.1", port),
      path: ["fw", "boat", "1.0"],
      queries: [],
      security,
      dialect: { ...dialectNamed("own"), window: 1, ...(reconnections !== undefined && { reconnections }) },
      dtlsParameters: IMPATIENT,
    },
    server: "host:5684",
    identity: "meter-7",
    target,
    progress: { update: (held) => onHeld(held), stop: () => {} },
  };
  return new Download(input);
}

async function failureOf(download: Download): Promise<string> {
  try {
    await download.run();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("the download did not fail");
}

test("RFC 4279 2: a device that tries once cannot tell a wrong key from a broken way, and both are named", async () => {
  const { shell, port, events } = await startServer(1_000);
  const message = await failureOf(downloadFrom(port, { key: toUtf8("another key"), reconnections: 0 }));
  assert.match(message, /^host:5684 fell silent in the handshake: .* did not accept the key of identity meter-7/);
  assert.is(events.filter(({ kind }) => kind === "sessionUp").length, 0);
  await shell.stop();
});

test("a whole handshake of which nothing gets through: the next one goes on, and the download has every byte", async () => {
  const { shell, port } = await startServer(1_000);
  const relay = createSocket("udp4").bind(0, "127.0.0.1");
  await once(relay, "listening");
  // More than one handshake sends, with the fresh hellos beside its own.
  const LOST = 8;
  let client = 0;
  let heard = 0;
  relay.on("message", (datagram, from) => {
    if (from.port === port) return relay.send(datagram, client, "127.0.0.1");
    client = from.port;
    if (++heard > LOST) relay.send(datagram, port, "127.0.0.1");
  });
  const { length } = await downloadFrom(relay.address().port).run();
  relay.close();
  await shell.stop();
  assert.is(length, 1_000);
});

test("a server that is restarted in mid-transfer: the download goes on, and has every byte", async () => {
  const first = await startServer(60_000);
  const target = new StdoutTarget();
  let restarted: Promise<typeof first> | undefined;
  const restart = async () => {
    await first.shell.stop();
    return startServer(60_000, { listen: [{ scheme: "coaps", host: "127.0.0.1", port: first.port }] });
  };
  const onHeld = (held: number) => {
    if (held > 20_000) restarted ??= restart();
  };
  const { statistics, length } = await downloadFrom(first.port, { target, onHeld }).run();
  assert.is(length, 60_000);
  assert.ok(Buffer.from(first.images.bytes).equals(target.slot.read(0, length)));
  assert.ok(statistics.handshakes >= 2);
  assert.is(statistics.blocks, Math.ceil(60_000 / 1_024));
  await (await restarted!).shell.stop();
});

test("a disk that is full ends the download with what the system said", async () => {
  const { shell, port } = await startServer(20_000);
  const target = new StdoutTarget();
  target.slot.write = () => {
    throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", syscall: "write" });
  };
  assert.is(await failureOf(downloadFrom(port, { target })), "cannot write the image: ENOSPC: no space left on device");
  await shell.stop();
});

test("an interruption ends it, and what is held can be asked", async () => {
  const { shell, port } = await startServer(200_000);
  const download: Download = downloadFrom(port, {
    onHeld: (held) => {
      if (held >= 10 * 1_024) download.interrupt();
    },
  });
  assert.is(await failureOf(download), "interrupted");
  assert.ok(download.held >= 10 * 1_024 && download.held < 200_000);
  await shell.stop();
});

test.run();
