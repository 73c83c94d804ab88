import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseCommandLine } from "../../src/cli/command-line.ts";
import { runCommand } from "../../src/cli/run-command.ts";
import { COMPILE_CACHE } from "../support/compile-cache.ts";
import { SKIP_IN_SHORT_RUN } from "../support/sweep.ts";
import { run, type CommandResult } from "../scripts/command.ts";
import { testTerminal } from "./terminal.ts";

export const MAIN: string = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export interface MainOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  /** Arguments of `ulimit` in the shell that starts it, for example `-f 1000`. */
  readonly limit?: string;
}

/**
 * Runs the program with these arguments until it ends. Its output goes to pipes, not to a terminal. To start a process takes most
 * of the time, so a short run does in its own process what only reads arguments, environment and input.
 */
export async function runMain(args: readonly string[], options: MainOptions = {}): Promise<CommandResult> {
  const needsProcess = options.cwd !== undefined || options.limit !== undefined || SKIP_IN_SHORT_RUN === false;
  const command = parseCommandLine(args);
  if (!needsProcess && command.ok && command.value.name !== "serve" && command.value.name !== "help" && command.value.name !== "version") {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    const input = Buffer.from(options.input ?? "");
    const terminal = testTerminal({ version, env: options.env ?? {}, input: async function* () { yield input; }, wait });
    const status = await runCommand(command.value, terminal);
    return { status, stdout: terminal.printed(), stderr: terminal.complaints.map((line) => `${line}\n`).join("") };
  }
  const script = options.limit === undefined ? 'exec "$@"' : `ulimit ${options.limit}; exec "$@"`;
  return run(["/bin/sh", "-c", script, "sh", process.execPath, MAIN, ...args], {
    env: { ...COMPILE_CACHE, ...options.env },
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.input !== undefined && { input: options.input }),
  });
}
