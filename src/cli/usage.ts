import type { CommandName } from "./command.ts";

interface Usage {
  /** What may follow the command's name, apart from its options. */
  readonly operand: string;
  /** What the command does, in one line. */
  readonly summary: string;
  /** What `COMMAND --help` prints after its first line. */
  readonly details: string;
}

/** Every command, in the order in which they are listed. */
export const COMMANDS: Readonly<Record<CommandName, Usage>> = {
  serve: {
    operand: "",
    summary: "receive and serve messages; this is the default",
    details: `Receives and serves messages until SIGTERM or SIGINT. Settings are environment
variables, listed in README.md. Only the secret is required.

Examples:
  WEBHOOK_SECRET=testsecret webhook-inbox
  WEBHOOK_SECRET_FILE=secrets.txt PORT=9000 webhook-inbox serve
`,
  },
  send: {
    operand: "",
    summary: "sign and post a message, or a file of them",
    details: `Signs a message, posts it and prints the status and body of the response.

  --url URL      the service; default $WEBHOOK_INBOX_URL
  --id ID        message_id; default a new random one
  --from NUMBER  sender; default +919876543210
  --to NUMBER    recipient; default +14155550100
  --ts TIME      RFC 3339 date-time; default now
  --text TEXT    text; left out by default
  --body JSON    send these bytes unchanged instead of the above
  --file FILE    send each line of FILE unchanged (NDJSON); - is standard input;
                 print the number and response of each refused line, then counts
  --retry        after 429, 502, 503, 504 or no response, wait as long as
                 Retry-After says and retry; give up after 5 minutes of waiting

The secret is $WEBHOOK_SECRET, or the first line of $WEBHOOK_SECRET_FILE.
Exit status: 0 all accepted, 1 at least one refused, 69 no response.

Examples:
  webhook-inbox send --from +15550100 --text "Hello"
  webhook-inbox send --file messages.ndjson --retry
`,
  },
  sign: {
    operand: "[FILE]",
    summary: "print the signature of a body",
    details: `Prints the X-Signature of FILE, or of standard input: the HMAC-SHA256 in
lower-case hex. Every byte of the body counts, including a line feed at its end.

  --standard           print the three headers of Standard Webhooks instead
  --id ID              with --standard: webhook-id; default a new random one
  --timestamp SECONDS  with --standard: Unix time; default now

The secret is $WEBHOOK_SECRET, or the first line of $WEBHOOK_SECRET_FILE.

Examples:
  printf '%s' "$BODY" | webhook-inbox sign
  webhook-inbox sign --standard body.json > headers
  curl -H @headers --data-binary @body.json http://127.0.0.1:8000/webhook
`,
  },
  tail: {
    operand: "",
    summary: "follow messages as they are stored",
    details: `Prints each message as one line of JSON when it is stored, until interrupted.
If the connection is lost, or silent for 40 s, tail reconnects and continues
where it stopped.

  --after N   begin after the sequence number N, the "seq" of a line; 0 begins
              with the first message; default: only messages stored from now on
  --url URL   the service; default $WEBHOOK_INBOX_URL

The token is $API_TOKEN, if the service requires one.
Exit status: 1 refused, 69 no response at the start.

Examples:
  webhook-inbox tail
  webhook-inbox tail --after 0 | jq -r .text
`,
  },
  forward: {
    operand: "",
    summary: "forward each message to another URL as it is stored",
    details: `Posts each message as JSON to another URL, at least once, and in order for each
sender. A status of 2xx accepts a message; otherwise forward retries it after
the time in Retry-After or after growing waits. After a restart it continues
where it stopped. Signs with X-Signature and the headers of Standard Webhooks.

  --to URL            where to post; required
  --position FILE     keeps the position; default webhook-inbox-forward.json
  --after N           if the position FILE does not exist: begin after the
                      sequence number N; default 0, the first message
  --concurrency N     up to N requests at once, of different senders; default 8
  --dead-letter FILE  after --max-attempts, append the message to FILE and
                      continue; without it, retry indefinitely
  --max-attempts N    default 10
  --metrics-port N    serve metrics at http://127.0.0.1:N/metrics; without it,
                      report on standard error every minute
  --url URL           the service; default $WEBHOOK_INBOX_URL

The secret is $FORWARD_SECRET; the token of the service is $API_TOKEN.
Exit status: 1 refused, or FILE cannot be used, 69 no response at the start.

Example:
  FORWARD_SECRET=s3cret webhook-inbox forward --to https://app.example.com/hook
`,
  },
  export: {
    operand: "",
    summary: "print all matching messages, as NDJSON, CSV or JSON",
    details: `Prints the messages ordered by time; without a filter, all of them.

  --format FORMAT  ndjson (default), csv or json
  --from NUMBER    of this sender
  --to NUMBER      to this recipient
  --since TIME     RFC 3339 date-time: at or after that instant
  --until TIME     RFC 3339 date-time: before that instant
  --q TEXT         with TEXT in the text, ignoring case
  --order ORDER    asc (default) or desc (newest first)
  --output FILE    write to FILE, which appears complete or not at all
  --url URL        the service; default $WEBHOOK_INBOX_URL

The token is $API_TOKEN, if the service requires one.
Exit status: 0 complete, 1 refused or not written, 69 no complete response.

Examples:
  webhook-inbox export --format csv --output all.csv
  webhook-inbox export --since 2025-01-15T00:00:00Z --q refund | head
  webhook-inbox export | webhook-inbox send --url http://other:8000 --file -
`,
  },
  erase: {
    operand: "",
    summary: "erase a message, or all messages of a sender",
    details: `Erases messages permanently, for example when a person asks to be forgotten.
SQLite overwrites rows, payloads and search entries; backups keep their copies.
The ids stay known: a repeat is not stored. Prints how many were erased.

  --id ID        the message with this message_id
  --from NUMBER  all messages of this sender
  --url URL      the service; default $WEBHOOK_INBOX_URL

The token is $API_TOKEN: a service without one refuses.
Exit status: 0 erased, 1 refused, or no such message, 69 no response.

Example:
  webhook-inbox erase --from +919876543210
`,
  },
  backup: {
    operand: "FILE",
    summary: "copy the database to FILE, and check the copy",
    details: `Copies the database of $DATABASE_URL to FILE, even while the service runs, and
checks the copy. FILE must not exist; it appears complete and sound, or not at
all.

Example:
  webhook-inbox backup "inbox-$(date +%F).db"
`,
  },
  verify: {
    operand: "[FILE]",
    summary: "check the database, or rebuild its index",
    details: `Checks the database of $DATABASE_URL, or FILE, even while the service runs, and
changes nothing. Exit status: 0 sound, 1 not sound.

  --rebuild  rebuild counters and indexes from the messages; stop the service
             first

Examples:
  webhook-inbox verify
  webhook-inbox verify --rebuild
`,
  },
  copy: {
    operand: "",
    summary: "copy the messages from one database to another",
    details: `Copies all messages with their order, times of receipt and payloads, and the ids
of removed messages, from SQLite to PostgreSQL or back; then compares both
completely. No service may use either database meanwhile. After an interruption,
run copy again to continue. The target must be empty or hold part of this copy.

  --from URL  written like $DATABASE_URL
  --to URL    written like $DATABASE_URL; a missing file or tables are created

Exit status: 0 copied and equal, 1 failed, 78 invalid URL.

Example:
  webhook-inbox copy --from sqlite:////data/app.db \\
    --to postgres://inbox:change-me@127.0.0.1/inbox
`,
  },
  openapi: {
    operand: "",
    summary: "print the OpenAPI document of the HTTP API",
    details: `Prints what GET /openapi.json of this version returns: OpenAPI 3.1, as JSON.
Needs no service and no setting.

Examples:
  webhook-inbox openapi > openapi.json
  webhook-inbox openapi | jq -r '.paths | keys[]'
`,
  },
};

