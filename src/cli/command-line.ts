import { parseArgs } from "node:util";
import type { Outcome } from "../core/outcome.ts";
import type {
  Command, CommandName, EraseCommand, ExportCommand, ExportFormat, ForwardCommand, SendCommand, SignCommand,
} from "./command.ts";
import { parseServiceUrl } from "./service-url.ts";
import { isCommandName } from "./usage.ts";

const TEXT = { type: "string" } as const;
const FLAG = { type: "boolean" } as const;

/** The options of all commands. An option has the same type in every command that has it. */
const OPTIONS = {
  help: { type: "boolean", short: "h" },
  version: FLAG,
  url: TEXT,
  id: TEXT,
  from: TEXT,
  to: TEXT,
  ts: TEXT,
  text: TEXT,
  body: TEXT,
  file: TEXT,
  retry: FLAG,
  standard: FLAG,
  timestamp: TEXT,
  after: TEXT,
  format: TEXT,
  since: TEXT,
  until: TEXT,
  q: TEXT,
  order: TEXT,
  output: TEXT,
  rebuild: FLAG,
  position: TEXT,
  concurrency: TEXT,
  "max-attempts": TEXT,
  "dead-letter": TEXT,
  "metrics-port": TEXT,
} as const;

const FIELDS = ["id", "from", "to", "ts", "text"] as const;
const FILTERS = ["from", "to", "since", "until", "q", "order"] as const;

/** The options of each command, besides `help`. */
export const OPTIONS_OF: Readonly<Record<CommandName, readonly string[]>> = {
  serve: [],
  send: ["url", ...FIELDS, "body", "file", "retry"],
  sign: ["standard", "id", "timestamp"],
  tail: ["url", "after"],
  forward: ["to", "url", "position", "after", "concurrency", "dead-letter", "max-attempts", "metrics-port"],
  export: ["url", "format", ...FILTERS, "output"],
  erase: ["url", "id", "from"],
  backup: [],
  verify: ["rebuild"],
  copy: ["from", "to"],
  openapi: [],
};

/** A value, or what is wrong with it. */
type Parsed<T> = Outcome<T, string>;
type Values = ReturnType<typeof parse>["values"];

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
}

/** Parses the arguments after the program's name. A refusal is one line that says what is wrong. */
export function parseCommandLine(args: readonly string[]): Parsed<Command> {
  let parsed;
  try {
    parsed = parse(args);
  } catch (error) {
    // Some of Node's messages end with advice on positional arguments that begin with a dash, which no command needs.
    const [text = ""] = (error instanceof Error ? error.message : String(error)).split(/\.?(?: To specify a positional argument|$)/);
    const [first = ""] = args;
    return refuse(text, isCommandName(first) ? first : undefined);
  }
  const { values, positionals } = parsed;
  const [name = "serve", ...files] = positionals;
  if (!isCommandName(name)) {
    if (values.help) return { ok: true, value: { name: "help", of: undefined } };
    return refuse(`Unknown command ${JSON.stringify(name)}`);
  }
  if (values.help) return { ok: true, value: { name: "help", of: positionals.length === 0 ? undefined : name } };
  if (values.version) return { ok: true, value: { name: "version" } };
  const command = refuseUnknownOption(name, values) ?? readCommand(name, values, files);
  return command.ok ? command : refuse(command.error, name);
}

function refuseUnknownOption(name: CommandName, values: Values): { readonly ok: false; readonly error: string } | undefined {
  const option = Object.keys(values).find((given) => !OPTIONS_OF[name].includes(given));
  return option === undefined ? undefined : problem(`Unknown option '--${option}' of ${name}`);
}

function readCommand(name: CommandName, values: Values, files: readonly string[]): Parsed<Command> {
  const [file] = files;
  if (file === "") return problem(`FILE of ${name} must not be empty`);
  const takesFile = name === "backup" || name === "verify" || name === "sign";
  if (!takesFile && files.length > 0) return problem(`${name} takes no arguments`);
  if (files.length > 1) return problem(`${name} takes one FILE${name === "backup" ? "" : " at most"}`);
  switch (name) {
    case "serve":
    case "openapi":
      return { ok: true, value: { name } };
    case "send":
      return readSend(values);
    case "sign":
      return readSign(values, file);
    case "tail": {
      const url = readUrl(values);
      if (!url.ok) return url;
      const after = readWhole("after", values.after);
      return after.ok ? { ok: true, value: { name, url: url.value, after: after.value } } : after;
    }
    case "forward":
      return readForward(values);
    case "export":
      return readExport(values);
    case "erase":
      return readErase(values);
    case "backup":
      return file === undefined ? problem("backup takes one FILE") : { ok: true, value: { name, target: file } };
    case "verify":
      return { ok: true, value: { name, file, rebuild: values.rebuild ?? false } };
    case "copy": {
      const { from, to } = values;
      return from === undefined || to === undefined ? problem("copy needs --from and --to") : { ok: true, value: { name, from, to } };
    }
  }
}

