import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { extname } from "node:path";
import process from "node:process";

const FOLDER = new URL("./browser/", import.meta.url);
/** `.ts` where the service runs from its sources, `.js` where it runs from what the compiler made of them. */
const EXTENSION = extname(import.meta.filename);

/** A browser's module as JavaScript, read from `src/pages/browser` or from what was built of it. */
function readModule(name: string): string {
  const source = readFileSync(new URL(`${name}${EXTENSION}`, FOLDER), "utf8");
  return EXTENSION === ".ts" ? quietly(() => stripTypeScriptTypes(source)) : source.replace(/^\/\/# sourceMappingURL=.*$/m, "");
}

/**
 * A module and all that it imports as one module, so that the browser asks once. Each becomes a function that gives its exports, after
 * those that it imports; the names of one are not seen by another. Understands the declarations that the scripts of this room use:
 * `import { a, b as c } from "./name.ts"`, `import "./name.ts"`, and `export` before a function, a class or a constant.
 */
export function bundle(entry: string): string {
  const parts = new Map<string, string>();
  const add = (name: string): void => {
    if (parts.has(name)) return;
    const code = readModule(name);
    parts.set(name, "");
    for (const [, imported = ""] of code.matchAll(IMPORT_NAME)) add(imported);
    parts.delete(name);
    parts.set(name, asFunction(name, code));
  };
  add(entry);
  return [...parts.values()].join("\n");
}

const IMPORT_NAME = /^import\b[^;]*?"\.\/([a-z0-9-]+)\.(?:ts|js)";/gm;
const IMPORT = /^import\s+(?:\{([^}]*)\}\s+from\s+)?"\.\/([a-z0-9-]+)\.(?:ts|js)";/gm;
const EXPORT = /^export (?=(?:async )?(?:function|class|const)\s+(\w+))/gm;

function asFunction(name: string, code: string): string {
  const exported = Array.from(code.matchAll(EXPORT), ([, own = ""]) => own);
  const body = code
    .replaceAll(IMPORT, (_all, names: string | undefined, from: string) => (names === undefined ? "" : `const {${names.replaceAll(" as ", ": ")}} = ${variableOf(from)};`))
    .replaceAll(EXPORT, "")
    // What the compiler leaves of a module that has types alone.
    .replace(/^export \{\};$/m, "");
  return `const ${variableOf(name)} = (() => {\n${body}\nreturn { ${exported.join(", ")} };\n})();`;
}

function variableOf(name: string): string {
  return `$${name.replaceAll("-", "_")}`;
}

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
