import type { Socket } from "node:net";

/**
 * Lets connections take turns. Node reads up to 2 MB from one before it looks at the next, so a few that send requests
 * without end would keep all others waiting for seconds. One that has sent a second request in a turn of the event loop is
 * read again only in the next turn; what was read before, at most 64 KB, is still served.
 */
export function createTurns(): (socket: Socket) => void {
  const heard = new Set<Socket>();
  const paused = new Set<Socket>();
  let scheduled = false;

  function nextTurn(): void {
    scheduled = false;
    heard.clear();
    for (const socket of paused) {
      socket.off("resume", stayPaused);
      socket.resume();
    }
    paused.clear();
  }

  return (socket) => {
    if (!scheduled) {
      scheduled = true;
      setImmediate(nextTurn);
    }
    if (!heard.has(socket)) {
      heard.add(socket);
    } else if (!paused.has(socket)) {
      paused.add(socket);
      socket.on("resume", stayPaused);
      socket.pause();
    }
  };
}

/** Node resumes the connection of a request whose body is read. */
function stayPaused(this: Socket): void {
  this.pause();
}
