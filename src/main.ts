#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import { isBrokenPipe } from "./cli/broken-pipe.ts";
import type { Command, Task } from "./cli/command.ts";
import { parseCommandLine } from "./cli/command-line.ts";
import { EX_CONFIG, EX_FAILURE, EX_OK, EX_USAGE } from "./cli/exit-status.ts";
import { usage } from "./cli/usage.ts";
import { unsupportedRuntime } from "./runtime.ts";
import { loadConfig, type Config } from "./config.ts";
import { UnusableSetting } from "./core/unusable-setting.ts";
import { watchSecretFile } from "./secret-watch.ts";

/**
 * Two signals within this time are one stop: a supervisor may signal a whole process group, and make forwards the signal that it
 * gets.
 */
const ONE_STOP_MS = 50;

/** The share of the time for a stop after which the process exits in any case: the exit itself takes some time. */
const STOP_SHARE = 0.95;

function readFile(path: string | URL): string {
  return readFileSync(path, "utf8");
}

function complain(lines: readonly string[]): void {
  process.stderr.write(lines.map((line) => `${line}\n`).join(""));
}

function version(): string {
  return process.env["WEBHOOK_INBOX_VERSION"] || JSON.parse(readFile(new URL("../package.json", import.meta.url))).version;
}

/** A signal that came during the start is handled after it. */
interface EarlySignal {
  handle(action: () => void): void;
}

/** Without a handler these signals would end the process while it starts. */
function catchEarly(signal: "SIGHUP" | "SIGUSR2"): EarlySignal {
  let current: (() => void) | undefined;
  let missed = false;
  process.on(signal, () => {
    missed = true;
    current?.();
  });
  return {
    handle(action) {
      current = action;
      if (missed) action();
    },
  };
}

async function serve(config: Config, early: { readonly hangUp: EarlySignal; readonly confirmation: EarlySignal }): Promise<void> {
  // Imported only after the version check: on a Node without node:sqlite, the import would fail with an unhelpful message.
  const { start } = await import("./app.ts");
  const { createLogSink } = await import("./telemetry/log-sink.ts");
  const sink = createLogSink({ nowMs: Date.now });
  let failed = false;
  let started = false;
  let closingSinceMs: number | undefined;

  const app = await start(config, {
    writeLog: sink.write,
    onFatal: (reason) => {
      failed = true;
      if (started) {
        void stop();
        return;
      }
      complain([reason]);
      process.exit(EX_FAILURE);
    },
    build: {
      version: version(),
      // Set when the image is built, like its version.
      revision: process.env["WEBHOOK_INBOX_REVISION"] || "unknown",
      node: process.versions.node,
      sqlite: process.versions["sqlite"] ?? "unknown",
    },
  });
  started = true;

  async function stop(): Promise<void> {
    if (closingSinceMs !== undefined) return;
    closingSinceMs = performance.now();
    let committed = false;
    // Something that hangs beyond the limit, such as a disk or the reader of the log, must not delay the stop.
    setTimeout(() => process.exit(committed && !failed ? EX_OK : EX_FAILURE), config.shutdownTimeoutMs * STOP_SHARE);
    await app.close().then(
      () => {
        committed = true;
      },
      (error) => {
        failed = true;
        complain([`Cannot stop cleanly: ${error instanceof Error ? error.message : String(error)}`]);
      },
    );
    await sink.close();
    process.exit(failed ? EX_FAILURE : EX_OK);
  }

  function onSignal(signal: "SIGTERM" | "SIGINT", number: number): void {
    process.on(signal, () => {
      if (closingSinceMs !== undefined && performance.now() - closingSinceMs > ONE_STOP_MS) process.exit(128 + number);
      void stop();
    });
  }
  early.confirmation.handle(app.confirmClock);
  onSignal("SIGINT", 2);
  onSignal("SIGTERM", 15);

  const watch = config.secretFile === undefined ? undefined : watchSecretFile(config.secretFile, {
    extraPrevious: config.extraPrevious,
    inForce: config.secrets,
    use: app.useSecrets,
    refuse: (reason) => app.log.error(`secrets not reloaded: ${reason}`),
  });
  early.hangUp.handle(() => {
    if (watch === undefined) app.log.info("SIGHUP ignored: WEBHOOK_SECRET_FILE is not set");
    else void watch.reload();
  });
}

async function run(task: Task): Promise<number> {
  const { runCommand } = await import("./cli/run-command.ts");
  return runCommand(task, {
    version: version(),
    env: process.env,
    input: () => process.stdin,
    print: (line) => process.stdout.write(`${line}\n`),
    write,
    complain: (line) => complain([line]),
    screen: process.stderr.isTTY ? (text) => process.stderr.write(text) : undefined,
    wait,
    beforeKilled(cleanUp) {
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
        process.once(signal, () => {
          cleanUp();
          // Without a handler the signal ends the process, so that the shell sees which signal it was.
          process.kill(process.pid, signal);
        });
      }
    },
  });
}

function write(chunk: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}

/** Makes commands that only print run to their end if the reader of their output has gone. `write` still rejects in that case. */
function tolerateLostReaders(): void {
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
}

async function main(command: Command): Promise<number | undefined> {
  // Not for the service, which writes its log another way.
  if (command.name !== "serve") tolerateLostReaders();
  if (command.name === "help" || command.name === "version") {
    await write(command.name === "help" ? usage(command.of) : `${version()}\n`);
    return EX_OK;
  }
  const unsupported = unsupportedRuntime(process.versions);
  if (unsupported !== undefined) {
    complain([unsupported]);
    return EX_FAILURE;
  }
  if (command.name !== "serve") return run(command);
  const early = { hangUp: catchEarly("SIGHUP"), confirmation: catchEarly("SIGUSR2") };
  const config = loadConfig(process.env);
  if (!config.ok) {
    complain(config.error);
    return EX_CONFIG;
  }
  await serve(config.value, early);
  return undefined;
}

/** Whether a setting is wrong: a supervisor need not try again before somebody has changed it. */
function isOfASetting(error: unknown): boolean {
  return error instanceof UnusableSetting && !error.temporary;
}

const command = parseCommandLine(process.argv.slice(2));
if (command.ok) {
  main(command.value).then(
    (exitCode) => {
      // The writer of standard input, or a connection, must not delay a command that is done.
      if (exitCode !== undefined) process.exit(exitCode);
    },
    (error) => {
      if (isBrokenPipe(error)) process.exit(EX_OK);
      complain([error instanceof Error ? error.message : String(error)]);
      process.exit(isOfASetting(error) ? EX_CONFIG : EX_FAILURE);
    },
  );
} else {
  complain([command.error]);
  process.exitCode = EX_USAGE;
}
