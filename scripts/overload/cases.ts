import { once } from "node:events";
import type { Socket } from "node:net";
import type { OverloadCase } from "./case.ts";
import { SMUGGLED_IDS, SMUGGLING } from "./smuggling.ts";
import { affordable, exchange, gather, get, signedPost, type Crowd } from "./wire.ts";

/** Keeps writing as fast as the service reads. */
function pour(socket: Socket, bytes: Buffer | string): void {
  function fill(): void {
    while (!socket.destroyed && socket.write(bytes));
  }
  socket.on("drain", fill);
  fill();
}

/** Writes a little again and again, until the connection is closed. */
function drip(socket: Socket, text: string, everyMs: number): void {
  const timer = setInterval(() => socket.write(text), everyMs);
  socket.once("close", () => clearInterval(timer));
}

let messages = 0;

/** Sends 40 deliveries whenever half of those before have their responses. */
function flood(socket: Socket): void {
  let awaited = 0;
  function send(): void {
    awaited += 40;
    socket.write(Array.from({ length: 40 }, () => signedPost(`many ${(messages += 1)}`)).join(""));
  }
  socket.on("data", (text: string) => {
    awaited -= text.split("HTTP/1.1 ").length - 1;
    if (awaited <= 20) send();
  });
  send();
}

const KEEP_OPEN = "GET /health/live HTTP/1.1\r\nHost: x\r\nA: ";

function requireStatus(crowd: Crowd, status: string): string | undefined {
  return (crowd.statuses()[status] ?? 0) > 0 ? undefined : `no client of the attack got ${status}`;
}

/** Every 503 must say when to try again. */
async function requireRetryAfter(port: number, request: string): Promise<string | undefined> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const response = await exchange(port, request);
    if (response.status === 503) return /^Retry-After: \d+\r$/m.test(response.text) ? undefined : "a 503 has no Retry-After";
  }
  return undefined;
}