/** Whether a text is the name of a command. */
export function isCommandName(text: string): text is CommandName {
  return Object.hasOwn(COMMANDS, text);
}

/** The command with its operand. */
export function synopsis(name: CommandName): string {
  return `${name} ${COMMANDS[name].operand}`.trimEnd();
}

/** What `--help` prints for a command, or for the program. */
export function usage(name?: CommandName): string {
  if (name === undefined) return PROGRAM;
  const options = /^  --/m.test(COMMANDS[name].details) ? " [OPTIONS]" : "";
  return `Usage: webhook-inbox ${name}${options} ${COMMANDS[name].operand}`.trimEnd() + `\n\n${COMMANDS[name].details}`;
}

const LIST = Object.keys(COMMANDS)
  .filter(isCommandName)
  .map((name) => `  ${synopsis(name).padEnd(16)} ${COMMANDS[name].summary}\n`)
  .join("");

const PROGRAM = `Usage: webhook-inbox [COMMAND]

${LIST}
  COMMAND --help   the options of a command, and examples
  -h, --help       print this
  --version        print the version

send, tail, forward, export and erase use the service at $WEBHOOK_INBOX_URL, by
default http://127.0.0.1:8000.
Exit status: 0 success, 1 failure, 64 invalid command line, 69 no response from
the service, 78 invalid setting, 128 + N ended by signal N.

Examples:
  WEBHOOK_SECRET=testsecret webhook-inbox
  WEBHOOK_SECRET=testsecret webhook-inbox send --text Hello
  webhook-inbox export --format csv --output messages.csv
`;
