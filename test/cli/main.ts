import { fileURLToPath } from "node:url";
import { COMPILE_CACHE } from "../support/compile-cache.ts";
import { run, type CommandResult } from "../scripts/command.ts";

export const MAIN: string = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export interface MainOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  /** Arguments of `ulimit` in the shell that starts it, for example `-f 1000`. */
  readonly limit?: string;
}

/** Runs the program with these arguments until it ends. Its output goes to pipes, not to a terminal. */
export function runMain(args: readonly string[], options: MainOptions = {}): Promise<CommandResult> {
  const script = options.limit === undefined ? 'exec "$@"' : `ulimit ${options.limit}; exec "$@"`;
  return run(["/bin/sh", "-c", script, "sh", process.execPath, MAIN, ...args], {
    env: { ...COMPILE_CACHE, ...options.env },
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.input !== undefined && { input: options.input }),
  });
}
