// The program of somebody who has nothing but the server's OpenAPI document: compiled against what openapi-typescript makes of that.

/** Beside it lies `api.d.ts`. Its arguments are the server's address, a release's version, and how many devices it is for; NARROWBOAT_TOKEN lets it in. */
export const CAMPAIGN_SOURCE = `
import createClient from "openapi-fetch";
import type { components, paths } from "./api.d.ts";

const [baseUrl = "", version = "", count = ""] = process.argv.slice(2);
const authorization = \`Bearer \${process.env["NARROWBOAT_TOKEN"]}\`;
const client = createClient<paths>({ baseUrl, headers: { authorization } });
type Record = components["schemas"]["NumberedRecord"];

const heard: number[] = [];
let cuts = 0;

/** Listens as a browser does: what comes is kept by its number, and after a cut it goes on from there. */
async function listen(until: () => boolean): Promise<void> {
  while (!until()) {
    const cut = new AbortController();
    const headers = { authorization, "last-event-id": String(heard.at(-1) ?? 0) };
    const response = await fetch(\`\${baseUrl}/api/v1/events\`, { headers, signal: cut.signal });
    // Sooner and later, and in the middle of an event as well.
    const bytesMax = 700 + 613 * cuts;
    let bytes = 0;
    let text = "";
    const timer = setTimeout(() => cut.abort(), 3_000);
    try {
      for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
        const room = bytesMax - bytes;
        text += piece.slice(0, room);
        bytes += piece.length;
        for (let end = text.indexOf("\\n\\n"); end >= 0; end = text.indexOf("\\n\\n")) {
          const [, data] = /^data: (.*)$/m.exec(text.slice(0, end)) ?? [];
          text = text.slice(end + 2);
          if (data !== undefined) heard.push((JSON.parse(data) as Record).number);
        }
        if (bytes >= bytesMax) break;
      }
    } catch (error) {
      if (!cut.signal.aborted) throw error;
    }
    clearTimeout(timer);
    cut.abort();
    cuts++;
  }
}

function answered<Data>({ data, error, response }: { data?: Data; error?: unknown; response: Response }): Data {
  if (data === undefined) throw new Error(\`\${response.status} \${JSON.stringify(error)}\`);
  return data;
}

const draft = {
  name: "spring",
  product: "pump",
  version,
  phases: [{ kind: "count", count: 1 }, { kind: "share", share: 0.5 }, { kind: "share", share: 1 }],
  soakMs: 1_000,
  contacts: 1,
  patienceMs: 5_000,
} satisfies components["schemas"]["RolloutDraft"];
const until = Date.now() + 240_000;
for (let known = 0; known < Number(count) && Date.now() < until; ) {
  await new Promise((resolve) => setTimeout(resolve, 500));
  known = answered(await client.GET("/api/v1/devices")).devices.length;
}
const headers = { "idempotency-key": "spring-1" };
const [made, again] = await Promise.all([0, 1].map(() => client.POST("/api/v1/rollouts", { body: draft, headers })));
answered(made!);
answered(again!);
const name = "spring";
answered(await client.POST("/api/v1/rollouts/{name}/start", { params: { path: { name } } }));
let state = "";
const listening = listen(() => state === "done");
let rollout = answered(await client.GET("/api/v1/rollouts/{name}", { params: { path: { name } } }));
while (rollout.state === "running" && Date.now() < until) {
  await new Promise((resolve) => setTimeout(resolve, 500));
  rollout = answered(await client.GET("/api/v1/rollouts/{name}", { params: { path: { name } } }));
}
state = "done";
await listening;
const newest = answered(await client.GET("/api/v1/records", { params: { query: { after: String(heard.at(-1) ?? 0) } } }));
const devices = answered(await client.GET("/api/v1/devices", { params: { query: { where: \`version = "\${version}"\` } } }));
const isWhole = heard.every((number, i) => number === i + 1);
console.log(
  JSON.stringify({
    state: rollout.state,
    phases: rollout.phases.map(({ state, offered, confirmed }) => ({ state, offered, confirmed })),
    updated: devices.devices.length,
    heard: heard.length,
    cuts,
    missedOrDoubled: !isWhole,
    behind: newest.records.length,
  }),
);
`;
