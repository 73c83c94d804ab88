import type { Handler } from "../message.ts";
import { json } from "../respond.ts";

/** `GET /health/live`: the process runs. */
export const live: Handler = () => json({ status: "ok" });

/** `GET /health/ready`: `reasons` gives why the service cannot take messages now; empty if it can. */
export function createReady(reasons: () => Promise<readonly string[]>): Handler {
  return async () => {
    const given = await reasons();
    if (given.length === 0) return json({ status: "ok" });
    return { status: 503, body: JSON.stringify({ status: "unavailable", reasons: given }), headers: { "Retry-After": "1" } };
  };
}
