import type { Duplex } from "node:stream";

/** Of what `onIncoming` may return the parser knows 0, 1 and 2; with anything else it reports an error and reads no further. */
const GIVE_UP = -1;

/**
 * Lets the HTTP parser of a connection give up at the head of the next request once `isOver`, as if it were malformed.
 *
 * Otherwise Node makes a request and a response of each one in the 64 KB that it has read, whatever becomes of the socket:
 * two thousand of them, which take 40 ms and 4 MB a connection. It has no public means against that. Where its parser does
 * not look as expected nothing is changed, and they are all made.
 */
export function giveUpParsing(socket: Duplex, isOver: () => boolean): void {
  const parser: unknown = Reflect.get(socket, "parser");
  if (typeof parser !== "object" || parser === null || !("onIncoming" in parser)) return;
  const { onIncoming } = parser;
  if (typeof onIncoming !== "function") return;
  Object.assign(parser, {
    onIncoming: (req: unknown, keepAlive: unknown): unknown => (isOver() ? GIVE_UP : onIncoming(req, keepAlive)),
  });
}
