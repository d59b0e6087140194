// A source file as the house rules see it: its text, its code without comments and strings, and its imports.

export interface SourceFile {
  /** From the top of the repository, with forward slashes: "src/coap/block.ts". */
  readonly path: string;
  readonly text: string;
  /**
   * For TypeScript, `text` with all comments and the insides of strings and regular expressions blanked out; offsets
   * and lines are those of `text`. Empty for other files.
   */
  readonly code: string;
  readonly imports: readonly Import[];
}

export interface Import {
  /** As written: "./block.ts", "node:crypto", "uvu/assert". */
  readonly specifier: string;
  /** The names between the braces, before any "as"; empty for the other forms. */
  readonly names: readonly string[];
  readonly offset: number;
}

export function sourceFile(path: string, text: string): SourceFile {
  const code = isTypeScript({ path }) ? new CodeScanner(text).scan() : "";
  return { path, text, code, imports: importsIn(text, code) };
}

export function isTypeScript({ path }: Pick<SourceFile, "path">): boolean {
  return path.endsWith(".ts");
}

export function isTest(file: SourceFile): boolean {
  return file.path.endsWith(".test.ts");
}

/** The line, counted from 1, that holds this offset. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

const IMPORT =
  /\b(?:(?:import|export)\s+(?:type\s+)?(?:[\w$]+\s*,\s*)?(?:\{([^{}]*)\}|\*(?:\s*as\s+[\w$]+)?|[\w$]+)\s*from\s*|import\s*\(?\s*)(?=")/g;

function importsIn(text: string, code: string): Import[] {
  return [...code.matchAll(IMPORT)].map((match) => {
    const quoteAt = match.index + match[0].length;
    const specifier = text.slice(quoteAt + 1, code.indexOf('"', quoteAt + 1));
    const names = (match[1] ?? "").split(",").map((name) => name.replace(/^\s*type\s+|\s+as\s.*$/g, "").trim());
    return { specifier, names: names.filter((name) => name !== ""), offset: match.index };
  });
}

const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const STRING = /"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'/y;
const REGULAR_EXPRESSION = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
/** After a value a slash divides; after one of these words, or anything else, it begins a regular expression. */
const VALUE_BEFORE = /(?:[\w$)\]}"'`/])\s*$/;
const WORD_BEFORE = /\b(?:return|typeof|case|in|of|yield|await)\s*$/;

class CodeScanner {
  readonly #text: string;
  #at = 0;
  #code = "";

  constructor(text: string) {
    this.#text = text;
  }

  scan(): string {
    this.#scanCode(false);
    return this.#code;
  }

  /** To the end of the text, or inside a template to the brace that closes its `${`. */
  #scanCode(inTemplate: boolean): void {
    let depth = 0;
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at]!;
      if (character === "`") this.#scanTemplate();
      else if (!this.#skipInert()) {
        if (character === "{") depth++;
        if (character === "}" && depth-- === 0 && inTemplate) return;
        this.#keep(1);
      }
    }
  }

  #scanTemplate(): void {
    this.#keep(1);
    while (this.#at < this.#text.length && this.#text[this.#at] !== "`") {
      if (this.#text.startsWith("${", this.#at)) {
        this.#blank(2);
        this.#scanCode(true);
        this.#blank(1);
      } else this.#blank(this.#text[this.#at] === "\\" ? 2 : 1);
    }
    this.#keep(1);
  }

  /** Blanks the comment, string or regular expression that begins here; false when none does. */
  #skipInert(): boolean {
    const commentLength = this.#match(COMMENT);
    if (commentLength > 0) {
      this.#blank(commentLength);
      return true;
    }
    // What delimits a value stays: it shows that one stood here, so that a slash behind it divides.
    const valueLength = this.#match(STRING) || (this.#mayBeginPattern() ? this.#match(REGULAR_EXPRESSION) : 0);
    if (valueLength === 0) return false;
    this.#keep(1);
    this.#blank(valueLength - 2);
    this.#keep(1);
    return true;
  }

  #mayBeginPattern(): boolean {
    if (this.#text[this.#at] !== "/") return false;
    const before = this.#code.slice(-40);
    return !VALUE_BEFORE.test(before) || WORD_BEFORE.test(before);
  }

  #match(pattern: RegExp): number {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0].length ?? 0;
  }

  #keep(length: number): void {
    this.#code += this.#text.slice(this.#at, this.#at + length);
    this.#at += length;
  }

  #blank(length: number): void {
    this.#code += this.#text.slice(this.#at, this.#at + length).replace(/[^\n]/g, " ");
    this.#at += length;
  }
}
