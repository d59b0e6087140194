// `narrowboat inspect`: what a file is, whatever made it, and what of it can be checked without anybody's key.

import type { Argv } from "yargs";
import { toHex } from "../../base/bytes.ts";
import type { ImageSummary } from "../../firmware/formats/image-summary.ts";
import { inspectImage } from "../../firmware/formats/inspection.ts";
import { isEnvelope } from "../../manifest/suit/envelope.ts";
import { systemCrypto } from "../../shell/system-crypto.ts";
import { type ArgumentsOf, type GlobalArguments, json } from "../command.ts";
import { jobFailed } from "../command-error.ts";
import { bytesOfFile, digest } from "../image-file.ts";
import { formatFields } from "../report.ts";
import { type ExplainedEnvelope, explainEnvelope } from "./envelope-words.ts";
import { explainSign1, isSign1 } from "./sign1-words.ts";
import { checkWords, FAULT_WORDS, FORMAT_WORDS } from "./words.ts";

export function options(yargs: Argv<GlobalArguments>) {
  return yargs
    .positional("file", { type: "string", demandOption: true, describe: "The image, or a manifest" })
    .option("json", json)
    .example("$0 inspect build/zephyr.signed.bin", "Its format, version, hash, signature, and what is wrong with it");
}

export async function run(args: ArgumentsOf<typeof options>): Promise<void> {
  const bytes = bytesOfFile(args.file);
  if (isEnvelope(bytes)) return sayExplained(args, bytes, "suit", explainEnvelope(systemCrypto(), bytes));
  if (isSign1(bytes)) return sayExplained(args, bytes, "sign1", explainSign1(bytes));
  const summary = inspectImage(bytes, digest);
  const wrong = summary.faults.length + summary.checks.filter(({ verdict }) => verdict === "wrong").length;
  const sha256 = toHex(digest("sha256", bytes));
  if (args.json) console.log(JSON.stringify({ file: args.file, size: bytes.length, sha256, ...summary }));
  else console.log(formatInspection(bytes.length, sha256, summary));
  if (wrong > 0)
    throw jobFailed(`${args.file} is broken: ${wrong === 1 ? "one thing is" : `${wrong} things are`} wrong`);
}

function sayExplained(
  { file, json }: ArgumentsOf<typeof options>,
  bytes: Uint8Array,
  format: "suit" | "sign1",
  { lines, faults }: ExplainedEnvelope,
): void {
  if (json) console.log(JSON.stringify({ file, size: bytes.length, format, lines, faults }));
  else console.log([...lines, ...faults.map((fault) => `wrong: ${fault}`)].join("\n"));
  if (faults.length > 0) throw jobFailed(`${file} is no manifest that a device may follow`);
}

function formatInspection(size: number, sha256: string, summary: ImageSummary): string {
  const { format, version, product, hardware, securityCounter, facts, checks, faults } = summary;
  const { name, advice } = FORMAT_WORDS[format];
  const fields = {
    format: name,
    size: `${size} bytes`,
    "file's sha256": sha256,
    ...(product !== undefined && { product }),
    ...(version !== undefined && { version }),
    ...(hardware !== undefined && { hardware }),
    ...(securityCounter !== undefined && { "security counter": securityCounter }),
    ...facts,
  };
  const checked = checks.map((check) => `${check.by} at byte ${check.offset}: ${checkWords(check)}`);
  const wrong = faults.map(({ reason, offset }) => `wrong at byte ${offset}: ${FAULT_WORDS[reason]}`);
  return [formatFields(fields), ...checked, ...wrong, ...(advice === undefined ? [] : [advice])].join("\n");
}
