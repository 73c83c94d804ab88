import type { Row } from "./backend.ts";
import { ConnectionLost, type PostgresError, ProtocolError, type Report } from "./errors.ts";

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

/**
 * The pipelines that the server has not confirmed yet, in the order in which it runs them. What it sends concerns the first of
 * them. Throws a ProtocolError if there is none, or if its results do not match its statements.
 */
export interface Flights {
  /** Adds a pipeline that is being sent; settles as `Connection.run` does, and then clears the timer. */
  add(statements: number, timer: NodeJS.Timeout): Promise<PipelineResult>;
  row(row: Row, bytes: number): void;
  /** One statement has succeeded. */
  complete(tag: string): void;
  /** A statement or the commit was refused; false if no pipeline is in flight. */
  refuse(error: PostgresError): boolean;
  notice(report: Report): void;
  /** ReadyForQuery: the first pipeline is over. */
  ready(): void;
  /** The connection has ended: whether anything of these pipelines is stored is unknown. */
  lose(cause: Error): void;
  /** Settles once all pipelines that are in flight now have settled. */
  settled(): Promise<unknown>;
}

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

/** No pipelines yet; the rows of each may have at most `responseLimitBytes` bytes in total. */
export function createFlights(responseLimitBytes: number): Flights {
  const flights: Flight[] = [];

  function inFlight(kind: string): Flight {
    const [flight] = flights;
    if (flight === undefined) throw new ProtocolError(`Cannot read the server's message (${kind}): no statement was sent`);
    return flight;
  }

  return {
    add(statements, timer) {
      const settled = Promise.withResolvers<PipelineResult>();
      flights.push({ statements, results: [], notices: [], settled, timer, rows: [], bytes: 0 });
      return settled.promise;
    },
    row(row, bytes) {
      const flight = inFlight("row");
      flight.bytes += bytes;
      if (flight.bytes > responseLimitBytes) {
        throw new ProtocolError(`Cannot read the rows: they must have at most ${responseLimitBytes} bytes in total`);
      }
      flight.rows.push(row);
    },
    complete(tag) {
      const flight = inFlight("complete");
      if (flight.results.length === flight.statements) {
        throw new ProtocolError("Cannot read the results: the server must send only one for each statement");
      }
      flight.results.push({ rows: flight.rows, tag });
      flight.rows = [];
    },
    refuse(error) {
      const [flight] = flights;
      if (flight === undefined) return false;
      flight.refused ??= error;
      return true;
    },
    notice: (report) => void flights[0]?.notices.push(report),
    ready() {
      const { statements, results, notices, settled, timer, refused } = inFlight("ready");
      if (refused === undefined && results.length !== statements) {
        throw new ProtocolError("Cannot read the results: the server must send one for each statement");
      }
      flights.shift();
      clearTimeout(timer);
      if (refused === undefined) settled.resolve({ results, notices });
      else settled.reject(refused);
    },
    lose(cause) {
      for (const { timer, settled } of flights.splice(0)) {
        clearTimeout(timer);
        settled.reject(new ConnectionLost("in_doubt", cause));
      }
    },
    settled: () => Promise.allSettled(flights.map(({ settled }) => settled.promise)),
  };
}
