/** Where `send`, `tail`, `forward`, `export` and `erase` find the service; undefined leaves it to the environment. */
interface Remote {
  readonly url: URL | undefined;
}

/** A message by its fields, each of which has a default where it is undefined, except `text`. */
export interface MessageFields {
  readonly id: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly ts: string | undefined;
  readonly text: string | undefined;
}

export interface SendCommand extends Remote {
  readonly name: "send";
  /** `body` is sent as it is; of `file` each line is a message, and `-` is standard input. */
  readonly what: { readonly fields: MessageFields } | { readonly body: string } | { readonly file: string };
  readonly retry: boolean;
}

export interface SignCommand {
  readonly name: "sign";
  /** Without it the body comes from standard input. */
  readonly file: string | undefined;
  /** The headers of Standard Webhooks, with an id and a time that have defaults; undefined for `X-Signature`. */
  readonly standard: { readonly id: string | undefined; readonly timestampSeconds: number | undefined } | undefined;
}

export interface TailCommand extends Remote {
  readonly name: "tail";
  /** Begin behind this sequence number; without it, with what is stored from now on. */
  readonly after: number | undefined;
}

export interface ForwardCommand extends Remote {
  readonly name: "forward";
  readonly to: URL;
  /** The file that keeps the position. */
  readonly position: string;
  /** Where to begin if that file does not exist. */
  readonly after: number;
  /** The most requests at once. */
  readonly concurrency: number;
  /** Where a message goes after its last attempt; undefined means that attempts go on indefinitely. */
  readonly deadLetter: { readonly file: string; readonly maxAttempts: number } | undefined;
  /** Undefined reports on standard error. */
  readonly metricsPort: number | undefined;
}

export type ExportFormat = "ndjson" | "csv" | "json";

export interface ExportCommand extends Remote {
  readonly name: "export";
  readonly format: ExportFormat;
  /** Parameters of `GET /messages` by their names there. */
  readonly filters: Readonly<Record<string, string>>;
  /** Without it the messages go to standard output. */
  readonly output: string | undefined;
}

export interface EraseCommand extends Remote {
  readonly name: "erase";
  readonly what: { readonly id: string } | { readonly from: string };
}

export interface BackupCommand {
  readonly name: "backup";
  readonly target: string;
}

export interface VerifyCommand {
  readonly name: "verify";
  /** Without it, the database of `DATABASE_URL`. */
  readonly file: string | undefined;
  readonly rebuild: boolean;
}

export interface CopyCommand {
  readonly name: "copy";
  /** Spelled like `DATABASE_URL`, with passwords. */
  readonly from: string;
  readonly to: string;
}

export interface OpenApiCommand {
  readonly name: "openapi";
}

/** What does its work and ends. */
export type Task =
  | SendCommand | SignCommand | TailCommand | ForwardCommand | ExportCommand | EraseCommand | BackupCommand | VerifyCommand | CopyCommand
  | OpenApiCommand;

export type CommandName = Task["name"] | "serve";

/** What the program was asked to do. */
export type Command =
  | Task
  | { readonly name: "serve" }
  /** Of the one command, or of the program. */
  | { readonly name: "help"; readonly of: CommandName | undefined }
  | { readonly name: "version" };
