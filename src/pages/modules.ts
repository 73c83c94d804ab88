import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { extname } from "node:path";
import process from "node:process";

const FOLDER = new URL("./browser/", import.meta.url);
/** `.ts` where the service runs from its sources, `.js` where it runs from what the compiler made of them. */
const EXTENSION = extname(import.meta.filename);

/** A browser's module as JavaScript, read from `src/pages/browser` or from what was built of it. */
export function readModule(name: string): string {
  const source = readFileSync(new URL(`${name}${EXTENSION}`, FOLDER), "utf8");
  return EXTENSION === ".ts" ? quietly(() => stripTypeScriptTypes(source)) : source.replace(/^\/\/# sourceMappingURL=.*$/m, "");
}

/** The modules of this room that a module imports, by name. */
export function importsOf(code: string): readonly string[] {
  return Array.from(code.matchAll(SPECIFIER), ([, , name = ""]) => name);
}

/** The same module with other specifiers. */
export function withImports(code: string, specifierOf: (name: string) => string): string {
  return code.replaceAll(SPECIFIER, (_all, keyword: string, name: string) => `${keyword} "${specifierOf(name)}"`);
}

const SPECIFIER = /\b(from|import) "\.\/([a-z0-9-]+)\.(?:ts|js)"/g;

/** Node calls the function experimental on standard error, where an operator would look for faults. */
function quietly<T>(work: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
}
