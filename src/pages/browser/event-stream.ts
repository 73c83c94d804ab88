/** One event of a stream of server-sent events. */
export interface StreamEvent {
  readonly id: string | undefined;
  readonly data: string;
}

/**
 * Takes a `text/event-stream` in pieces, cut anywhere, and gives the events that each piece completes (HTML standard,
 * section 9.2.6). Knows `id` and `data`, which are what `GET /tail` sends; other fields and comments are dropped.
 */
export function createEventParser(): (piece: string) => readonly StreamEvent[] {
  let rest = "";
  let data: string[] = [];
  let id: string | undefined;

  function take(line: string, events: StreamEvent[]): void {
    if (line === "") {
      if (data.length > 0) events.push({ id, data: data.join("\n") });
      data = [];
      return;
    }
    const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === "data") data.push(value);
    else if (field === "id") id = value;
  }

  return (piece) => {
    const events: StreamEvent[] = [];
    const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) take(line, events);
    return events;
  };
}
