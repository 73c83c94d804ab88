import { createSharedTail } from "./shared-tail.ts";
import { createTail, type Tail, type TailOptions } from "./tail.ts";

/** The tail of a window: shared by all windows of the browser, or its own if the browser cannot share one. */
export function createWindowTail(options: TailOptions): Tail {
  return createSharedTail(options) ?? createVisibleTail(options);
}

/** A browser allows few connections per host for all its windows: hidden windows release theirs. */
function createVisibleTail(options: TailOptions): Tail {
  const own = createTail(options);
  let isWanted = false;
  document.addEventListener("visibilitychange", () => {
    if (!isWanted) return;
    if (document.hidden) own.stop();
    else own.start();
  });
  return {
    start() {
      isWanted = true;
      own.start();
    },
    stop() {
      isWanted = false;
      own.stop();
    },
    wake: own.wake,
  };
}
