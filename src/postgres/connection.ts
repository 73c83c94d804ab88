import type { BackendMessage, TransactionStatus } from "./backend.ts";
import type { Channel } from "./channel.ts";
import { ConnectionLost, PostgresError, ProtocolError, type Report } from "./errors.ts";
import { createFlights, type Flights, type PipelineResult } from "./flights.ts";
import { pipeline, terminate, type Statement } from "./frontend.ts";

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

/** A connection over a channel that is ready for queries. */
export function createConnection(channel: Channel, { server, parameters, notice, responseLimitBytes }: ConnectionOptions): Connection {
  const flights = createFlights(responseLimitBytes);
  const session: Session = { flights, parameters, notice, status: "I", isOpen: true };

  const closed = channel.closed.then((reason) => {
    session.isOpen = false;
    const cause = session.parting ?? reason;
    flights.lose(cause);
    return cause;
  });

  channel.listen((message) => receive(session, message));
  return {
    server,
    parameters,
    get status() {
      return session.status;
    },
    get isOpen() {
      return session.isOpen;
    },
    closed,
    run(statements, { deadlineMs }) {
      if (!session.isOpen) return Promise.reject(new ConnectionLost("unsent", new Error("it was already closed")));
      const timer = setTimeout(() => channel.destroy(new Error(`the server did not respond within ${deadlineMs} ms`)), deadlineMs);
      const result = flights.add(statements.length, timer);
      channel.send(pipeline(statements));
      return result;
    },
    async close() {
      if (session.isOpen) channel.end(terminate());
      session.isOpen = false;
      await flights.settled();
      const timer = setTimeout(() => channel.destroy(new Error("the server did not close the connection in time")), CLOSE_MS);
      await closed;
      clearTimeout(timer);
    },
    destroy(reason) {
      session.isOpen = false;
      channel.destroy(reason);
    },
  };
}

/** What the server's messages change. */
interface Session extends Pick<ConnectionOptions, "parameters" | "notice"> {
  readonly flights: Flights;
  status: TransactionStatus;
  isOpen: boolean;
  /** An error outside a pipeline, or one that ends the session: the server closes the connection after it. */
  parting?: PostgresError;
}

/** Applies a message of the server. Throws a ProtocolError if it cannot come now. */
function receive(session: Session, message: BackendMessage): void {
  const { flights } = session;
  switch (message.kind) {
    case "row":
      flights.row(message.row, message.bytes);
      return;
    case "complete":
      flights.complete(message.tag);
      return;
    case "error": {
      const error = new PostgresError(message.report);
      if (error.severity === "ERROR" && flights.refuse(error)) return;
      session.parting ??= error;
      session.isOpen = false;
      return;
    }
    case "ready":
      session.status = message.status;
      flights.ready();
      return;
    case "notice":
      flights.notice(message.report);
      session.notice(message.report);
      return;
    case "parameter":
      session.parameters.set(message.name, message.value);
      return;
    case "skipped":
      return;
    case "authentication":
      throw new ProtocolError("Cannot read the server's message (authentication): the connection is already set up");
  }
}
