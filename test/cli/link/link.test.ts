// Putting a link in front of a server, as a network engineer does.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { profileNamed } from "../../../sim/profiles/profiles.ts";
import { scratchDirectories } from "../../store/scratch-directory.ts";
import { UdpEnd } from "../../support/udp-end.ts";
import { MAIN, narrowboat, Program } from "../narrowboat.ts";

const test = suite("link");
const scratch = scratchDirectories(test);

interface RunningLink {
  readonly program: Program;
  readonly port: number;
}

async function startLink(targetPort: number, ...flags: readonly string[]): Promise<RunningLink> {
  const ends = ["--listen", "127.0.0.1:0", "--target", `127.0.0.1:${targetPort}`];
  const program = new Program(MAIN, ["link", ...ends, ...flags], { cwd: scratch() });
  const [, port] = await program.said(/listening 127\.0\.0\.1:(\d+) -> 127\.0\.0\.1:\d+\n/);
  return { program, port: Number(port) };
}

/** A server and a client, and a link between them. */
async function withEnds(
  flags: readonly string[],
  scene: (link: RunningLink, server: UdpEnd, client: UdpEnd) => Promise<void>,
): Promise<void> {
  const [server, client] = [await UdpEnd.open(), await UdpEnd.open()];
  const link = await startLink(server.port, ...flags);
  try {
    await scene(link, server, client);
  } finally {
    link.program.child.kill("SIGKILL");
    for (const end of [server, client]) end.close();
  }
}

test("it tells its profile, its seed, and where it listens", async () => {
  await withEnds(["--profile", "ideal", "--seed", "42"], async ({ program, port }, server) => {
    assert.is(program.stdout, `profile ideal, seed 42\nlistening 127.0.0.1:${port} -> 127.0.0.1:${server.port}\n`);
  });
});

test("without --seed it draws one, and tells it", async () => {
  await withEnds(["--profile", "ideal"], async ({ program }) => {
    assert.match(program.stdout, /^profile ideal, seed \d+\n/);
  });
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`${signal}: a table by direction, exit code 0`, async () => {
    await withEnds(["--profile", "ideal", "--drop-up", "2"], async ({ program, port }, server, client) => {
      for (let i = 0; i < 3; i++) client.send(port, Uint8Array.of(i));
      await server.received(2);
      const { code, stdout, stderr } = await program.kill(signal);
      assert.equal([code, stderr], [0, ""]);
      assert.match(stdout, /^datagrams in +3 +0$/m);
      assert.match(stdout, /^delivered +2 +0$/m);
      assert.match(stdout, /^lost +1 \(33\.3 %\) +0 \(0\.0 %\)$/m);
      assert.match(stdout, /^ {2}by the drop list +1 +0$/m);
      assert.match(stdout, /^delay p95 +[\d.]+ ms +-$/m);
    });
  });
}

test("--json: standard output is one object, and the lines for people go to stderr", async () => {
  await withEnds(["--profile", "ideal", "--seed", "7", "--json"], async ({ program, port }, server, client) => {
    client.send(port, new Uint8Array(100));
    await server.received(1);
    const { stdout, stderr } = await program.kill("SIGINT");
    const { profile, seed, clients, up } = JSON.parse(stdout) as Record<string, unknown>;
    assert.equal([profile, seed, clients], ["ideal", 7, 1]);
    const { datagrams, delivered, underWay, bytesOnAir } = up as Record<string, number>;
    assert.equal([datagrams, delivered, underWay, bytesOnAir], [1, 1, 0, 128]);
    assert.match(stderr, /^profile ideal, seed 7\nlistening /);
  });
});

test("SIGUSR2: the client's next datagram comes from another port, and both ways still work", async () => {
  await withEnds(["--profile", "ideal"], async ({ program, port }, server, client) => {
    client.send(port, Uint8Array.of(1));
    await server.received(1);
    program.child.kill("SIGUSR2");
    await program.said(/rebinding: /);
    client.send(port, Uint8Array.of(2));
    await server.received(2);
    const [before, after] = server.datagrams.map((one) => one.port);
    assert.is.not(before, after);
    server.send(after!, Uint8Array.of(3));
    await client.received(1);
    assert.equal([...client.datagrams[0]!.bytes], [3]);
  });
});

test("--nat-timeout: after so much silence the client comes from another port", async () => {
  await withEnds(["--profile", "ideal", "--nat-timeout", "0.05"], async ({ port }, server, client) => {
    await client.sendPaced(port, Uint8Array.of(1), 2, 300);
    await server.received(2);
    assert.is.not(server.datagrams[0]?.port, server.datagrams[1]?.port);
  });
});

test("--drop-down: the first answer is lost, the second comes", async () => {
  await withEnds(["--profile", "ideal", "--drop-down", "1"], async ({ port }, server, client) => {
    client.send(port, Uint8Array.of(1));
    await server.received(1);
    for (const id of [2, 3]) server.send(server.datagrams[0]!.port, Uint8Array.of(id));
    await client.received(1);
    assert.equal([...client.datagrams[0]!.bytes], [3]);
  });
});

test("a profile of one's own from a JSON file", async () => {
  const file = join(scratch(), "mine.json");
  writeFileSync(file, JSON.stringify({ ...profileNamed("ideal"), name: "mine" }));
  await withEnds(["--profile", file], async ({ program }) => {
    assert.match(program.stdout, /^profile mine, seed /);
  });
});

test("nothing listens at the target: the proxy goes on, and tells what the network said", async () => {
  const gone = await UdpEnd.open();
  const { port: targetPort } = gone;
  gone.close();
  const client = await UdpEnd.open();
  const { program, port } = await startLink(targetPort, "--profile", "ideal");
  await client.sendPaced(port, Uint8Array.of(1), 3, 100);
  client.close();
  const { code, stdout } = await program.kill("SIGINT");
  assert.is(code, 0);
  assert.match(stdout, /^network errors +ECONNREFUSED \d/m);
});

test("a port that is in use: one line that says what to do, exit code 2", async () => {
  const taken = await UdpEnd.open();
  const { port } = taken;
  const ends = ["--listen", `127.0.0.1:${port}`, "--target", "127.0.0.1:5684"];
  const { code, stderr } = await narrowboat(scratch(), "link", "--profile", "ideal", ...ends);
  taken.close();
  assert.is(code, 2);
  assert.match(
    stderr,
    new RegExp(`^narrowboat: cannot listen on 127\\.0\\.0\\.1:${port} \\(EADDRINUSE\\): give [^\n]*\n$`),
  );
});

test("a link that cannot carry CoAP is refused with the reason, exit code 1", async () => {
  const ends = ["--listen", "127.0.0.1:0", "--target", "127.0.0.1:5684"];
  const { code, stderr } = await narrowboat(scratch(), "link", "--profile", "sigfox", ...ends);
  assert.is(code, 1);
  assert.match(stderr, /^narrowboat: profile sigfox cannot carry CoAP: a message holds 12 bytes[^\n]*\n$/);
});

test.run();
