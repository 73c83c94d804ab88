import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { extname } from "node:path";
import process from "node:process";

const FOLDER = new URL("./browser/", import.meta.url);
/** `.ts` if the service runs from its sources, `.js` if it runs from the compiler's output. */
const EXTENSION = extname(import.meta.filename);

/** A browser module as JavaScript, read from `src/pages/browser` or from its compiled form. */
function readModule(name: string): string {
  const source = readFileSync(new URL(`${name}${EXTENSION}`, FOLDER), "utf8");
  return EXTENSION === ".ts" ? quietly(() => stripTypeScriptTypes(source)) : source.replace(/^\/\/# sourceMappingURL=.*$/m, "");
}

/**
 * Combines a module and all that it imports into one module, so that the browser sends one request. Each module becomes a function
 * that returns its exports, placed after the modules that it imports; the names of one module are not visible in another. Supports the
 * declarations that these scripts use: `import { a, b as c } from "./name.ts"`, `import "./name.ts"`, and `export` before a
 * function, a class or a constant.
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
    .replaceAll(IMPORT, (_all, names: string | undefined, from: string) => {
      return names === undefined ? "" : `const {${names.replaceAll(" as ", ": ")}} = ${variableOf(from)};`;
    })
    .replaceAll(EXPORT, "")
    // What the compiler leaves of a module that only has types.
    .replace(/^export \{\};$/m, "");
  return `const ${variableOf(name)} = (() => {\n${body}\nreturn { ${exported.join(", ")} };\n})();`;
}

function variableOf(name: string): string {
  return `$${name.replaceAll("-", "_")}`;
}

/** Suppresses Node's warning that a function is experimental: operators look for faults on standard error. */
function quietly<T>(work: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
}
