import { get, type IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";
import { text } from "node:stream/consumers";

/** More than the 2 s that the service allows its database, less than the timeout in the image's HEALTHCHECK. */
const TIMEOUT_MS = 4_000;
const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_PORT = "8000";

/** The address at which the service listens, from `HOST` and `PORT`. */
export interface Listening {
  readonly host: string;
  readonly port: string;
}

/**
 * Checks whether the service on this machine is ready.
 *
 * @returns undefined if it is ready, otherwise one line with the reason: no response, or the reasons in the response.
 */
export async function whyUnhealthy({ host, port }: Listening, options: { readonly timeoutMs: number }): Promise<string | undefined> {
  const { timeoutMs } = options;
  if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    return `Cannot check the service: PORT must be the number of the port that it listens on, not ${JSON.stringify(port)}`;
  }
  const address = reachable(host);
  const url = `http://${isIPv6(address) ? `[${address}]` : address}:${Number(port)}/health/ready`;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const { statusCode, body } = await fetchText({ host: address, port: Number(port), path: "/health/ready" }, signal);
    return statusCode === 200 ? undefined : `${url}: ${statusCode} ${reasonsIn(body)}`;
  } catch (error) {
    if (signal.aborted) return `${url}: no response within ${timeoutMs} ms`;
    return `${url}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The address at which to reach the service: the loopback address if it listens on every address. */
function reachable(host: string): string {
  const name = isIPv6(host) ? `[${host.split("%")[0]}]` : host;
  // In any notation: 0, 0x0 and 0:0:0:0:0:0:0:0 are the same addresses.
  const spelled = URL.parse(`http://${name}`)?.hostname;
  if (spelled === "0.0.0.0" || spelled === "[::ffff:0:0]") return "127.0.0.1";
  return spelled === "[::]" ? "::1" : host;
}

// Not `fetch`: this runs every few seconds, and loading `fetch` takes longer than the whole request.
async function fetchText(
  target: { readonly host: string; readonly port: number; readonly path: string },
  signal: AbortSignal,
): Promise<{ readonly statusCode: number; readonly body: string }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ ...target, agent: false, signal }, resolve).on("error", reject);
  });
  return { statusCode: response.statusCode ?? 0, body: await text(response) };
}

function reasonsIn(body: string): string {
  return body.replaceAll(/\s+/g, " ").slice(0, 1_000);
}

if (import.meta.main) {
  // As for the service, white space is treated as unset.
  const { HOST = "", PORT = "" } = process.env;
  const listening = { host: HOST.trim() === "" ? DEFAULT_HOST : HOST, port: PORT.trim() === "" ? DEFAULT_PORT : PORT };
  const reason = await whyUnhealthy(listening, { timeoutMs: TIMEOUT_MS });
  if (reason !== undefined) {
    process.stderr.write(`${reason}\n`);
    process.exitCode = 1;
  }
}
