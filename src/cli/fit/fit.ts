// `narrowboat profiles --fit FILE`: a profile from exchanges in a CSV, or from a capture of a transfer.

import { readFileSync, statSync, writeFileSync } from "node:fs";
import { parse } from "node:path";
import { exchangesOfCapture } from "../../../sim/fit/capture-exchanges.ts";
import { FitError, type Observations } from "../../../sim/fit/exchange.ts";
import { exchangesOfCsv } from "../../../sim/fit/exchange-csv.ts";
import { fitLink, type LinkFit } from "../../../sim/fit/link-fit.ts";
import { isPcap, PCAP_LENGTH_MAX, readPcap } from "../../../sim/fit/pcap.ts";
import { fromUtf8 } from "../../base/bytes.ts";
import { systemMessage } from "../../store/store-error.ts";
import { jobFailed, wrongUse } from "../command-error.ts";
import { fitPage } from "./page.ts";
import { fitText } from "./report.ts";

export interface FitInput {
  readonly file: string;
  /** Print the profile alone. */
  readonly json: boolean;
  /** Where a page with plots goes. */
  readonly html: string | undefined;
}

/** Throws CommandError that says what is wrong with the file. */
export function runFit({ file, json, html }: FitInput): void {
  const fit = fitOf(file);
  console.log(json ? JSON.stringify(fit.profile, undefined, 2) : fitText(fit));
  if (html === undefined) return;
  try {
    writeFileSync(html, fitPage(fit, parse(file).base));
  } catch (error) {
    throw jobFailed(`cannot write ${html}: ${systemMessage(error)}`);
  }
}

function fitOf(file: string): LinkFit {
  try {
    return fitLink(nameFor(file), observationsIn(bytesOf(file)));
  } catch (error) {
    if (!(error instanceof FitError)) throw error;
    throw wrongUse(`${file}: ${error.message}`);
  }
}

function observationsIn(bytes: Uint8Array): Observations {
  if (isPcap(bytes)) return exchangesOfCapture(readPcap(bytes).datagrams);
  const text = fromUtf8(bytes);
  if (text === undefined) throw new FitError("this is neither a pcap file nor text");
  return { exchanges: exchangesOfCsv(text), directions: undefined };
}

function bytesOf(file: string): Uint8Array {
  try {
    if (statSync(file).size > PCAP_LENGTH_MAX) throw new FitError(`is longer than ${PCAP_LENGTH_MAX} bytes: cut it`);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof FitError) throw error;
    throw wrongUse(`cannot read ${file}: ${systemMessage(error)}`);
  }
}

/** A profile's name from a file's. */
function nameFor(file: string): string {
  const name = parse(file)
    .name.toLowerCase()
    .replace(/[^a-z0-9.]+/g, "-")
    .replace(/^[^a-z0-9]+/, "");
  return name === "" ? "fitted" : name;
}
