import { createHmac } from "node:crypto";
import { Agent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { start, type App, type StartOptions } from "../../src/app.ts";
import { loadConfig } from "../../src/config.ts";
import { atEnd, type Lifetime } from "./cleanup.ts";
import { databaseUrl } from "./engine.ts";
import { temporaryFolder } from "./store.ts";
import { until } from "./until.ts";

export const SECRET = "testsecret";

type LogLine = Readonly<Record<string, unknown>>;

export interface TestLog {
  /** The log so far, byte for byte. */
  rawLog(): string;
  /** The lines of the log so far, parsed. */
  logLines(): readonly LogLine[];
  /** Waits until this many requests are logged, and returns their lines. */
  requestLines(count: number): Promise<readonly LogLine[]>;
}

export interface TestApp extends TestLog {
  readonly app: App;
  readonly url: string;
  readonly databasePath: string;
  readonly fatal: string[];
  request(target: string, options?: RequestOptions): Promise<TestResponse>;
  /** Signs and posts a body. */
  deliver(body: string | Uint8Array | object, headers?: Record<string, string>): Promise<TestResponse>;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Uint8Array;
  readonly agent?: Agent;
}

export interface TestResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly json: unknown;
}

export type TestAppOptions = Partial<StartOptions> & { readonly env?: Record<string, string> };

/** The service as `main.ts` starts it, on a free port and a database in a temporary folder. */
export async function startTestApp(t: Lifetime, options: TestAppOptions = {}): Promise<TestApp> {
  const { env, ...overrides } = options;
  const databasePath = join(temporaryFolder(t), "app.db");
  const config = loadConfig({ WEBHOOK_SECRET: SECRET, PORT: "0", DATABASE_URL: env?.["DATABASE_URL"] ?? (await databaseUrl(t, databasePath)), ...env });
  if (!config.ok) throw new Error(config.error.join("\n"));
  let log = "";
  const fatal: string[] = [];
  const app = await start(config.value, {
    build: { version: "0.0.0-test", revision: "abc", node: "26", sqlite: "3" },
    writeLog: (chunk) => {
      log += chunk;
    },
    onFatal: (reason) => fatal.push(reason),
    ...overrides,
  });
  atEnd(t, () => app.close());
  // To connect for each request would take more than half of its time.
  const agent = new Agent({ keepAlive: true });
  atEnd(t, () => agent.destroy());
  const { url } = app;
  return {
    app,
    url,
    databasePath,
    fatal,
    ...readLog(() => log),
    request: (target, request) => send(url, target, { agent, ...request }),
    deliver(body, headers) {
      const bytes = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
      return send(url, "/webhook", { agent, method: "POST", body: bytes, headers: { "X-Signature": sign(bytes), ...headers } });
    },
  };
}

/** Reads a log that consists of complete lines and grows. Each line is parsed once. */
export function readLog(rawLog: () => string): TestLog {
  const lines: LogLine[] = [];
  let parsed = 0;
  const logLines = (): readonly LogLine[] => {
    const added = rawLog().slice(parsed);
    parsed += added.length;
    for (const line of added.split("\n")) if (line !== "") lines.push(JSON.parse(line));
    return lines.slice();
  };
  const ofRequests = (): readonly LogLine[] => logLines().filter((line) => "request_id" in line);
  return {
    rawLog,
    logLines,
    async requestLines(count) {
      await until(`${count} requests are logged`, () => ofRequests().length >= count);
      return ofRequests();
    },
  };
}

export function sign(body: string | Uint8Array, secret: string = SECRET): string {
  return createHmac("sha256", secret).update(body).digest("hex");
}

/** Uses `node:http` rather than `fetch`, because it sends targets and headers unchanged. */
export function send(url: string, target: string, options: RequestOptions = {}): Promise<TestResponse> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { hostname, port, path: target, method: options.method ?? "GET", headers: options.headers, agent: options.agent ?? false },
      (response) => {
        text(response).then(
          (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body, json: tryParse(body) }),
          reject,
        );
      },
    );
    request.on("error", reject);
    request.end(options.body);
  });
}

/** Writes bytes to a new connection and returns everything that the server sends until it closes the connection. */
export function raw(url: string, bytes: string, options: { readonly halfClose?: boolean } = {}): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    let received = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      received += chunk;
    });
    socket.on("end", () => {
      socket.end();
      resolve(received);
    });
    socket.on("error", reject);
    if (options.halfClose) socket.end(bytes, "latin1");
    else socket.write(bytes, "latin1");
  });
}

export function delivery(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { message_id: "m1", from: "+919876543210", to: "+14155550100", ts: "2025-01-15T10:00:00Z", text: "Hello", ...fields };
}

function tryParse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
