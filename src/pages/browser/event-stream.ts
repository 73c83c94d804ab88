/** One event of a stream of server-sent events. */
export interface StreamEvent {
  readonly id: string | undefined;
  readonly data: string;
}

export interface EventParser {
  take(chunk: string): readonly StreamEvent[];
  /** The last id so far, including that of an event without data; undefined before the first. */
  lastId(): string | undefined;
}

/**
 * Parses a `text/event-stream` in chunks, cut anywhere, and returns the events that each chunk completes (HTML standard, section
 * 9.2.6). Supports `id` and `data`, which `GET /tail` sends; ignores other fields and comments.
 */
export function createEventParser(): EventParser {
  let rest = "";
  let data: string[] = [];
  let id: string | undefined;
  let lastId: string | undefined;

  function read(line: string, events: StreamEvent[]): void {
    if (line === "") {
      lastId = id;
      if (data.length > 0) events.push({ id, data: data.join("\n") });
      data = [];
      return;
    }
    const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === "data") data.push(value);
    else if (field === "id") id = value;
  }

  return {
    lastId: () => lastId,
    take(chunk) {
      const events: StreamEvent[] = [];
      const lines = (rest + chunk).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      for (const line of lines) read(line, events);
      return events;
    },
  };
}
