import type { TailCommand } from "./command.ts";
import { EX_CONFIG } from "./exit-status.ts";
import { follow } from "./follow.ts";
import { loadMessagesService } from "./messages-service.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Prints each message as it is stored. Ends only if the service refuses, or cannot be reached at first, and then gives the exit
 * status. Rejects if standard output cannot be written.
 */
export async function tail(terminal: Terminal, { url, after }: TailCommand): Promise<number> {
  const remote = loadMessagesService(terminal, url);
  if (!remote.ok) {
    for (const problem of remote.error) terminal.complain(problem);
    return EX_CONFIG;
  }
  return follow(terminal, {
    remote: remote.value,
    from: after === undefined ? undefined : { after },
    take: (line) => terminal.write(line),
  });
}
