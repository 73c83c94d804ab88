import { loadApiToken } from "../config.ts";
import type { Outcome } from "../core/outcome.ts";
import { loadServiceUrl } from "./service-url.ts";
import type { Terminal } from "./terminal.ts";

/** The service that messages are read from, and the headers that grant access. */
export interface MessagesService {
  readonly service: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** `url` takes precedence over the environment. A refusal has one line per problem. */
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
