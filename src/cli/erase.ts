import { describeResponse, isTemporary, readResponse, request } from "./request.ts";
import type { EraseCommand } from "./command.ts";
import { EX_CONFIG, EX_FAILURE, EX_OK, EX_UNAVAILABLE } from "./exit-status.ts";
import { loadMessagesService } from "./messages-service.ts";
import type { Terminal } from "./terminal.ts";

/** Long, since a sender may have a million messages. */
const SILENCE_LIMIT_MS = 600_000;

/**
 * Erases one message, or all messages of a sender, and prints how many. Gives the exit status; rejects with `Unreachable` if
 * there is no response.
 */
export async function eraseMessages(terminal: Terminal, { url, what }: EraseCommand): Promise<number> {
  const remote = loadMessagesService(terminal, url);
  if (!remote.ok) {
    for (const problem of remote.error) terminal.complain(problem);
    return EX_CONFIG;
  }
  const { service, headers } = remote.value;
  const target =
    "id" in what ? `/messages/${encodeURIComponent(what.id).replaceAll(".", "%2E")}` : `/messages?from=${encodeURIComponent(what.from)}`;
  const response = await request(service, target, { method: "DELETE", headers, silenceLimitMs: SILENCE_LIMIT_MS });
  const { statusCode } = response;
  const body = await readResponse(service, response);
  if (statusCode !== 200 && statusCode !== 204) {
    terminal.complain(`Cannot erase: the service responded with ${describeResponse(statusCode, body)}`);
    return isTemporary(statusCode) ? EX_UNAVAILABLE : EX_FAILURE;
  }
  await terminal.write(`${statusCode === 204 ? 1 : JSON.parse(body).erased} erased\n`);
  return EX_OK;
}
