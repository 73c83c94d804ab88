import { connect } from "../../postgres/connect.ts";
import type { Connection } from "../../postgres/connection.ts";
import type { PipelineResult } from "../../postgres/flights.ts";
import type { Statement } from "../../postgres/frontend.ts";
import type { Primaries } from "../../postgres/primaries.ts";
import type { ConnectionUrl } from "../../postgres/url.ts";
import { meaningOf } from "./failures.ts";
import type { Seen } from "./loss.ts";

/** A server that is silent for this long hangs: the connection is closed, so that another primary can be found. */
export const ATTEMPT_MS = 10_000;

/** One connection to the primary, opened when it is needed, and again after it was lost. */
export interface PrimaryConnection {
  /** Runs the statements as `Connection.run` does. A failure that is `elsewhere` or `in_doubt` also ends the connection. */
  run(statements: readonly Statement[], deadlineMs: number): Promise<PipelineResult>;
  /** Ends the connection after `graceMs`, even if the server hangs. Only the first call counts. */
  abandonAfter(graceMs: number): void;
  /** Ends the connection; no statement may be in progress. */
  close(): Promise<void>;
}

export interface PrimaryConnectionOptions {
  readonly primaries: Primaries;
  /** What readers have seen; each later connection begins with a check that it is still stored. */
  readonly seen: Seen;
}

/** Opens no connection yet. */
export function createPrimaryConnection(url: ConnectionUrl, { primaries, seen }: PrimaryConnectionOptions): PrimaryConnection {
  let opening: Promise<Connection> | undefined;
  let wasConnected = false;
  let latest: Connection | undefined;
  const givingUp = new AbortController();
  let lastMoment: NodeJS.Timeout | undefined;

  async function open(): Promise<Connection> {
    const kind = url.sessionKind === "any" ? "any" : "read-write";
    const connection = await connect({ ...url, sessionKind: kind }, { primaries, signal: givingUp.signal });
    latest = connection;
    if (wasConnected) {
      try {
        seen.done(await connection.run(seen.statements(), { deadlineMs: ATTEMPT_MS }));
      } catch (error) {
        connection.destroy(new Error("lost messages could not be looked for"));
        throw error;
      }
    }
    wasConnected = true;
    return connection;
  }

  async function usable(): Promise<Connection> {
    const current = (opening ??= open());
    // Two batches may find the same connection lost: the second must not drop the new one of the first.
    const drop = (): void => {
      if (opening === current) opening = undefined;
    };
    const connection = await current.catch((error: unknown) => {
      drop();
      throw error;
    });
    if (connection.isOpen && primaries.isNewest(connection)) return connection;
    connection.destroy(new Error("it has ended, or another primary has replaced its server"));
    drop();
    return usable();
  }

  return {
    async run(statements, deadlineMs) {
      const connection = await usable();
      try {
        return await connection.run(statements, { deadlineMs });
      } catch (error) {
        const meaning = meaningOf(error);
        if (meaning === "elsewhere" || meaning === "in_doubt") {
          connection.destroy(new Error("its server is not the primary, or has failed"));
        }
        throw error;
      }
    },
    abandonAfter(graceMs) {
      lastMoment ??= setTimeout(() => {
        givingUp.abort(new Error("the service is stopping"));
        latest?.destroy(new Error("the service is stopping"));
      }, graceMs);
    },
    async close() {
      clearTimeout(lastMoment);
      const connection = await opening?.catch(() => undefined);
      await connection?.close();
    },
  };
}
