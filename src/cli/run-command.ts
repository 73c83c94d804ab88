import { Unreachable } from "./request.ts";
import { isBrokenPipe } from "./broken-pipe.ts";
import type { Task } from "./command.ts";
import { copy } from "./copy.ts";
import { eraseMessages } from "./erase.ts";
import { EX_FAILURE, EX_OK, EX_UNAVAILABLE } from "./exit-status.ts";
import { saveExport } from "./export.ts";
import { describeError } from "./file-errors.ts";
import { forward } from "./forward.ts";
import { printOpenApi } from "./openapi.ts";
import { runOnDatabase } from "./run-on-database.ts";
import { send } from "./send.ts";
import { sign } from "./sign.ts";
import { tail } from "./tail.ts";
import type { Terminal } from "./terminal.ts";

/** Runs a command to its end and gives the exit status, after reporting what went wrong. */
export async function runCommand(command: Task, terminal: Terminal): Promise<number> {
  try {
    return await dispatch(command, terminal);
  } catch (error) {
    if (isBrokenPipe(error)) return EX_OK;
    terminal.complain(describeError(error));
    return error instanceof Unreachable ? EX_UNAVAILABLE : EX_FAILURE;
  }
}

function dispatch(command: Task, terminal: Terminal): Promise<number> {
  switch (command.name) {
    case "send":
      return send(terminal, command);
    case "sign":
      return sign(terminal, command);
    case "tail":
      return tail(terminal, command);
    case "forward":
      return forward(terminal, command);
    case "export":
      return saveExport(terminal, command);
    case "erase":
      return eraseMessages(terminal, command);
    case "backup":
    case "verify":
      return runOnDatabase(command, terminal);
    case "copy":
      return copy(terminal, command);
    case "openapi":
      return printOpenApi(terminal);
  }
}
