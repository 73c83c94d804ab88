import { connect, type ConnectOptions } from "./connect.ts";
import type { Connection, PipelineOptions } from "./connection.ts";
import { PostgresError } from "./errors.ts";
import type { PipelineResult } from "./flights.ts";
import type { Statement } from "./frontend.ts";
import type { ConnectionUrl } from "./url.ts";

export interface PoolOptions extends ConnectOptions {
  /** The maximum number of connections, including those that are being opened. */
  readonly size: number;
  /** How many callers may wait for a connection. */
  readonly maxWaiting: number;
  /** How long a caller waits for a connection that others use. */
  readonly waitMs: number;
  /** The signal for callers that pass none. */
  readonly signal?: AbortSignal;
}

export interface LoanOptions {
  /** Aborted once the work is not needed. */
  readonly signal?: AbortSignal;
}

/** No connection was free: too many callers are waiting, the wait was too long, or the pool is closed. Nothing was sent. */
export class PoolBusy extends Error {
  override readonly name = "PoolBusy";
}

/** Connections that many callers use for a short time, opened when they are needed. */
export interface Pool {
  /** Runs one pipeline. Rejects as `Connection.run` and `use` do. */
  run(statements: readonly Statement[], options: PipelineOptions): Promise<PipelineResult>;
  /**
   * Lends a connection for as long as `work` runs. It is destroyed afterwards if it is not known to be idle, or if its
   * server has become read-only (25006) or has been replaced as the primary.
   *
   * Rejects with PoolBusy, NoServer, or whatever `work` rejects with. If the signal is aborted, a caller that waits for a
   * connection is rejected with the signal's reason, and a connection in use is destroyed.
   */
  use<T>(work: (connection: Connection) => Promise<T>, options?: LoanOptions): Promise<T>;
  /** Refuses callers that wait, lets the others finish, and closes all connections. */
  close(): Promise<void>;
}

const REPLACED = "another primary has replaced its server";
const CLOSED = "Cannot use the database: the pool is closed";

interface Waiter {
  readonly turn: PromiseWithResolvers<Connection | undefined>;
  /** Called when the caller gets a connection, or will not get one. */
  readonly leave: () => void;
}

/** Opens no connection yet. */
export function createPool(url: ConnectionUrl, options: PoolOptions): Pool {
  const idle: Connection[] = [];
  const waiting: Waiter[] = [];
  const lent = new Set<Promise<unknown>>();
  let open = 0;
  let isClosed = false;
  const isNewest = (connection: Connection): boolean => options.primaries?.isNewest(connection) ?? true;

  /** An idle connection, or the right to open one. */
  async function acquire(signal: AbortSignal | undefined): Promise<Connection> {
    signal?.throwIfAborted();
    if (isClosed) throw new PoolBusy(CLOSED);
    const free = takeIdle();
    if (free !== undefined) return free;
    if (open >= options.size) {
      const handed = await waitForTurn(signal);
      if (handed !== undefined) return handed;
    } else open += 1;
    try {
      return await connect(url, { ...options, signal });
    } catch (error) {
      leave();
      signal?.throwIfAborted();
      throw error;
    }
  }

  function takeIdle(): Connection | undefined {
    for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
      if (connection.isOpen && isNewest(connection)) return connection;
      connection.destroy(new Error(REPLACED));
      open -= 1;
    }
    return undefined;
  }

  function waitForTurn(signal: AbortSignal | undefined): Promise<Connection | undefined> {
    if (waiting.length >= options.maxWaiting) throw new PoolBusy("Cannot use the database: too many requests are waiting for a connection");
    const turn = Promise.withResolvers<Connection | undefined>();
    const giveUp = (reason: unknown): void => {
      waiter.leave();
      waiting.splice(waiting.indexOf(waiter), 1);
      turn.reject(reason);
    };
    const abort = (): void => giveUp(signal?.reason);
    const tooLate = `Cannot use the database: no connection was free within ${options.waitMs} ms`;
    const timer = setTimeout(() => giveUp(new PoolBusy(tooLate)), options.waitMs);
    signal?.addEventListener("abort", abort);
    const waiter: Waiter = {
      turn,
      leave() {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
      },
    };
    waiting.push(waiter);
    return turn.promise;
  }

  function next(): Waiter | undefined {
    const waiter = waiting.shift();
    waiter?.leave();
    return waiter;
  }

  /** One connection less: the next caller in line may open another. */
  function leave(): void {
    const waiter = next();
    if (waiter === undefined) open -= 1;
    else waiter.turn.resolve(undefined);
  }

  function release(connection: Connection, failure?: unknown): void {
    const demoted = failure instanceof PostgresError && failure.code === "25006";
    if (connection.isOpen && connection.status === "I" && !demoted && isNewest(connection)) {
      const waiter = next();
      if (waiter === undefined) idle.push(connection);
      else waiter.turn.resolve(connection);
      return;
    }
    connection.destroy(new Error("its state is unknown"));
    leave();
  }

  async function lend<T>(work: (connection: Connection) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const connection = await acquire(signal);
    const abort = (): void => connection.destroy(new Error("the work was cancelled"));
    try {
      signal?.throwIfAborted();
      signal?.addEventListener("abort", abort);
      const value = await work(connection);
      signal?.removeEventListener("abort", abort);
      release(connection);
      return value;
    } catch (error) {
      signal?.removeEventListener("abort", abort);
      release(connection, error);
      throw error;
    }
  }

  function use<T>(work: (connection: Connection) => Promise<T>, { signal = options.signal }: LoanOptions = {}): Promise<T> {
    const loan = lend(work, signal);
    const ended = loan.catch(() => {});
    lent.add(ended);
    void ended.then(() => lent.delete(ended));
    return loan;
  }

  return {
    run: (statements, pipelineOptions) => use((connection) => connection.run(statements, pipelineOptions)),
    use,
    async close() {
      isClosed = true;
      for (let waiter = next(); waiter !== undefined; waiter = next()) waiter.turn.reject(new PoolBusy(CLOSED));
      await Promise.all(lent);
      await Promise.all(idle.splice(0).map((connection) => connection.close()));
    },
  };
}
