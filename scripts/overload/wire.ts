import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { BENCH_SECRET } from "../bench/messages.ts";

/** A whole signed delivery as bytes. */
export function signedPost(id: string, options: { readonly text?: string; readonly headers?: string; readonly signature?: string } = {}): string {
  const body = JSON.stringify({ message_id: id, from: "+919876543210", to: "+14155550100", ts: "2025-01-15T10:00:00Z", text: options.text ?? "Hello" });
  const signature = options.signature ?? createHmac("sha256", BENCH_SECRET).update(body).digest("hex");
  return `POST /webhook HTTP/1.1\r\nHost: x\r\nX-Signature: ${signature}\r\n${options.headers ?? ""}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** `wanted`, or the number of connections that this process can open, with some descriptors and local ports left over. */
export function affordable(wanted: number): number {
  const descriptors = Number(/^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]);
  const [low = 32_768, high = 60_999] = readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").split(/\s+/).map(Number);
  return Math.max(1, Math.min(wanted, descriptors - 500, high - low - 5_000));
}

/** Clients that belong to one attack. */
export interface Crowd {
  readonly sockets: readonly Socket[];
  /** How many connections the service has closed or reset so far. */
  closed(): number;
  /** How many responses with each status have arrived so far. */
  statuses(): Readonly<Record<string, number>>;
  end(): void;
}

export interface CrowdOptions {
  readonly port: number;
  readonly count: number;
  /** Called for each client once its connection is open. */
  readonly act: (socket: Socket, index: number) => void;
  /** False for clients that do not read their responses. */
  readonly reads?: boolean;
  /** Whether to reconnect when the service closes the connection. */
  readonly reconnects?: boolean;
}

const RECONNECT_MS = 500;

/** Opens the connections in groups, so that all of them fit into the listen queue. */
export async function gather(options: CrowdOptions): Promise<Crowd> {
  const sockets: Socket[] = [];
  const statuses: Record<string, number> = {};
  let closed = 0;
  let over = false;

  function open(index: number): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect({ host: "127.0.0.1", port: options.port, noDelay: true, allowHalfOpen: true });
      sockets[index] = socket;
      socket.on("error", () => undefined);
      socket.on("end", () => socket.destroy());
      socket.on("close", () => {
        closed += 1;
        resolve();
        if (options.reconnects === true) setTimeout(() => void (over || open(index)), RECONNECT_MS);
      });
      socket.on("connect", () => {
        if (options.reads === false) socket.pause();
        else socket.setEncoding("latin1").on("data", count);
        options.act(socket, index);
        resolve();
      });
    });
  }

  function count(text: string): void {
    for (const [, status = ""] of text.matchAll(/HTTP\/1\.1 (\d{3}) /g)) statuses[status] = (statuses[status] ?? 0) + 1;
  }

  for (let index = 0; index < options.count; index += 200) {
    const group = Array.from({ length: Math.min(200, options.count - index) }, (_, offset) => open(index + offset));
    await Promise.race([Promise.all(group), pause(2_000)]);
  }
  return {
    sockets,
    closed: () => closed,
    statuses: () => statuses,
    end() {
      over = true;
      for (const socket of sockets) socket.resetAndDestroy();
    },
  };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export interface TimedResponse {
  /** 0 if there was no response. */
  readonly status: number;
  readonly ms: number;
  readonly text: string;
}

/** Sends one request on its own connection, as a health checker does. */
export function exchange(port: number, request: string, timeoutMs = 10_000): Promise<TimedResponse> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    let text = "";
    const timer = setTimeout(() => socket.destroy(), timeoutMs);
    socket.setEncoding("latin1");
    socket.on("connect", () => socket.write(request));
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), ms: performance.now() - startedAt, text });
    });
  });
}

export function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
}
