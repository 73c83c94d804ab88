import { withinTime } from "../torture/harness.ts";
import { startService, type Service } from "../torture/service.ts";

export interface ReceiverOptions {
  /** `dist/main.js` or `src/main.ts`. */
  readonly main: string;
  readonly port: number;
  readonly databaseUrl: string;
  readonly env: Readonly<Record<string, string>>;
  /** The file to which its log is appended. */
  readonly logFile?: string;
  /** Called if it ends by itself. */
  readonly onEnded: (what: string) => void;
}

/** The service at one port, which can be killed and restarted. */
export interface Receiver {
  readonly url: string;
  start(): Promise<void>;
  /** SIGKILL; settles once it has ended. */
  kill(): Promise<void>;
  /** SIGTERM: it must end with status 0. */
  stop(): Promise<void>;
}

const SHUTDOWN_TIMEOUT_MS = 5_000;

export function createReceiver({ main, port, databaseUrl, env, logFile, onEnded }: ReceiverOptions): Receiver {
  const url = `http://127.0.0.1:${port}`;
  let running: Service | undefined;

  async function end(signal: NodeJS.Signals): Promise<void> {
    const service = running;
    running = undefined;
    service?.signal(signal);
    const exit = await withinTime(service?.exited ?? Promise.resolve(undefined), `${url} must end after ${signal}`);
    if (signal === "SIGTERM" && exit?.code !== 0) onEnded(`${url} must stop with status 0, not ${exit?.code ?? exit?.signal}`);
  }

  return {
    url,
    async start() {
      const service = startService({
        main, port, database: "unused", shutdownTimeoutMs: SHUTDOWN_TIMEOUT_MS, env: { ...env, DATABASE_URL: databaseUrl },
        ...(logFile !== undefined && { logFile }),
      });
      running = service;
      void service.exited.then(({ code, signal }) => {
        if (running === service) onEnded(`${url} must not end by itself: ${code ?? signal}: ${service.complaints()}`);
      });
      const started = await withinTime(service.started, `${url} must start`);
      if (started === undefined) throw new Error(`Cannot continue: ${url} must start, it ended: ${service.complaints()}`);
    },
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
  };
}
