// Where HTTP may listen, and what is said where it may not.

import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { exitCodeFor } from "../../../src/cli/command-error.ts";
import { openHttp } from "../../../src/cli/serve/http-door.ts";
import { SELF_SIGNED } from "../../api/certificate.ts";
import { scratchDirectories } from "../../store/scratch-directory.ts";

const test = suite("http-door");
const scratch = scratchDirectories(test);

const SHELL = { counters: {}, tables: {} };
const UNHEARD = { event: () => {} };

type HttpInput = Parameters<typeof openHttp>[0];

function opened(input: Partial<HttpInput>) {
  return openHttp({ data: scratch(), ...input }, SHELL, UNHEARD);
}

async function refusal(input: Partial<HttpInput>): Promise<string> {
  try {
    await (await opened(input)).close();
    return "opened";
  } catch (error) {
    return `${exitCodeFor(error)} ${(error as Error).message}`;
  }
}

test("a port that is taken costs HTTP alone, unless it was named", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as { port: number };
  const named = await refusal({ http: { host: "127.0.0.1", port } });
  assert.is(named, `2 cannot listen on 127.0.0.1:${port} (EADDRINUSE): name another with --http`);
  taken.close();
  // Whoever has the usual port, of two that want it one gets it.
  const [one, other] = [await opened({}), await opened({})];
  assert.equal(other.lines, []);
  assert.match(other.complaints[0] ?? "", /^port 8080 is in use: no HTTP; --http HOST:PORT takes another$/);
  await Promise.all([one.close(), other.close()]);
});

test("in clear HTTP is for this computer alone, and a certificate goes with its key", async () => {
  const directory = scratch();
  const [tlsCert, tlsKey] = [join(directory, "cert.pem"), join(directory, "key.pem")];
  writeFileSync(tlsCert, SELF_SIGNED.certificate);
  writeFileSync(tlsKey, SELF_SIGNED.key);
  for (const host of ["0.0.0.0", "::", "192.0.2.1", "localhost.evil.example"]) {
    assert.match(await refusal({ http: { host, port: 0 } }), /^2 without a certificate passwords would go to/, host);
  }
  const http = { host: "127.0.0.1", port: 0 };
  assert.match(await refusal({ http, tlsCert }), /^2 --tls-cert and --tls-key go together/);
  assert.match(await refusal({ http, tlsCert, tlsKey: tlsCert }), /^2 .*are no certificate and its key/);
  assert.match(await refusal({ http, tlsCert: join(directory, "none"), tlsKey }), /^2 cannot read .*none/);
  const secure = await opened({ http: { host: "0.0.0.0", port: 0 }, tlsCert, tlsKey });
  assert.match(secure.lines[0] ?? "", /^listening https:\/\/0\.0\.0\.0:\d+$/);
  await secure.close();
});

test("--no-http opens nothing", async () => {
  const { lines, complaints } = await opened({ http: "off" });
  assert.equal([lines, complaints], [[], []]);
});

test.run();
