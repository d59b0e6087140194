// `/r`: a device tells how an update went. The report is kept before it is acknowledged: until then its request waits, and the
// same report again changes nothing.

import { EMPTY, latin1Of, toUtf8 } from "../base/bytes.ts";
import { formatPeerAddress } from "../base/peer-address.ts";
import { Code } from "../coap/code.ts";
import type { Question } from "../coap/question.ts";
import type { Request } from "../coap/request.ts";
import type { PlainResponse, Response } from "../coap/response.ts";
import { Session } from "../dtls/session/session.ts";
import { decodeInstallReport, INSTALL_REPORT_LENGTH_MAX, type InstallReport } from "../manifest/install-report.ts";
import { type Access, UNAVAILABLE } from "./access.ts";
import type { Association } from "./association.ts";
import { postedBy, refusalOfPost } from "./posted.ts";
import type { Resource } from "./resource.ts";
import type { ResourcePath } from "./resource-path.ts";

/** Its first segment, and all of it. */
export const REPORT_ROOT = "r";

/** What is to be kept before its device is told so. */
export interface ReportQuestion extends Question {
  /** Empty on plain CoAP. */
  readonly identity: Uint8Array;
  /** Its identity, or on plain CoAP the address that it came from, as text. */
  readonly device: Uint8Array;
  readonly report: InstallReport;
}

const KEPT: PlainResponse = { code: Code.CHANGED };

export class ReportResource implements Resource {
  readonly #access: Access;
  /** While those who wait for a question are answered: what became of it. */
  #outcome: { readonly question: string; readonly isKept: boolean } | undefined;

  constructor(access: Access) {
    this.#access = access;
  }

  admit({ segments }: ResourcePath, request: Request<Association>): PlainResponse | number {
    if (segments.length !== 1) return { code: Code.NOT_FOUND };
    return refusalOfPost(request) ?? INSTALL_REPORT_LENGTH_MAX;
  }

  respond({ segments }: ResourcePath, request: Request<Association>): Response | ReportQuestion {
    if (segments.length !== 1) return { code: Code.NOT_FOUND };
    const posted = postedBy(request, INSTALL_REPORT_LENGTH_MAX, decodeInstallReport);
    if (!posted.ok) return posted.error;
    const report = posted.value;
    const { association } = request;
    // Its class is not said: what is kept of a product may be told by each of its devices.
    const refusal = this.#access.refusalOfProduct(association, report.product);
    if (refusal !== undefined) return refusal;
    const device = deviceOf(association);
    const question = `report ${latin1Of(device)} ${latin1Of(report.id)}`;
    if (this.#outcome?.question !== question) return { question, identity: identityOf(association), device, report };
    return this.#outcome.isKept ? KEPT : UNAVAILABLE;
  }

  /** Runs `answer` while those who asked this are told whether their report is kept. */
  settle(question: string, isKept: boolean, answer: () => void): void {
    this.#outcome = { question, isKept };
    answer();
    this.#outcome = undefined;
  }
}

function identityOf(association: Association): Uint8Array {
  return association instanceof Session ? association.identity : EMPTY;
}

function deviceOf(association: Association): Uint8Array {
  if (association instanceof Session) return association.identity;
  return toUtf8(`coap://${formatPeerAddress(association)}`);
}
