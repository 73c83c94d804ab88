/** After a longer time the messages that were missed may be too many to be sent one by one. */
const RESUME_WITHIN_MS = 5 * 60_000;

/** What has become of the messages since the last connection. `gap`: some may have been missed. `reset`: the store has gone back. */
export type Loss = "none" | "gap" | "reset";

/** Where a tail is in the order of commits. */
export interface StreamPosition {
  /** The id of the last event; undefined before the first. */
  lastId(): string | undefined;
  lastHeardMs(): number | undefined;
  /** The service is there: it has sent something, and has told of the event with this id, if there was one. */
  heard(id: string | undefined): void;
  /** Headers that take the stream up where it broke off. */
  resume(): Readonly<Record<string, string>>;
  /** Compares the history of the service that responds with that of the one before. */
  compare(response: Response): void;
  /** Once the stream is open: what was lost since it was asked before. */
  takeLoss(): Loss;
}

/** Before the first event. */
export function createStreamPosition(): StreamPosition {
  let lastId: string | undefined;
  let lastHeardMs: number | undefined;
  /** The service's history that the ids belong to, as the service names it. */
  let generation: string | undefined;
  let loss: Loss = "none";

  return {
    lastId: () => lastId,
    lastHeardMs: () => lastHeardMs,
    heard(id) {
      lastId = id ?? lastId;
      lastHeardMs = Date.now();
    },
    resume() {
      if (lastHeardMs === undefined) return {};
      if (lastId !== undefined && Date.now() - lastHeardMs < RESUME_WITHIN_MS) return { "Last-Event-ID": lastId };
      lastId = undefined;
      if (loss === "none") loss = "gap";
      return {};
    },
    compare(response) {
      const known = generation;
      generation = response.headers.get("Tail-Generation") ?? undefined;
      const isOther = known !== undefined && generation !== undefined && known !== generation;
      if (response.status !== 409 && !isOther) return;
      lastId = undefined;
      loss = "reset";
    },
    takeLoss() {
      const taken = loss;
      loss = "none";
      return taken;
    },
  };
}
