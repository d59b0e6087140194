// The statements that wipe a secret or give back what holds one, found by their form in compiled code.

export interface WipingStatement {
  /** Below dist/. */
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
  /** The file without the statement. */
  readonly without: string;
}

/** Of what a key or a context can be in; what a link, a socket, a log, a lock or a device's contact gives back is no secret. */
const FOLDERS =
  /^(?:src\/(?:base|cli|crypto|device|dtls|manifest|registry|server|session-store|shell|store|trust-store)|psk|firmware-store)\//;

/** `x.fill(0)`, `x.wipe()`, `x.release()`, `x.giveBack(…)`, `x.rest()` and their kind, alone on a line or behind a `for` or an `if`. */
const STATEMENT =
  /^(?<before>\s*(?:(?:for|if) \(.*\) |else )?)(?!.*(?:\block|\bcontact)\.)(?<text>(?:this\.)?[#\w]+(?:[?!]?\.[#\w]+|\([^()]*\))*\??\.(?:fill\(0(?:, [^;]*)?\)|(?:wipe|release|rest|abandon)\(\)|giveBack\([^;]*\)|releaseContext\([^;]*\)));$/;

export function wipingStatements(path: string, code: string): WipingStatement[] {
  if (!FOLDERS.test(path)) return [];
  const lines = code.split("\n");
  return lines.flatMap((one, index) => {
    const match = STATEMENT.exec(one);
    if (match === null) return [];
    const { before = "", text = "" } = match.groups!;
    const without = lines.with(index, `${before};`).join("\n");
    return [{ path, line: index + 1, text, without }];
  });
}
