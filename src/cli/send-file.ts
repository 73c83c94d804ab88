import { createReadStream } from "node:fs";
import { describeResponse, Unreachable } from "./request.ts";
import type { Deliverer } from "./deliver.ts";
import { EX_FAILURE, EX_OK } from "./exit-status.ts";
import { splitLines, withoutLineEnd } from "./lines.ts";
import { withProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/** The service commits together what arrives together. */
const AT_ONCE = 32;
const SHOWN_REFUSALS = 20;

export interface SendFileOptions {
  /** `-` is standard input. */
  readonly file: string;
  readonly deliver: Deliverer;
}

/**
 * Posts each line of a file unchanged, several at once; skips blank lines. Prints the first refused lines' numbers, and the
 * counts. Ends early if there is no response, or if the signature is refused, since the next one would be refused too.
 *
 * Gives the exit status; rejects if the file cannot be read, and with `Unreachable` if there is no response.
 */
export async function sendFile(terminal: Terminal, { file, deliver }: SendFileOptions): Promise<number> {
  const lines = splitLines(file === "-" ? terminal.input() : createReadStream(file));
  let lineNumber = 0;
  let accepted = 0;
  let refused = 0;
  let stopped = false;

  async function sendInTurn(): Promise<void> {
    // Not `for await`: when one of these loops fails, that would first wait for a read that another loop has begun.
    for (let next = await lines.next(); !next.done && !stopped; next = await lines.next()) {
      lineNumber += 1;
      const number = lineNumber;
      const body = withoutLineEnd(next.value);
      if (body.every(isBlank)) continue;
      const response = await deliver.post(body);
      if (response.status === 200) {
        accepted += 1;
        continue;
      }
      refused += 1;
      if (refused <= SHOWN_REFUSALS) terminal.complain(`line ${number}: ${describeResponse(response.status, response.body)}`);
      if (response.status === 401) stopped = true;
    }
  }

  async function sendAll(): Promise<void> {
    try {
      await Promise.all(Array.from({ length: AT_ONCE }, sendInTurn));
    } finally {
      stopped = true;
    }
  }

  const summary = (): string => `${accepted} accepted, ${refused} refused`;
  try {
    await withProgress(terminal, "send", { share: () => `${accepted + refused} messages`, result: sendAll() });
  } catch (error) {
    if (error instanceof Unreachable) {
      terminal.complain(`${summary()} so far; to continue, send the same file again: no message is stored twice`);
    }
    throw error;
  }
  if (refused > SHOWN_REFUSALS) terminal.complain(`and ${refused - SHOWN_REFUSALS} more`);
  await terminal.write(`${summary()}\n`);
  return refused === 0 ? EX_OK : EX_FAILURE;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09;
}