function readSend(values: Values): Parsed<SendCommand> {
  const url = readUrl(values);
  if (!url.ok) return url;
  const { body, file, id, from, to, ts, text, retry = false } = values;
  const field = FIELDS.find((name) => values[name] !== undefined);
  const alone = body !== undefined ? "body" : "file";
  if (body !== undefined && file !== undefined) return problem("--body and --file must not be given together");
  if ((body !== undefined || file !== undefined) && field !== undefined) {
    return problem(`--${field} must not be given together with --${alone}`);
  }
  if (file === "") return problem("--file must not be empty");
  const what = body !== undefined ? { body } : file !== undefined ? { file } : { fields: { id, from, to, ts, text } };
  return { ok: true, value: { name: "send", url: url.value, what, retry } };
}

function readSign({ standard = false, id, timestamp }: Values, file: string | undefined): Parsed<SignCommand> {
  if (!standard) {
    if (id !== undefined || timestamp !== undefined) return problem("--id and --timestamp need --standard");
    return { ok: true, value: { name: "sign", file, standard: undefined } };
  }
  if (id !== undefined && !/^[\x21-\x7e]{1,256}$/.test(id)) return problem("--id must be 1 to 256 visible ASCII characters");
  const seconds = readWhole("timestamp", timestamp);
  return seconds.ok ? { ok: true, value: { name: "sign", file, standard: { id, timestampSeconds: seconds.value } } } : seconds;
}

function readExport(values: Values): Parsed<ExportCommand> {
  const url = readUrl(values);
  if (!url.ok) return url;
  const { format = "ndjson", order, output } = values;
  if (!isFormat(format)) return problem("--format must be ndjson, csv or json");
  if (order !== undefined && order !== "asc" && order !== "desc") return problem("--order must be asc or desc");
  if (output === "") return problem("--output must not be empty");
  const filters = Object.fromEntries(FILTERS.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])));
  return { ok: true, value: { name: "export", url: url.value, format, filters, output } };
}

function readErase(values: Values): Parsed<EraseCommand> {
  const url = readUrl(values);
  if (!url.ok) return url;
  const { id = "", from = "" } = values;
  if ((id === "") === (from === "")) return problem("erase takes either --id or --from");
  return { ok: true, value: { name: "erase", url: url.value, what: id === "" ? { from } : { id } } };
}

function readForward(values: Values): Parsed<ForwardCommand> {
  const url = readUrl(values);
  if (!url.ok) return url;
  const { to, position = "webhook-inbox-forward.json", "dead-letter": file, "max-attempts": attempts } = values;
  const target = to === undefined || to.includes("#") ? null : URL.parse(to);
  if (target === null || !/^https?:$/.test(target.protocol)) return problem("--to must be an http or https URL");
  if (position === "") return problem("--position must not be empty");
  if (file === "") return problem("--dead-letter must not be empty");
  if (attempts !== undefined && file === undefined) return problem("--max-attempts needs --dead-letter");
  const after = readWhole("after", values.after);
  if (!after.ok) return after;
  const concurrency = readWhole("concurrency", values.concurrency, { min: 1, max: 1000 });
  if (!concurrency.ok) return concurrency;
  const maxAttempts = readWhole("max-attempts", attempts, { min: 1 });
  if (!maxAttempts.ok) return maxAttempts;
  const metricsPort = readWhole("metrics-port", values["metrics-port"], { max: 65_535 });
  if (!metricsPort.ok) return metricsPort;
  const deadLetter = file === undefined ? undefined : { file, maxAttempts: maxAttempts.value ?? 10 };
  return {
    ok: true,
    value: {
      name: "forward",
      url: url.value,
      to: target,
      position,
      after: after.value ?? 0,
      concurrency: concurrency.value ?? 8,
      deadLetter,
      metricsPort: metricsPort.value,
    },
  };
}

function isFormat(text: string): text is ExportFormat {
  return text === "ndjson" || text === "csv" || text === "json";
}

function readUrl({ url }: Values): Parsed<URL | undefined> {
  if (url === undefined) return { ok: true, value: undefined };
  const parsed = parseServiceUrl(url);
  return parsed.ok ? parsed : problem(`--url ${parsed.error}`);
}

function readWhole(name: string, text: string | undefined, { min = 0, max = Number.MAX_SAFE_INTEGER } = {}): Parsed<number | undefined> {
  if (text === undefined) return { ok: true, value: undefined };
  const value = Number(text);
  if (/^[0-9]+$/.test(text) && value >= min && value <= max) return { ok: true, value };
  const range = max < Number.MAX_SAFE_INTEGER ? ` from ${min} to ${max}` : min > 0 ? ` of at least ${min}` : "";
  return problem(`--${name} must be a whole number${range} in decimal digits`);
}

function problem(error: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error };
}

function refuse(text: string, name?: CommandName): Parsed<never> {
  return problem(`${text.replaceAll(/\s+/g, " ")}: see ${name === undefined || name === "serve" ? "" : `${name} `}--help`);
}
