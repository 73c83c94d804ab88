/** The content of an ErrorResponse or NoticeResponse (https://www.postgresql.org/docs/current/protocol-error-fields.html). */
export interface Report {
  /** Never translated: ERROR, FATAL or PANIC; WARNING, NOTICE, DEBUG, INFO or LOG. */
  readonly severity: string;
  /** SQLSTATE, five characters (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
  readonly code: string;
  /** For people, in the language of the server. */
  readonly message: string;
  /** May contain values of rows. */
  readonly detail?: string;
  /** The function of the server's source that reported it; never translated. */
  readonly routine?: string;
}

/**
 * The server refused a statement or a connection. A pipeline that rejects with it has changed nothing, which
 * ReadyForQuery has confirmed.
 */
export class PostgresError extends Error {
  override readonly name = "PostgresError";
  readonly severity: string;
  readonly code: string;
  readonly detail: string | undefined;
  readonly routine: string | undefined;

  constructor(report: Report) {
    super(report.message);
    this.severity = report.severity;
    this.code = report.code;
    this.detail = report.detail;
    this.routine = report.routine;
  }
}

/** The server does not keep to the protocol, or to the limits that this client sets. The connection must not be used again. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** The connection ended before ReadyForQuery; `cause` is the reason. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
  /** `in_doubt`: the statements were sent, so they may be committed. `unsent`: the server never saw them. */
  readonly outcome: "in_doubt" | "unsent";

  constructor(outcome: "in_doubt" | "unsent", cause: Error) {
    super(`The connection to PostgreSQL was lost: ${cause.message}`, { cause });
    this.outcome = outcome;
  }
}

export interface HostFailure {
  /** `host:port`, or the path of a Unix socket. */
  readonly host: string;
  readonly error: Error;
}

/** No host of the URL could be used; nothing was sent except to start a connection. */
export class NoServer extends Error {
  override readonly name = "NoServer";
  readonly failures: readonly HostFailure[];

  constructor(failures: readonly HostFailure[]) {
    super(`Cannot connect to PostgreSQL: ${failures.map(({ host, error }) => `${host}: ${error.message}`).join("; ")}`);
    this.failures = failures;
  }
}
