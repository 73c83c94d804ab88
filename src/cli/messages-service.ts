import { loadApiToken } from "../config.ts";
import type { Outcome } from "../core/outcome.ts";
import { loadServiceUrl } from "./service-url.ts";
import type { Terminal } from "./terminal.ts";

/** Where messages are read, and the headers that let one read them. */
export interface MessagesService {
  readonly service: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** `url` wins over the environment. Refusal: a line a problem. */
export function loadMessagesService(
  { env, complain }: Pick<Terminal, "env" | "complain">,
  url: URL | undefined,
): Outcome<MessagesService, readonly string[]> {
  const service = url === undefined ? loadServiceUrl(env) : ({ ok: true, value: url } as const);
  const token = loadApiToken(env, complain);
  if (!service.ok || !token.ok) return { ok: false, error: [service, token].flatMap((outcome) => (outcome.ok ? [] : [outcome.error])) };
  const headers = token.value === undefined ? {} : { Authorization: `Bearer ${token.value}` };
  return { ok: true, value: { service: service.value, headers } };
}
