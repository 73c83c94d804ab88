import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";

/** A program that runs until it is ended; it does not outlive this process. */
export interface Daemon {
  readonly pid: number;
  /** Sends a signal only to its process. */
  signal(name: NodeJS.Signals): void;
  /** SIGKILL; settles once it has ended. */
  kill(): Promise<void>;
}

/** Starts the program; its output is appended to the file. */
export function startDaemon([program = "", ...args]: readonly string[], logFile: string): Daemon {
  const log = openSync(logFile, "a");
  const child = spawn(program, args, { stdio: ["ignore", log, log], env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" } });
  closeSync(log);
  const end = (): void => void child.kill("SIGKILL");
  process.once("exit", end);
  const exited = once(child, "exit").finally(() => process.off("exit", end));
  return {
    pid: child.pid ?? NaN,
    signal: (name) => void child.kill(name),
    async kill() {
      end();
      await exited;
    },
  };
}
