import { parseArgs } from "node:util";
import type { Outcome } from "../core/outcome.ts";

/** What the program was asked to do. */
export type Command =
  | { readonly name: "serve" }
  | { readonly name: "backup"; readonly target: string }
  /** Without `file`, the database of `DATABASE_URL`. */
  | { readonly name: "verify"; readonly file: string | undefined; readonly rebuild: boolean }
  | { readonly name: "help" }
  | { readonly name: "version" };

export const USAGE = `Usage: node dist/main.js [COMMAND]

  serve                     receive and serve messages; this is the default
  backup FILE               copy the database to FILE, also while the service runs, and check the copy
  verify [FILE]             check the database, also while the service runs; nothing is changed
  verify --rebuild [FILE]   make counters and indexes anew from the messages; the service must be stopped

  -h, --help                print this
  --version                 print the version

The database is that of the environment variable DATABASE_URL, or FILE where verify has one.
Exit status: 0 done and sound, 1 failed or not sound, 64 a wrong command line, 78 a wrong setting.
`;

const OPTIONS = {
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
  rebuild: { type: "boolean" },
} as const;

/** Reads the arguments behind the program's name. A refusal is one line that says what is wrong. */
export function parseCommandLine(args: readonly string[]): Outcome<Command, string> {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    // Its second sentence explains a trick that no command here has a use for.
    const [problem = ""] = (error instanceof Error ? error.message : String(error)).split(". ");
    return refuse(problem);
  }
  const { help, version, rebuild = false } = parsed.values;
  const [name = "serve", ...files] = parsed.positionals;
  if (help) return { ok: true, value: { name: "help" } };
  if (version) return { ok: true, value: { name: "version" } };
  if (rebuild && name !== "verify") return refuse(`Unknown option '--rebuild' of ${name}`);
  const [file] = files;
  if (file === "") return refuse(`FILE of ${name} must not be empty`);
  switch (name) {
    case "serve":
      return file === undefined ? { ok: true, value: { name } } : refuse("serve takes no arguments");
    case "backup":
      return file === undefined || files.length > 1 ? refuse("backup takes one FILE") : { ok: true, value: { name, target: file } };
    case "verify":
      return files.length > 1 ? refuse("verify takes one FILE at most") : { ok: true, value: { name, file, rebuild } };
    default:
      return refuse(`Unknown command ${JSON.stringify(name)}`);
  }
}

function refuse(problem: string): Outcome<Command, string> {
  return { ok: false, error: `${problem.replaceAll(/\s+/g, " ")}: see --help` };
}
