/** After a longer interruption, too many messages may have been missed to be sent one by one. */
const RESUME_WITHIN_MS = 5 * 60_000;

/** What was lost since the last connection. `gap`: messages may have been missed. `reset`: the store has gone back. */
export type Loss = "none" | "gap" | "reset";

/** The position of a tail in commit order. */
export interface StreamPosition {
  /** The id of the last event; undefined before the first. */
  lastId(): string | undefined;
  lastReceivedMs(): number | undefined;
  /** The service has sent something: the event with this id, if it had one. */
  received(id: string | undefined): void;
  /** Headers with which the stream continues where it was interrupted. */
  resume(): Readonly<Record<string, string>>;
  /** Compares the generation of the responding service with the earlier one. */
  compare(response: Response): void;
  /** Call it once the stream is open: what was lost since the last call. */
  takeLoss(): Loss;
}

/** A position before the first event. */
export function createStreamPosition(): StreamPosition {
  let lastId: string | undefined;
  let lastReceivedMs: number | undefined;
  /** The generation of the service to which the ids belong. */
  let generation: string | undefined;
  let loss: Loss = "none";

  return {
    lastId: () => lastId,
    lastReceivedMs: () => lastReceivedMs,
    received(id) {
      lastId = id ?? lastId;
      lastReceivedMs = Date.now();
    },
    resume() {
      if (lastReceivedMs === undefined) return {};
      if (lastId !== undefined && Date.now() - lastReceivedMs < RESUME_WITHIN_MS) return { "Last-Event-ID": lastId };
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
