import type { Duplex } from "node:stream";

/** The parser accepts 0, 1 and 2 from `onIncoming`; with any other value it reports an error and stops reading. */
const GIVE_UP = -1;

/**
 * Makes the HTTP parser of a connection stop at the head of the next request once `isOver`, as if the head were malformed.
 *
 * Otherwise Node creates a request and a response for every head in the 64 KB that it has read, even if the socket is destroyed: up
 * to two thousand, which take 40 ms and 4 MB per connection. There is no public API to prevent that. If Node's parser does not have
 * the expected properties, nothing is changed.
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
