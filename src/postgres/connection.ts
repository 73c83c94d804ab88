import type { BackendMessage, Row, TransactionStatus } from "./backend.ts";
import type { Channel } from "./channel.ts";
import { ConnectionLost, PostgresError, ProtocolError, type Report } from "./errors.ts";
import { pipeline, terminate, type Statement } from "./frontend.ts";

/** The result of one statement. */
export interface Result {
  readonly rows: readonly Row[];
  /** The command and a number of rows, e.g. `INSERT 0 5`; COMMIT of a failed transaction gives `ROLLBACK` (CommandComplete). */
  readonly tag: string;
}

export interface PipelineResult {
  /** One per statement, in order. */
  readonly results: readonly Result[];
  /** NoticeResponses of this pipeline. After one of the routine `SyncRepWaitForLSN`, possibly no standby has what was committed. */
  readonly notices: readonly Report[];
}

export interface PipelineOptions {
  /** If ReadyForQuery has not arrived by then, the connection is destroyed. */
  readonly deadlineMs: number;
}

/** One session with the server. */
export interface Connection {
  /** `host:port`, or the path of a Unix socket. */
  readonly server: string;
  /** What the server reports about itself (ParameterStatus), kept up to date: `server_version`, `in_hot_standby` … */
  readonly parameters: ReadonlyMap<string, string>;
  /** As of the last ReadyForQuery. */
  readonly status: TransactionStatus;
  readonly isOpen: boolean;
  /** Settles with the reason when the connection has ended in any way. */
  readonly closed: Promise<Error>;
  /**
   * Runs the statements in one round trip, as one transaction unless they contain BEGIN. The transaction commits at the
   * end, which only ReadyForQuery confirms. Further pipelines may be sent before that: the server runs them in order.
   *
   * Rejects with a PostgresError if a statement or the commit was refused: an implicit transaction then stores nothing.
   * Otherwise rejects with a ConnectionLost, whose `outcome` shows whether anything may be stored.
   */
  run(statements: readonly Statement[], options: PipelineOptions): Promise<PipelineResult>;
  /**
   * Accepts no more pipelines and lets those in flight finish, which their deadlines limit. If the server then does not close the
   * connection, it is destroyed.
   */
  close(): Promise<void>;
  destroy(reason: Error): void;
}

export interface ConnectionOptions {
  readonly server: string;
  readonly parameters: Map<string, string>;
  /** Called with every notice, also between pipelines. */
  readonly notice: (report: Report) => void;
  /** The maximum size of a pipeline's rows in bytes. */
  readonly responseLimitBytes: number;
}

/** How long a server may take to close a connection after Terminate. */
const CLOSE_MS = 100;

interface Flight {
  readonly statements: number;
  readonly results: Result[];
  readonly notices: Report[];
  readonly settled: PromiseWithResolvers<PipelineResult>;
  readonly timer: NodeJS.Timeout;
  rows: Row[];
  bytes: number;
  refused?: PostgresError;
}

/** A connection over a channel that is ready for queries. */
export function createConnection(channel: Channel, { server, parameters, notice, responseLimitBytes }: ConnectionOptions): Connection {
  const flights: Flight[] = [];
  let status: TransactionStatus = "I";
  let isOpen = true;
  // An error outside a pipeline, or one that ends the session: the server closes the connection after it.
  let parting: PostgresError | undefined;

  const closed = channel.closed.then((reason) => {
    isOpen = false;
    const cause = parting ?? reason;
    for (const flight of flights.splice(0)) {
      clearTimeout(flight.timer);
      flight.settled.reject(new ConnectionLost("in_doubt", cause));
    }
    return cause;
  });

  function inFlight(kind: string): Flight {
    const [flight] = flights;
    if (flight === undefined) throw new ProtocolError(`Cannot read the server's message (${kind}): no statement was sent`);
    return flight;
  }

  function take(message: BackendMessage): void {
    switch (message.kind) {
      case "row": {
        const flight = inFlight(message.kind);
        flight.bytes += message.bytes;
        if (flight.bytes > responseLimitBytes) {
          throw new ProtocolError(`Cannot read the rows: they must have at most ${responseLimitBytes} bytes in total`);
        }
        flight.rows.push(message.row);
        return;
      }
      case "complete": {
        const flight = inFlight(message.kind);
        if (flight.results.length === flight.statements) {
          throw new ProtocolError("Cannot read the results: the server must send only one for each statement");
        }
        flight.results.push({ rows: flight.rows, tag: message.tag });
        flight.rows = [];
        return;
      }
      case "error": {
        const error = new PostgresError(message.report);
        const [flight] = flights;
        if (flight !== undefined && error.severity === "ERROR") {
          flight.refused ??= error;
          return;
        }
        parting ??= error;
        isOpen = false;
        return;
      }
      case "ready":
        status = message.status;
        finish(inFlight(message.kind));
        return;
      case "notice":
        flights[0]?.notices.push(message.report);
        notice(message.report);
        return;
      case "parameter":
        parameters.set(message.name, message.value);
        return;
      case "skipped":
        return;
      case "authentication":
        throw new ProtocolError("Cannot read the server's message (authentication): the connection is already set up");
    }
  }

  function finish({ statements, results, notices, settled, timer, refused }: Flight): void {
    if (refused === undefined && results.length !== statements) {
      throw new ProtocolError("Cannot read the results: the server must send one for each statement");
    }
    flights.shift();
    clearTimeout(timer);
    if (refused === undefined) settled.resolve({ results, notices });
    else settled.reject(refused);
  }

  channel.listen(take);
  return {
    server,
    parameters,
    get status() {
      return status;
    },
    get isOpen() {
      return isOpen;
    },
    closed,
    run(statements, { deadlineMs }) {
      if (!isOpen) return Promise.reject(new ConnectionLost("unsent", new Error("it was already closed")));
      const settled = Promise.withResolvers<PipelineResult>();
      const timer = setTimeout(() => channel.destroy(new Error(`the server did not respond within ${deadlineMs} ms`)), deadlineMs);
      flights.push({ statements: statements.length, results: [], notices: [], settled, timer, rows: [], bytes: 0 });
      channel.send(pipeline(statements));
      return settled.promise;
    },
    async close() {
      if (isOpen) channel.end(terminate());
      isOpen = false;
      await Promise.allSettled(flights.map(({ settled }) => settled.promise));
      const timer = setTimeout(() => channel.destroy(new Error("the server did not close the connection in time")), CLOSE_MS);
      await closed;
      clearTimeout(timer);
    },
    destroy(reason) {
      isOpen = false;
      channel.destroy(reason);
    },
  };
}
