import type { SequencedMessage } from "../../core/message.ts";
import { openChannel } from "./channel.ts";
import { createLeadership } from "./leadership.ts";
import { SCRIPT } from "./root.ts";
import { createTail, type Tail, type TailOptions, type TailState } from "./tail.ts";

/** What the window with the connection tells the others. */
interface Report {
  readonly kind: "report";
  readonly state: TailState;
  readonly messages: readonly SequencedMessage[];
  /** The id of the last event, after which another window could continue. */
  readonly id: string | undefined;
  readonly event?: "gap" | "reset";
}

/** `hello`: asks whether another window is there. */
type Word = Report | { readonly kind: "hello" } | { readonly kind: "wake" };

/** A window with the connection responds within this time, unless the browser has frozen it. */
const ANSWER_WITHIN_MS = 2000;
/** How often the others check whether it is still there. */
const ASK_EVERY_MS = 45_000;

/** Only windows with the same script, in which these messages mean the same. */
const NAME = `tail ${SCRIPT}`;

/**
 * One connection for all windows of the browser, which allows few connections per host. The window that holds a lock has the
 * connection and tells the others. After it, the next window continues from the last event that it heard about. Undefined if
 * the browser does not support that.
 */
export function createSharedTail(options: TailOptions): Tail | undefined {
  // Browsers offer locks only on https and on localhost (W3C Secure Contexts).
  if (!("locks" in navigator)) return undefined;
  let isRunning = false;
  let state: TailState = "paused";
  let lastSeq = 0;
  let heardMs = 0;
  let asking: number | undefined;

  function show(next: TailState): void {
    if (next === state) return;
    state = next;
    options.onState(next);
  }

  /** A window that takes over may receive again what another one has reported. */
  function take(messages: readonly SequencedMessage[]): void {
    const unknown = messages.filter(({ seq }) => seq > lastSeq);
    lastSeq = unknown.at(-1)?.seq ?? lastSeq;
    if (unknown.length > 0) options.onMessages(unknown);
  }

  function happen(event: Report["event"]): void {
    if (event === undefined) return;
    lastSeq = 0;
    if (event === "reset") options.onReset();
    else options.onGap();
  }

  function report(messages: readonly SequencedMessage[] = [], event?: Report["event"]): void {
    channel?.post({ kind: "report", state, messages, id: own.lastId(), ...(event !== undefined && { event }) });
  }

  const own = createTail({
    ...options,
    onMessages(messages) {
      if (!leadership.isLeading()) return;
      report(messages);
      take(messages);
    },
    onState(next) {
      if (!leadership.isLeading()) return;
      show(next);
      report();
    },
    onGap() {
      report([], "gap");
      happen("gap");
    },
    onReset() {
      report([], "reset");
      happen("reset");
    },
  });

  const leadership = createLeadership({ locks: navigator.locks, name: NAME, onLead: own.start, onFollow: own.stop });

  const channel = openChannel<Word>(NAME, (word) => {
    if (!isRunning) return;
    if (leadership.isLeading()) {
      if (word.kind === "hello") report();
      if (word.kind === "wake") own.wake();
    } else if (word.kind === "report") {
      heardMs = performance.now();
      own.heard(word.id);
      happen(word.event);
      show(word.state);
      take(word.messages);
    }
  });
  if (channel === undefined) return undefined;

  /** Asks for the present state; takes over the connection from a window that does not respond, if this one is visible. */
  function check(): void {
    if (!isRunning || leadership.isLeading()) return;
    const askedMs = performance.now();
    channel?.post({ kind: "hello" });
    if (document.hidden) return;
    setTimeout(() => {
      if (isRunning && !leadership.isLeading() && heardMs < askedMs) leadership.begin({ stealing: true });
    }, ANSWER_WITHIN_MS);
  }

  document.addEventListener("visibilitychange", check);
  return {
    start() {
      if (isRunning) return;
      isRunning = true;
      show("connecting");
      leadership.begin();
      check();
      asking = setInterval(check, ASK_EVERY_MS);
    },
    stop() {
      isRunning = false;
      clearInterval(asking);
      leadership.end();
      show("paused");
    },
    wake() {
      if (leadership.isLeading()) own.wake();
      else channel.post({ kind: "wake" });
    },
  };
}
