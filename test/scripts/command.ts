import { spawn, type ChildProcess } from "node:child_process";
import { accessSync, constants, cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../support/store.ts";

export const REPOSITORY: string = fileURLToPath(new URL("../..", import.meta.url));

export interface CommandOptions {
  /** The whole environment. No variable of the test run is inherited, so MAKEFLAGS is not either. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  /** Called once, with the running process, when its standard output has a complete line. */
  readonly onFirstLine?: (child: ChildProcess) => void;
}

export interface CommandResult {
  /** The exit status, or the name of the signal that ended the process. */
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export function run(command: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const [file = "", ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: options.cwd, env: options.env });
    let stdout = "";
    let stderr = "";
    let announced = false;
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
      if (announced || !stdout.includes("\n")) return;
      announced = true;
      options.onFirstLine?.(child);
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk;
    });
    // A command that refuses its arguments exits without reading its input.
    child.stdin.on("error", () => undefined);
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ status: code ?? signal ?? "", stdout, stderr }));
    child.stdin.end(options.input ?? "");
  });
}

/** The path of a tool on this machine. */
export function which(tool: string): string {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return join(folder, tool);
    } catch {
      continue;
    }
  }
  throw new Error(`Cannot test the scripts: ${tool} must be on PATH`);
}

/** Creates a folder to use as PATH, with these tools of the machine and these stubs, which are shell scripts. */
export function createToolbox(t: TestContext, tools: readonly string[], stubs: Readonly<Record<string, string>> = {}): string {
  const folder = join(temporaryFolder(t), "bin");
  mkdirSync(folder);
  for (const tool of tools) symlinkSync(which(tool), join(folder, tool));
  for (const [name, text] of Object.entries(stubs)) writeStub(folder, name, text);
  return folder;
}

export function writeStub(folder: string, name: string, text: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

/** Creates a folder with a space in its path, and copies these files and folders of the repository into it. */
export function copyOfRepository(t: TestContext, names: readonly string[]): string {
  const folder = join(temporaryFolder(t), "a copy");
  for (const name of names) cpSync(join(REPOSITORY, name), join(folder, name), { recursive: true });
  return folder;
}
