import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { loadSecrets } from "../config.ts";
import { signHex, signStandard } from "../signature/sign.ts";
import type { SignCommand } from "./command.ts";
import { EX_CONFIG, EX_OK } from "./exit-status.ts";
import type { Terminal } from "./terminal.ts";

/** Prints the signature of a body, or the headers that sign it. Gives the exit status; rejects if the body cannot be read. */
export async function sign(terminal: Terminal, { file, standard }: SignCommand): Promise<number> {
  const secrets = loadSecrets(terminal.env, terminal.complain);
  if (!secrets.ok) {
    terminal.complain(secrets.error);
    return EX_CONFIG;
  }
  const secret = secrets.value.current;
  const body = file === undefined ? await buffer(terminal.input()) : readFileSync(file);
  if (standard === undefined) {
    await terminal.write(`${signHex(body, secret)}\n`);
    return EX_OK;
  }
  const { id = `msg_${randomBytes(16).toString("hex")}`, timestampSeconds = Math.floor(Date.now() / 1000) } = standard;
  const signature = signStandard(body, { id, timestampSeconds, secret });
  await terminal.write(`webhook-id: ${id}\nwebhook-timestamp: ${timestampSeconds}\nwebhook-signature: ${signature}\n`);
  return EX_OK;
}
