import type { SequencedMessage } from "../../core/message.ts";
import { openChannel } from "./channel.ts";
import { createLeadership } from "./leadership.ts";
import { SCRIPT } from "./root.ts";
import { createTail, type Tail, type TailOptions, type TailState } from "./tail.ts";

/** What the window with the connection sends to the others. */
interface Report {
  readonly kind: "report";
  readonly state: TailState;
  readonly messages: readonly SequencedMessage[];
  /** The id of the last event, after which another window could continue. */
  readonly id: string | undefined;
  readonly event?: "gap" | "reset";
}

/** `hello` requests a report from the window with the connection. `wake` makes that window retry a lost connection at once. */
type TailMessage = Report | { readonly kind: "hello" } | { readonly kind: "wake" };

/** A window with the connection responds within this time, unless the browser has frozen it. */
const RESPOND_WITHIN_MS = 2000;
/** How often the other windows check whether the window with the connection still responds. */
const CHECK_EVERY_MS = 45_000;

/** Contains the script's address, since these messages may have another meaning in another version of the script. */
const NAME = `tail ${SCRIPT}`;

/**
 * One connection for all windows of the browser, since browsers allow few connections per host. The window that holds a lock
 * has the connection and sends reports to the others. When it closes, another window continues after the last reported event.
 * Undefined if the browser does not support that.
 */
export function createSharedTail(options: TailOptions): Tail | undefined {
  // Browsers offer locks only on https and on localhost (W3C Secure Contexts).
  if (!("locks" in navigator)) return undefined;
  let isRunning = false;
  let state: TailState = "paused";
  let lastSeq = 0;
  let reportedAtMs = 0;
  let checkTimer: number | undefined;

  function show(next: TailState): void {
    if (next === state) return;
    state = next;
    options.onState(next);
  }

  /** Passes on messages that are new: a window that takes over may receive some again that another window has reported. */
  function take(messages: readonly SequencedMessage[]): void {
    const unknown = messages.filter(({ seq }) => seq > lastSeq);
    lastSeq = unknown.at(-1)?.seq ?? lastSeq;
    if (unknown.length > 0) options.onMessages(unknown);
  }

  function applyEvent(event: Report["event"]): void {
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
      applyEvent("gap");
    },
    onReset() {
      report([], "reset");
      applyEvent("reset");
    },
  });

  const leadership = createLeadership({ locks: navigator.locks, name: NAME, onLead: own.start, onFollow: own.stop });

  const channel = openChannel<TailMessage>(NAME, (message) => {
    if (!isRunning) return;
    if (leadership.isLeading()) {
      if (message.kind === "hello") report();
      if (message.kind === "wake") own.wake();
    } else if (message.kind === "report") {
      reportedAtMs = performance.now();
      own.received(message.id);
      applyEvent(message.event);
      show(message.state);
      take(message.messages);
    }
  });
  if (channel === undefined) return undefined;

  /** Requests a report; takes over the connection from a window that does not respond, if this one is visible. */
  function check(): void {
    if (!isRunning || leadership.isLeading()) return;
    const checkedAtMs = performance.now();
    channel?.post({ kind: "hello" });
    if (document.hidden) return;
    setTimeout(() => {
      if (isRunning && !leadership.isLeading() && reportedAtMs < checkedAtMs) leadership.begin({ stealing: true });
    }, RESPOND_WITHIN_MS);
  }

  document.addEventListener("visibilitychange", check);
  return {
    start() {
      if (isRunning) return;
      isRunning = true;
      show("connecting");
      leadership.begin();
      check();
      checkTimer = setInterval(check, CHECK_EVERY_MS);
    },
    stop() {
      isRunning = false;
      clearInterval(checkTimer);
      leadership.end();
      show("paused");
    },
    wake() {
      if (leadership.isLeading()) own.wake();
      else channel.post({ kind: "wake" });
    },
  };
}
