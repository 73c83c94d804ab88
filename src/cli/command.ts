/** The service that `send`, `tail`, `forward`, `export` and `erase` use; undefined leaves it to the environment. */
interface Remote {
  readonly url: URL | undefined;
}

/** The fields of a message. An undefined field gets a default, except `text`, which is left out. */
export interface MessageFields {
  readonly id: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly ts: string | undefined;
  readonly text: string | undefined;
}

export interface SendCommand extends Remote {
  readonly name: "send";
  /** `body` is sent as it is; each line of `file` is a message, and `-` is standard input. */
  readonly what: { readonly fields: MessageFields } | { readonly body: string } | { readonly file: string };
  readonly retry: boolean;
}

export interface SignCommand {
  readonly name: "sign";
  /** If undefined, the body comes from standard input. */
  readonly file: string | undefined;
  /** Signs with the headers of Standard Webhooks, whose id and time have defaults; undefined signs with `X-Signature`. */
  readonly standard: { readonly id: string | undefined; readonly timestampSeconds: number | undefined } | undefined;
}

export interface TailCommand extends Remote {
  readonly name: "tail";
  /** Begin after this sequence number; if undefined, begin with what is stored from now on. */
  readonly after: number | undefined;
}

export interface ForwardCommand extends Remote {
  readonly name: "forward";
  readonly to: URL;
  /** The file that keeps the position. */
  readonly position: string;
  /** Where to begin if that file does not exist. */
  readonly after: number;
  /** The maximum number of requests at once. */
  readonly concurrency: number;
  /** The file for messages whose last attempt failed; undefined retries indefinitely. */
  readonly deadLetter: { readonly file: string; readonly maxAttempts: number } | undefined;
  /** If undefined, `forward` reports on standard error. */
  readonly metricsPort: number | undefined;
}

export type ExportFormat = "ndjson" | "csv" | "json";

export interface ExportCommand extends Remote {
  readonly name: "export";
  readonly format: ExportFormat;
  /** Parameters of `GET /messages`, by name. */
  readonly filters: Readonly<Record<string, string>>;
  /** If undefined, the messages go to standard output. */
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
  /** If undefined, the database of `DATABASE_URL`. */
  readonly file: string | undefined;
  readonly rebuild: boolean;
}

export interface CopyCommand {
  readonly name: "copy";
  /** Written like `DATABASE_URL`, including the password. */
  readonly from: string;
  readonly to: string;
}

export interface OpenApiCommand {
  readonly name: "openapi";
}

/** A command that does its work and ends. */
export type Task =
  | SendCommand | SignCommand | TailCommand | ForwardCommand | ExportCommand | EraseCommand | BackupCommand | VerifyCommand | CopyCommand
  | OpenApiCommand;

export type CommandName = Task["name"] | "serve";

/** What the program should do. */
export type Command =
  | Task
  | { readonly name: "serve" }
  /** Of one command; undefined means of the program. */
  | { readonly name: "help"; readonly of: CommandName | undefined }
  | { readonly name: "version" };