export const CASES: readonly OverloadCase[] = [
  {
    name: "more connections than file descriptors (256), silent, reconnecting",
    maxDescriptors: 256,
    growthMiB: 120,
    attack: ({ port }) => gather({ port, count: affordable(1_000), reconnects: true, act: () => undefined }),
  },
  {
    name: "10,000 silent and slow clients",
    seconds: 12,
    growthMiB: 300,
    attack: ({ port }) =>
      gather({
        port,
        count: affordable(10_000),
        reconnects: true,
        act: (socket, index) => {
          if (index % 2 === 0) return;
          socket.write(KEEP_OPEN);
          drip(socket, "a", 1_000);
        },
      }),
  },
  {
    name: "senders that stop within a body of 250 KB",
    growthMiB: 250,
    attack: ({ port }) =>
      gather({ port, count: affordable(2_000), act: (socket) => socket.write(`POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 250001\r\n\r\n${"x".repeat(250_000)}`) }),
    check: async (_service, crowd) => requireStatus(crowd, "503"),
  },
  {
    name: "bodies in chunks of one byte",
    growthMiB: 150,
    attack: ({ port }) =>
      gather({ port, count: 100, act: (socket) => socket.write(`POST /webhook HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${"1\r\nx\r\n".repeat(15_000)}`) }),
  },
  {
    name: "giant and endless chunked bodies",
    // The limit for partly read bodies is 64 MiB, and each client has up to 128 KB that are read and not yet discarded.
    growthMiB: 250,
    attack: ({ port }) =>
      gather({
        port,
        count: 200,
        reconnects: true,
        act: (socket) => {
          socket.write("POST /webhook HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
          pour(socket, `ffff\r\n${"x".repeat(0xffff)}\r\n`);
        },
      }),
    check: async (_service, crowd) => requireStatus(crowd, "413"),
  },
  {
    name: "far more deliveries than can be committed",
    growthMiB: 450,
    mayRefuse: true,
    responseMs: 10_000,
    seconds: 8,
    // The flood begins once all connections are accepted: Node accepts one in each iteration of its event loop, and this attack
    // makes the iterations long.
    async attack({ port }) {
      const accepted: Promise<unknown>[] = [];
      const crowd = await gather({
        port,
        count: 200,
        act: (socket) => {
          accepted.push(once(socket, "data"));
          socket.write(signedPost(`many ${(messages += 1)}`));
        },
      });
      await Promise.all(accepted);
      for (const socket of crowd.sockets) flood(socket);
      return crowd;
    },
    check: async ({ port }, crowd) => requireStatus(crowd, "503") ?? requireRetryAfter(port, signedPost("late", { headers: "Connection: close\r\n" })),
  },
  {
    name: "a flood of bad signatures",
    growthMiB: 150,
    storesOnlyGood: true,
    attack: ({ port }) =>
      gather({ port, count: 64, reconnects: true, act: (socket) => pour(socket, signedPost("bad", { signature: "0".repeat(64) })) }),
    check: async (_service, crowd) => requireStatus(crowd, "401"),
  },
  ...["/metrics", "/health/ready", "/messages?q=zz", "/nope"].map((target): OverloadCase => ({
    name: `endless pipelined requests for ${target}, responses not read`,
    growthMiB: 350,
    responseMs: 5_000,
    attack: ({ port }) =>
      gather({ port, count: 100, reads: false, reconnects: true, act: (socket) => pour(socket, `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(1_000)) }),
  })),
  {
    name: "large responses that nobody reads",
    growthMiB: 350,
    async attack({ port }) {
      for (let index = 0; index < 100; index += 1) {
        await exchange(port, signedPost(`large ${index}`, { text: "\u{1F600}".repeat(4_096), headers: "Connection: close\r\n" }));
      }
      return gather({ port, count: 100, reads: false, act: (socket) => socket.write("GET /messages?limit=100 HTTP/1.1\r\nHost: x\r\n\r\n".repeat(16)) });
    },
    check: async ({ port }) => {
      const response = await exchange(port, get("/messages?limit=1"));
      return response.status === 503 ? undefined : `another reader got ${response.status}, not 503`;
    },
  },
  {
    name: "sockets half-closed after a request, within one, and without one",
    growthMiB: 150,
    attack: ({ port }) =>
      gather({ port, count: affordable(3_000), reconnects: true, act: (socket, index) => socket.end([get("/stats"), KEEP_OPEN, ""][index % 3] ?? "") }),
    check: async (_service, crowd) => requireStatus(crowd, "200") ?? requireStatus(crowd, "400"),
  },
  {
    name: "header floods: endless headers, and 15 KB of headers that are never completed",
    growthMiB: 250,
    responseMs: 5_000,
    attack: ({ port }) =>
      gather({
        port,
        count: affordable(3_000),
        reconnects: true,
        act: (socket, index) => {
          if (index % 10 === 0) pour(socket, `GET / HTTP/1.1\r\nHost: x\r\n${"A: b\r\n".repeat(5_000)}`);
          else socket.write(`GET / HTTP/1.1\r\nHost: x\r\n${"A: b\r\n".repeat(2_500)}`);
        },
      }),
    check: async (_service, crowd) => requireStatus(crowd, "431"),
  },
  {
    name: `smuggled requests (${SMUGGLING.length} spellings)`,
    growthMiB: 100,
    storesOnlyGood: true,
    attack: ({ port }) => gather({ port, count: SMUGGLING.length, act: (socket, index) => socket.write(SMUGGLING[index] ?? "", "latin1") }),
    async check({ port }, crowd) {
      for (const id of SMUGGLED_IDS) {
        const response = await exchange(port, get(`/messages/${id}`));
        if (response.status !== 404) return `a smuggled request was served: ${JSON.stringify(SMUGGLING[SMUGGLED_IDS.indexOf(id)])}`;
      }
      const { 400: refused = 0 } = crowd.statuses();
      return refused === SMUGGLING.length ? undefined : `${refused} of ${SMUGGLING.length} got 400`;
    },
  },
];
