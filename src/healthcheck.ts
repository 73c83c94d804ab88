import { get, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";

/** More than the 2 s that the service allows its database, less than the timeout in the image's HEALTHCHECK. */
const TIMEOUT_MS = 4_000;
const DEFAULT_PORT = "8000";

/**
 * Asks the service whether it is ready.
 *
 * @param port - of the service on this machine, as `PORT` has it.
 * @returns undefined where it is ready, else one line that says why not: no answer, or the reasons that it gives.
 */
export async function whyUnhealthy(port: string, options: { readonly timeoutMs: number }): Promise<string | undefined> {
  const { timeoutMs } = options;
  if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535) {
    return `Cannot ask the service: PORT must be the number of the port that it listens on, not ${JSON.stringify(port)}`;
  }
  const url = `http://127.0.0.1:${port}/health/ready`;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const { statusCode, body } = await fetchText(url, signal);
    return statusCode === 200 ? undefined : `${url}: ${statusCode} ${reasonsIn(body)}`;
  } catch (error) {
    if (signal.aborted) return `${url}: no answer within ${timeoutMs} ms`;
    return `${url}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

// Not `fetch`: this runs every few seconds, and starting its machinery takes longer than the whole question.
async function fetchText(url: string, signal: AbortSignal): Promise<{ readonly statusCode: number; readonly body: string }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { agent: false, signal }, resolve).on("error", reject);
  });
  return { statusCode: response.statusCode ?? 0, body: await text(response) };
}

function reasonsIn(body: string): string {
  return body.replaceAll(/\s+/g, " ").slice(0, 1_000);
}

if (import.meta.main) {
  const reason = await whyUnhealthy(process.env["PORT"] || DEFAULT_PORT, { timeoutMs: TIMEOUT_MS });
  if (reason !== undefined) {
    process.stderr.write(`${reason}\n`);
    process.exitCode = 1;
  }
}
