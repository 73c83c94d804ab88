import { setTimeout } from "node:timers/promises";
import type { Random } from "../torture/messages.ts";

/** A client of `GET /tail` that disconnects and reconnects, and continues after the last message that it saw. */
export interface Tail {
  /** Every message that it received, in order. */
  readonly seen: readonly Seen[];
  /** The `seq` after which it began; undefined until the first response. */
  after(): number | undefined;
  connections(): number;
  stop(): Promise<void>;
}

export interface Seen {
  readonly seq: number;
  readonly message_id: string;
}

export interface TailOptions {
  readonly type: "application/x-ndjson" | "text/event-stream";
  readonly random: Random;
  /** The maximum duration of one connection. */
  readonly mostMs: number;
  /** Whether the service may be unreachable for some time, and may cut tails off. */
  readonly mayBreak?: boolean;
  readonly onProblem: (what: string) => void;
}

/** From the service itself, or from a proxy in front of it. */
const OUT_OF_REACH: ReadonlySet<number> = new Set([502, 503, 504]);

export function startTail(url: string, { type, random, mostMs, mayBreak = false, onProblem }: TailOptions): Tail {
  const seen: Seen[] = [];
  const stopped = new AbortController();
  let after: number | undefined;
  let generation: string | undefined;
  let eventId: string | undefined;
  let connections = 0;

  function resume(): { readonly query: string; readonly headers: Record<string, string> } {
    if (eventId !== undefined) return { query: "", headers: { Accept: type, "Last-Event-ID": eventId } };
    const position = seen.at(-1)?.seq ?? after;
    return { query: position === undefined ? "" : `?after=${position}&generation=${generation}`, headers: { Accept: type } };
  }

  async function connectOnce(): Promise<void> {
    const { query, headers } = resume();
    const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(Math.ceil(random() * mostMs))]);
    connections += 1;
    const response = await fetch(`${url}/tail${query}`, { headers, signal });
    if (response.status !== 200) {
      const body = await response.text();
      if (!(mayBreak && OUT_OF_REACH.has(response.status))) onProblem(`a tail got ${response.status}: ${body}`);
      return;
    }
    after ??= Number(response.headers.get("Tail-After"));
    const present = response.headers.get("Tail-Generation") ?? "none";
    generation ??= present;
    if (present !== generation) onProblem(`the generation changed from ${generation} to ${present}, although nothing was restored`);
    let rest = "";
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const lines = (rest + chunk).split("\n");
      // The rest of an unfinished line is in the next chunk. If there is none, the service sends the line again after a reconnect.
      rest = lines.pop() ?? "";
      for (const line of lines) take(line);
    }
  }

  function take(line: string): void {
    if (line.startsWith("id: ")) eventId = line.slice("id: ".length);
    const data = line.startsWith("data: ") ? line.slice("data: ".length) : line;
    if (!data.startsWith("{")) return;
    const { seq, message_id }: Seen = JSON.parse(data);
    const last = seen.at(-1)?.seq ?? after ?? 0;
    if (seq <= last) onProblem(`a tail received ${seq} after ${last}`);
    seen.push({ seq, message_id });
  }

  async function work(): Promise<void> {
    while (!stopped.signal.aborted) {
      await connectOnce().catch((error: unknown) => {
        // The client has been stopped, or the time of this connection is over.
        if (!mayBreak && !(error instanceof DOMException)) onProblem(`a tail was cut off: ${String(error)}`);
      });
      await setTimeout(random() * 100);
    }
  }

  const ended = work();
  return {
    seen,
    after: () => after,
    connections: () => connections,
    async stop() {
      stopped.abort();
      await ended;
    },
  };
}

/** Compares what a tail received with the rows of the database, both in the order of `seq`. Returns what is wrong. */
export function compareTail(seen: readonly Seen[], rows: readonly Seen[]): readonly string[] {
  const given = new Map(seen.map(({ seq, message_id }) => [seq, message_id]));
  const problems = rows.flatMap(({ seq, message_id }) => {
    const id = given.get(seq);
    given.delete(seq);
    return id === message_id ? [] : [`a tail has ${id ?? "nothing"} at ${seq}, the database has ${message_id}`];
  });
  return [...problems, ...Array.from(given, ([seq, id]) => `a tail has ${id} at ${seq}, the database has nothing`)];
}
