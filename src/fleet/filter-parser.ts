// Reads a filter as a person writes it, and points at what is wrong:
//
//   product = meter and (version ~ "1.*" or silent > 2d) and not tag.site in (lab, "test hall")
//
// filter   = conjunction { "or" conjunction }        field = name | "tag." name
// conjunction = term { "and" term }                  value = word | "text" | number | duration
// term     = "not" term | "(" filter ")" | "has" field | field comparison value | field "in" "(" value { "," value } ")"

import { failed, ok, type Result } from "../base/result.ts";
import { type Comparison, FIELDS, type Field, type FieldName, type FieldType, type Filter } from "./filter.ts";

export const FILTER_LENGTH_MAX = 1_024;

/** Parentheses and `not` within each other. */
export const FILTER_DEPTH_MAX = 16;

export interface FilterFault {
  /** Of the first character that is wrong, from 0. */
  readonly at: number;
  readonly message: string;
}

interface Token {
  readonly kind: "word" | "text" | "mark" | "end";
  readonly text: string;
  readonly at: number;
}

export function parseFilter(text: string): Result<Filter, FilterFault> {
  if (text.length > FILTER_LENGTH_MAX) {
    return failed({ at: FILTER_LENGTH_MAX, message: `a filter has at most ${FILTER_LENGTH_MAX} characters` });
  }
  const tokens = tokensOf(text);
  if (!tokens.ok) return tokens;
  return new FilterParser(tokens.value).parse();
}

/** In one line: what is wrong, and where. */
export function filterFaultText(text: string, { at, message }: FilterFault): string {
  return `${message}, at character ${at + 1}: ${text.slice(0, at)} >>> ${text.slice(at)}`;
}

const TOKEN =
  /\s*(?:("(?:[^"\\]|\\.)*")|([A-Za-z0-9_./:@+-][A-Za-z0-9_./:@+*-]*|\*[A-Za-z0-9_./:@+*-]*)|(!=|<=|>=|[=<>~(),]))/y;

function tokensOf(text: string): Result<readonly Token[], FilterFault> {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < end; ) {
    const start = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (found === null) {
      const at = start + text.slice(start).search(/\S/);
      const message = text[at] === '"' ? 'a text that ends with "' : `"${text[at]}" stands for nothing here`;
      return failed({ at, message: text[at] === '"' ? `expected ${message}` : message });
    }
    const [whole, quoted, word, mark] = found;
    const at = start + whole.search(/\S/);
    if (quoted !== undefined) tokens.push({ kind: "text", text: quoted.slice(1, -1).replace(/\\(.)/g, "$1"), at });
    else if (word !== undefined) tokens.push({ kind: "word", text: word, at });
    else tokens.push({ kind: "mark", text: mark!, at });
  }
  tokens.push({ kind: "end", text: "the end", at: text.length });
  return ok(tokens);
}

const COMPARISONS: Readonly<Record<FieldType, readonly string[]>> = {
  text: ["=", "!=", "~"],
  number: ["=", "!=", "<", "<=", ">", ">="],
  duration: ["<", "<=", ">", ">="],
};

const DURATION = /^(\d+(?:\.\d+)?)(s|min|h|d|w)$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

class FilterParser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #fault: FilterFault | undefined;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Result<Filter, FilterFault> {
    const filter = this.#either(0);
    if (this.#fault === undefined && this.#peek().kind !== "end") this.#expected('"and", "or" or the end');
    return this.#fault === undefined ? ok(filter) : failed(this.#fault);
  }

  #either(depth: number): Filter {
    return this.#joined("or", () => this.#joined("and", () => this.#term(depth)));
  }

  #joined(kind: "and" | "or", part: () => Filter): Filter {
    const of = [part()];
    while (this.#takes("word", kind)) of.push(part());
    return of.length === 1 ? of[0]! : { kind, of };
  }

  #term(depth: number): Filter {
    if (depth >= FILTER_DEPTH_MAX) return this.#wrong(`a filter goes at most ${FILTER_DEPTH_MAX} deep`);
    if (this.#takes("word", "not")) return { kind: "not", of: this.#term(depth + 1) };
    if (this.#takes("mark", "(")) {
      const filter = this.#either(depth + 1);
      this.#demand(")");
      return filter;
    }
    if (this.#takes("word", "has")) return { kind: "has", field: this.#field().field };
    const { field, type } = this.#field();
    if (this.#takes("word", "in")) return { kind: "in", field, values: this.#values(type) };
    const token = this.#peek();
    if (token.kind !== "mark" || !COMPARISONS[type].includes(token.text)) {
      return this.#expected(`${COMPARISONS[type].join(" ")} or "in"`);
    }
    this.#next++;
    return { kind: "compare", field, comparison: token.text as Comparison, value: this.#value(type) };
  }

  #field(): { readonly field: Field; readonly type: FieldType } {
    const token = this.#peek();
    const { kind, text } = token;
    const tag = /^tag\.(.+)$/.exec(text)?.[1];
    const isField = kind === "word" && (tag !== undefined || Object.hasOwn(FIELDS, text));
    if (!isField) {
      this.#expected(`a field (${Object.keys(FIELDS).join(" ")} tag.NAME)`);
      return { field: { name: "id" }, type: "text" };
    }
    this.#next++;
    if (tag !== undefined) return { field: { tag }, type: "text" };
    return { field: { name: text as FieldName }, type: FIELDS[text as FieldName] };
  }

  #values(type: FieldType): readonly (string | number)[] {
    this.#demand("(");
    const values = [this.#value(type)];
    while (this.#takes("mark", ",")) values.push(this.#value(type));
    this.#demand(")");
    return values;
  }

  #value(type: FieldType): string | number {
    const { kind, text } = this.#peek();
    if (kind !== "word" && kind !== "text") return this.#orEmpty("a value");
    if (type === "text") {
      this.#next++;
      return text;
    }
    const value = type === "number" ? Number(text) : durationOf(text);
    if (!Number.isFinite(value))
      return this.#orEmpty(type === "number" ? "a number" : "a duration such as 30min, 12h or 2d");
    this.#next++;
    return value;
  }

  #orEmpty(what: string): string {
    this.#expected(what);
    return "";
  }

  #peek(): Token {
    return this.#tokens[this.#next]!;
  }

  #takes(kind: Token["kind"], text: string): boolean {
    const token = this.#peek();
    const isIt = this.#fault === undefined && token.kind === kind && token.text === text;
    if (isIt) this.#next++;
    return isIt;
  }

  #demand(mark: string): void {
    if (!this.#takes("mark", mark)) this.#expected(`"${mark}"`);
  }

  #expected(what: string): Filter {
    const { kind, text } = this.#peek();
    return this.#wrong(`expected ${what}, found ${kind === "end" ? text : `"${text}"`}`);
  }

  /** The first fault counts. */
  #wrong(message: string): Filter {
    this.#fault ??= { at: this.#peek().at, message };
    return { kind: "or", of: [] };
  }
}

/** ms; NaN for what is none. */
function durationOf(text: string): number {
  const [, number, unit = ""] = DURATION.exec(text) ?? [];
  return number === undefined ? Number.NaN : Number(number) * UNIT_MS[unit]!;
}
