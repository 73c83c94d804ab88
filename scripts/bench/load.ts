import { connect, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { createMessages, toRequest, type IdOrder } from "./messages.ts";

/** The result that the load generator prints, as one line of JSON. */
export interface LoadResult {
  readonly answered: number;
  readonly refused: number;
  readonly seconds: number;
  /** In milliseconds; in an open loop from the time at which the request was due, so that a stall counts for every request that it delays. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

const { values } = parseArgs({
  options: {
    port: { type: "string" },
    connections: { type: "string", default: "64" },
    messages: { type: "string" },
    /** Requests a second of an open loop; 0 is a closed loop. */
    rate: { type: "string", default: "0" },
    order: { type: "string", default: "growing" },
    seed: { type: "string", default: "1" },
  },
});
const port = Number(values.port);
const count = Number(values.messages);
const rate = Number(values.rate);
const order: IdOrder = values.order === "random" ? "random" : "growing";

const create = createMessages({ seed: Number(values.seed), order, startMs: Date.now(), perSecond: rate === 0 ? 10_000 : rate });
// A closed loop signs all requests in advance. An open loop has time to sign each one, and may send more than memory can hold.
const requests = rate === 0 ? Array.from({ length: count }, (_, index) => toRequest(create(index))) : undefined;
const latencies = new Float64Array(count);
let next = 0;
let answered = 0;
let refused = 0;
let ended = false;
const idle: Socket[] = [];
const sockets = await Promise.all(Array.from({ length: Number(values.connections) }, open));
const done = Promise.withResolvers<void>();
const startedAt = performance.now();
if (rate === 0) for (const socket of sockets) send(socket, startedAt);
else keepRate();
// An open loop may be stopped early.
process.once("SIGTERM", () => done.resolve());
await done.promise;
ended = true;
const seconds = (performance.now() - startedAt) / 1000;
for (const socket of sockets) socket.destroy();

const measured = latencies.subarray(0, answered + refused).sort();
const quantile = (share: number): number => measured[Math.min(measured.length - 1, Math.floor(measured.length * share))] ?? NaN;
const result: LoadResult = { answered, refused, seconds, p50: quantile(0.5), p99: quantile(0.99), p999: quantile(0.999) };
process.stdout.write(`${JSON.stringify(result)}\n`);

function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true }, () => resolve(socket));
    socket.on("error", reject);
    idle.push(socket);
  });
}

function send(socket: Socket, dueAt: number): void {
  if (next === count) return;
  const request = requests === undefined ? toRequest(create(next)) : requests[next];
  if (request === undefined) return;
  next += 1;
  socket.write(request);
  socket.once("data", (response: Buffer) => {
    const now = performance.now();
    latencies[answered + refused] = now - dueAt;
    // The status is at a fixed position of the first line: "HTTP/1.1 200".
    if (response.toString("latin1", 9, 12) === "200") answered += 1;
    else refused += 1;
    if (answered + refused === count) done.resolve();
    else if (rate === 0) send(socket, now);
    else idle.push(socket);
  });
}

/**
 * Sends requests that are due on any free connection; if there is none, they are sent late, and the wait counts. Checks once
 * a millisecond: a loop that never sleeps would take a CPU from the service.
 */
function keepRate(): void {
  const due = Math.min(count, Math.floor(((performance.now() - startedAt) / 1000) * rate));
  while (next < due) {
    const socket = idle.pop();
    if (socket === undefined) break;
    send(socket, startedAt + (next / rate) * 1000);
  }
  if (next < count && !ended) setTimeout(keepRate, 1);
}
