// For container-check.sh.
//   container-load.ts send URL LEDGER    posts signed messages until the service ends, and records the status of every response
//   container-load.ts verify URL LEDGER  compares the messages that the service has with those responses
import { createHmac, randomUUID } from "node:crypto";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";

const CONNECTIONS = 32;
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

interface Response {
  readonly status: number;
  readonly body: string;
}

/** One line of the ledger; the status 0 means that there was no response, so the message may be stored or not. */
interface Entry {
  readonly id: string;
  readonly status: number;
}

function exchange(url: string, options: { readonly headers?: Record<string, string>; readonly body?: string } = {}): Promise<Response> {
  const { headers, body } = options;
  return new Promise((resolve, reject) => {
    request(url, { agent, method: body === undefined ? "GET" : "POST", ...(headers !== undefined && { headers }) }, (response) => {
      text(response).then((received) => resolve({ status: response.statusCode ?? 0, body: received }), reject);
    })
      .on("error", reject)
      .end(body);
  });
}

function bodyOf(id: string): string {
  return JSON.stringify({ message_id: id, from: "+919876543210", to: "+14155550100", ts: "2025-01-15T10:00:00Z", text: `Text of ${id}` });
}

async function send(url: string, ledgerPath: string): Promise<void> {
  const secret = process.env["WEBHOOK_SECRET"] ?? "";
  const run = randomUUID();
  const ledger = openSync(ledgerPath, "w");
  const counts = { stored: 0, refused: 0, inDoubt: 0 };
  let sent = 0;

  async function sender(): Promise<void> {
    for (;;) {
      const id = `${run}-${sent++}`;
      const body = bodyOf(id);
      const signature = createHmac("sha256", secret).update(body).digest("hex");
      const status = await exchange(`${url}/webhook`, { headers: { "X-Signature": signature }, body }).then(
        (response) => response.status,
        () => 0,
      );
      writeSync(ledger, `${JSON.stringify({ id, status } satisfies Entry)}\n`);
      if (status === 200) counts.stored += 1;
      else if (status === 0) counts.inDoubt += 1;
      else counts.refused += 1;
      if (status === 0) return;
    }
  }

  await Promise.all(Array.from({ length: CONNECTIONS }, sender));
  closeSync(ledger);
  process.stdout.write(`${counts.stored} messages got 200, ${counts.refused} were refused, ${counts.inDoubt} got no response\n`);
}

async function verify(url: string, ledgerPath: string): Promise<void> {
  const entries: Entry[] = readFileSync(ledgerPath, "utf8").split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  const problems: string[] = [];

  async function check({ id, status }: Entry): Promise<void> {
    const response = await exchange(`${url}/messages/${id}`);
    if (status === 200 && response.status !== 200) problems.push(`${id}: it got 200, but reading it gives ${response.status}`);
    else if (status === 200 && JSON.parse(response.body).text !== `Text of ${id}`) problems.push(`${id}: its text is not what was sent`);
    else if (status > 200 && response.status !== 404) problems.push(`${id}: it got ${status}, but reading it gives ${response.status}`);
  }

  const waiting = entries.values();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      for (const entry of waiting) await check(entry);
    }),
  );
  const stored = entries.filter((entry) => entry.status === 200).length;
  if (stored === 0) problems.push("no message got 200, so nothing was tested");
  for (const problem of problems.slice(0, 10)) process.stderr.write(`${problem}\n`);
  process.stdout.write(`${stored} messages got 200, ${problems.length} problems\n`);
  if (problems.length > 0) process.exitCode = 1;
}

const [mode, url = "", ledgerPath = ""] = process.argv.slice(2);
if (mode === "send") await send(url, ledgerPath);
else if (mode === "verify") await verify(url, ledgerPath);
else {
  process.stderr.write("Usage: container-load.ts send|verify URL LEDGER\n");
  process.exitCode = 2;
}
agent.destroy();
