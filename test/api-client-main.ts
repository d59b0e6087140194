// `npm run test:api-client`: somebody who has nothing but the OpenAPI document of a running server. Other people's tools judge it
// and make a client of it; the client's program, compiled, runs a campaign on DEVICES real devices, and hears what happens through
// cuts in the midst of it.

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { register } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CAMPAIGN_SOURCE } from "./api-client/campaign-source.ts";
import { MAIN, narrowboat, Program } from "./cli/narrowboat.ts";

const DEVICES = Number(process.env["DEVICES"] ?? 12);
const ROOT = join(import.meta.dirname, "../..");

const place = mkdtempSync(join(tmpdir(), "narrowboat-api-"));

/** openapi-typescript writes by the compiler's older interface, which TypeScript 7 has no longer. */
const OLDER_COMPILER = `export const resolve = (name, context, next) => next(name === "typescript" ? "typescript-5" : name, context);`;

async function does(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await narrowboat(place, ...words);
  if (code !== 0) throw new Error(`${words.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

/** Throws what the tools say of a document that is none: openapi-typescript has Redocly judge it first. */
async function compileClient(document: unknown): Promise<string> {
  register(`data:text/javascript,${encodeURIComponent(OLDER_COMPILER)}`);
  const { default: openapiTypescript, astToString } = await import("openapi-typescript");
  writeFileSync(join(place, "api.d.ts"), astToString(await openapiTypescript(document as string)));
  writeFileSync(join(place, "campaign.ts"), CAMPAIGN_SOURCE);
  writeFileSync(join(place, "package.json"), JSON.stringify({ type: "module" }));
  symlinkSync(join(ROOT, "node_modules"), join(place, "node_modules"));
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  const flags = "--strict --noUncheckedIndexedAccess --target es2023 --module nodenext --types node --skipLibCheck";
  const more = "--allowImportingTsExtensions --rewriteRelativeImportExtensions --outDir out";
  execFileSync(process.execPath, [compiler, ...flags.split(" "), ...more.split(" "), "campaign.ts"], {
    cwd: place,
    stdio: "inherit",
  });
  return join(place, "out/campaign.js");
}

async function main(): Promise<void> {
  await does("keygen", "maker.pem");
  await does("trust", "add", "maker.pem.pub", "--product", "pump");
  writeFileSync(join(place, "pump.bin"), randomBytes(8_000));
  await does("release", "pump.bin", "--product", "pump", "--version", "1.0.0", "--key", "maker.pem", "--no-wait");
  await does("product", "set", "pump", "--offer", "rollout");
  const { token } = JSON.parse(await does("token", "add", "campaign", "--role", "admin", "--json"));
  const server = new Program(MAIN, ["serve", "--coaps-port", "0", "--http", "127.0.0.1:0"], { cwd: place });
  const programs = [server];
  try {
    const [, port] = await server.said(/listening coaps:\/\/\S+:(\d+)\n/);
    const [, url] = await server.said(/listening (http:\/\/\S+)\n/);
    const document = (await (await fetch(`${url}/api/v1/openapi.json`)).json()) as { readonly paths: object };
    const client = await compileClient(document);
    console.log(`the document is valid, and the client compiles: ${Object.keys(document.paths).length} paths`);
    const crowd = [
      "crowd",
      `coaps://127.0.0.1:${port}`,
      "--product",
      "pump",
      "--count",
      String(DEVICES),
      "--interval",
      "1s",
    ];
    programs.push(new Program(MAIN, crowd, { cwd: place }));
    const campaign = new Program(client, [url!, "1.0.0", String(DEVICES)], {
      cwd: place,
      env: { NARROWBOAT_TOKEN: token },
    });
    programs.push(campaign);
    const { code, stdout, stderr } = await campaign.ended;
    console.log(stdout.trim());
    const { state, updated, missedOrDoubled, behind } = code === 0 ? JSON.parse(stdout) : {};
    const isRight = state === "done" && updated === DEVICES && missedOrDoubled === false && behind === 0;
    const isSecret = !(server.stdout + server.stderr).includes(token);
    if (!isRight || !isSecret) throw new Error(`not as it should be: ${stderr}`);
  } finally {
    for (const program of programs.reverse()) await program.kill("SIGTERM");
  }
}

try {
  await main();
} finally {
  rmSync(place, { recursive: true, force: true });
}
