import { suite } from "uvu";
import * as assert from "uvu/assert";
import { lineAt, sourceFile } from "./source-file.ts";

const sourceFiles = suite("source-file");

/** The code of `text` with runs of white space shortened, so that blanks are easy to write down. */
function shortCode(text: string): string {
  return sourceFile("a.ts", text).code.replace(/\s+/g, " ").trim();
}

const CODE: readonly (readonly [text: string, code: string])[] = [
  ["a(); // b()", "a();"],
  ["a(/* b() */);", "a( );"],
  ['a("b()");', 'a(" ");'],
  ["a('b()');", "a(' ');"],
  ['a("\\"b()");', 'a(" ");'],
  ['a("// b()"); c();', 'a(" "); c();'],
  ["a(`b()`);", "a(` `);"],
  [`a(\`x \${b()} y\`);`, "a(` b() `);"],
  [`a(\`x \${b({ c: \`\${d()}\` })} y\`); e();`, "a(` b({ c: ` d() ` }) `); e();"],
  [`a(\`\\\`\${b()}\`);`, "a(` b() `);"],
  ["a(/b()/g); c();", "a(/ g); c();"],
  ["a(/[/]b()/); c();", "a(/ /); c();"],
  ['a(/"/); b("c");', 'a(/ /); b(" ");'],
  ["return /b()/;", "return / /;"],
  ["a = b / c; d = e / f;", "a = b / c; d = e / f;"],
  ['a = "b" / c / d();', 'a = " " / c / d();'],
  ["a = (b) / c / d();", "a = (b) / c / d();"],
];
for (const [text, code] of CODE) {
  sourceFiles(`the code of ${text} is ${code}`, () => {
    assert.is(shortCode(text), code);
  });
}

sourceFiles("code and text have the same length and the same lines", () => {
  const text = '/* one\ntwo */ a();\n"three"; // four\n`five\nsix`;';
  const { code } = sourceFile("a.ts", text);
  assert.is(code.length, text.length);
  assert.is(lineAt(code, code.length), lineAt(text, text.length));
});

sourceFiles("a file that is not TypeScript has no code and no imports", () => {
  assert.equal(sourceFile("README.md", 'import { a } from "b";'), {
    path: "README.md",
    text: 'import { a } from "b";',
    code: "",
    imports: [],
  });
});

const IMPORTS: readonly (readonly [text: string, specifier: string, names: readonly string[]])[] = [
  ['import { a, b } from "c";', "c", ["a", "b"]],
  ['import {\n  a,\n  b as d,\n} from "./c.ts";', "./c.ts", ["a", "b"]],
  ['import type { A } from "./a.ts";', "./a.ts", ["A"]],
  ['import { type A, b } from "./a.ts";', "./a.ts", ["A", "b"]],
  ['import a from "a";', "a", []],
  ['import a, { b } from "a";', "a", ["b"]],
  ['import * as a from "a";', "a", []],
  ['import "a";', "a", []],
  ['export { a } from "./a.ts";', "./a.ts", ["a"]],
  ['export * from "./a.ts";', "./a.ts", []],
  ['const a = await import("a");', "a", []],
];
for (const [text, specifier, names] of IMPORTS) {
  sourceFiles(`${text.replace(/\s+/g, " ")} imports ${specifier}`, () => {
    const { imports } = sourceFile("a.ts", text);
    assert.equal(imports, [{ specifier, names, offset: imports[0]?.offset }]);
  });
}

sourceFiles("an import in a comment or a string is none", () => {
  const text = '// import { a } from "a";\nconst b = \'import { a } from "a";\';';
  assert.equal(sourceFile("a.ts", text).imports, []);
});

sourceFiles("lines are counted from 1", () => {
  assert.is(lineAt("a\nb", 0), 1);
  assert.is(lineAt("a\nb", 2), 2);
});

sourceFiles.run();
