import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { loadSecrets } from "../config.ts";
import type { MessageFields, SendCommand } from "./command.ts";
import { describeResponse } from "./request.ts";
import { createDeliverer } from "./deliver.ts";
import { EX_CONFIG, EX_FAILURE, EX_OK } from "./exit-status.ts";
import { sendFile } from "./send-file.ts";
import { loadServiceUrl } from "./service-url.ts";
import type { Terminal } from "./terminal.ts";

/** Signs and posts one message, or those of a file. Gives the exit status; rejects with `Unreachable` if there is no response. */
export async function send(terminal: Terminal, { url, what, retry }: SendCommand): Promise<number> {
  const secrets = loadSecrets(terminal.env, terminal.complain);
  const service = url === undefined ? loadServiceUrl(terminal.env) : ({ ok: true, value: url } as const);
  const problems = [secrets, service].flatMap((outcome) => (outcome.ok ? [] : [outcome.error]));
  for (const problem of problems) terminal.complain(problem);
  if (!secrets.ok || !service.ok) return EX_CONFIG;
  const deliver = createDeliverer({ service: service.value, secret: secrets.value.current, retry, wait: terminal.wait });
  try {
    if ("file" in what) return await sendFile(terminal, { file: what.file, deliver });
    const { status, body } = await deliver.post(Buffer.from("body" in what ? what.body : JSON.stringify(makeMessage(what.fields))));
    await terminal.write(`${describeResponse(status, body)}\n`);
    return status === 200 ? EX_OK : EX_FAILURE;
  } finally {
    deliver.close();
  }
}

function makeMessage({ id, from, to, ts, text }: MessageFields): Readonly<Record<string, string>> {
  return {
    message_id: id ?? `send-${randomBytes(16).toString("hex")}`,
    from: from ?? "+919876543210",
    to: to ?? "+14155550100",
    ts: ts ?? new Date().toISOString().replace(/\.\d+Z$/, "Z"),
    ...(text !== undefined && { text }),
  };
}
