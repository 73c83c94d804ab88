import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { SyntaxKind, type Node, type SourceFile, type Statement } from "typescript/unstable/ast";
import * as is from "typescript/unstable/ast/is";
import { API } from "typescript/unstable/sync";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Together they contain every source. */
const PROJECTS = ["tsconfig.json", "src/pages/browser/tsconfig.json"];

export interface SourceFunction {
  readonly name: string;
  readonly lines: number;
}

export interface SourceExport {
  readonly name: string;
  readonly isFunction: boolean;
  /** Whether a doc comment is directly above it. */
  readonly hasDocstring: boolean;
}

export interface SourceComment {
  readonly line: number;
  readonly text: string;
}

export interface Source {
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly text: string;
  readonly functions: readonly SourceFunction[];
  readonly exports: readonly SourceExport[];
  readonly comments: readonly SourceComment[];
}

/** Every file of src, parsed by the compiler. */
export function readSources(): readonly Source[] {
  const api = new API({ cwd: ROOT });
  try {
    const files = new Map<string, SourceFile>();
    for (const project of api.updateSnapshot({ openProjects: PROJECTS.map((path) => join(ROOT, path)) }).getProjects()) {
      for (const path of project.rootFiles) {
        const file = project.program.getSourceFile(path);
        if (file !== undefined) files.set(relative(ROOT, path), file);
      }
    }
    return [...files].map(([path, file]) => toSource(path, file)).toSorted((a, b) => (a.path < b.path ? -1 : 1));
  } finally {
    api.close();
  }
}

function toSource(path: string, file: SourceFile): Source {
  const text = readFileSync(join(ROOT, path), "utf8");
  const functions: SourceFunction[] = [];
  const literals: Node[] = [];
  function visit(node: Node, name: string): void {
    if (isFunction(node)) functions.push({ name: nameOf(node) ?? name, lines: lineAt(text, node.end) - lineAt(text, node.getStart(file)) + 1 });
    if (LITERALS.has(node.kind)) literals.push(node);
    node.forEachChild((child) => visit(child, nameOf(node) ?? name));
  }
  visit(file, "");
  return { path, text, functions, exports: file.statements.flatMap((one) => exportsOf(one, file)), comments: commentsOf(text, literals, file) };
}

const FUNCTIONS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.FunctionDeclaration, SyntaxKind.FunctionExpression, SyntaxKind.ArrowFunction, SyntaxKind.MethodDeclaration, SyntaxKind.Constructor,
  SyntaxKind.GetAccessor, SyntaxKind.SetAccessor,
]);

/** Literals that may contain `//` without being a comment. */
const LITERALS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.StringLiteral, SyntaxKind.NoSubstitutionTemplateLiteral, SyntaxKind.TemplateHead, SyntaxKind.TemplateMiddle, SyntaxKind.TemplateTail,
  SyntaxKind.RegularExpressionLiteral,
]);

function isFunction(node: Node | undefined): boolean {
  return node !== undefined && FUNCTIONS.has(node.kind);
}

function nameOf(node: Node): string | undefined {
  const named = is.isFunctionDeclaration(node) || is.isMethodDeclaration(node) || is.isVariableDeclaration(node) || is.isPropertyAssignment(node) ? node.name : undefined;
  return named !== undefined && is.isIdentifier(named) ? named.text : undefined;
}

function exportsOf(statement: Statement, file: SourceFile): readonly SourceExport[] {
  const declarations = is.isVariableStatement(statement) ? [...statement.declarationList.declarations] : [statement];
  const isExported = "modifiers" in statement && Array.isArray(statement.modifiers) && statement.modifiers.some(({ kind }) => kind === SyntaxKind.ExportKeyword);
  if (!isExported) return [];
  const hasDocstring = /\/\*\*(?:(?!\*\/).)*\*\/\s*$/s.test(file.text.slice(statement.pos, statement.getStart(file)));
  return declarations.map((declaration) => ({
    name: "name" in declaration && is.isIdentifier(Object(declaration.name)) ? String(Object(declaration.name).text) : "",
    isFunction: isFunction(declaration) || (is.isVariableDeclaration(declaration) && isFunction(declaration.initializer)),
    hasDocstring,
  }));
}

function commentsOf(text: string, literals: readonly Node[], file: SourceFile): readonly SourceComment[] {
  let code = text;
  for (const literal of literals) {
    const start = literal.getStart(file);
    code = code.slice(0, start) + " ".repeat(literal.end - start) + code.slice(literal.end);
  }
  return code.matchAll(/\/\*.*?\*\/|\/\/[^\n]*/gs).map((found) => ({ line: lineAt(text, found.index), text: text.slice(found.index, found.index + found[0].length) })).toArray();
}

function lineAt(text: string, position: number): number {
  return text.slice(0, position).split("\n").length;
}
