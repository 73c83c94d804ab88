import { createServer, type Server } from "node:http";
import type { ForwardCounts } from "./forward-post.ts";

export interface ForwardState extends ForwardCounts {
  readonly waiting: number;
  readonly after: number;
}

/** One line for people. */
export function describeForward({ delivered, failedAttempts, deadLetters, waiting, after }: ForwardState): string {
  return `forwarded ${delivered}, failed attempts ${failedAttempts}, dead letters ${deadLetters}, waiting ${waiting}, position ${after}`;
}

/** Prometheus text 0.0.4. */
export function exposeForward({ delivered, failedAttempts, deadLetters, waiting, after }: ForwardState): string {
  return `# HELP webhook_forward_messages_total Messages that were delivered, or given up as dead letters, by result.
# TYPE webhook_forward_messages_total counter
webhook_forward_messages_total{result="delivered"} ${delivered}
webhook_forward_messages_total{result="dead_letter"} ${deadLetters}
# HELP webhook_forward_failed_attempts_total Attempts that the receiver did not accept.
# TYPE webhook_forward_failed_attempts_total counter
webhook_forward_failed_attempts_total ${failedAttempts}
# HELP webhook_forward_waiting_messages Messages that were read and are neither delivered nor given up yet.
# TYPE webhook_forward_waiting_messages gauge
webhook_forward_waiting_messages ${waiting}
# HELP webhook_forward_position Every message up to this sequence number was delivered or given up.
# TYPE webhook_forward_position gauge
webhook_forward_position ${after}
`;
}

/** Serves the metrics at `/metrics` on localhost. Rejects if the port cannot be used. */
export async function serveForwardMetrics(port: number, state: () => ForwardState): Promise<Server> {
  const server = createServer((request, response) => {
    const isMetrics = request.url === "/metrics" && (request.method === "GET" || request.method === "HEAD");
    const body = isMetrics ? exposeForward(state()) : "not found\n";
    response.writeHead(isMetrics ? 200 : 404, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" }).end(body);
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return server;
}
