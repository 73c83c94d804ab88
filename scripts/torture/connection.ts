import { connect } from "node:net";

export interface Answer {
  readonly status: number;
  /** Whether the server closes the connection after it. */
  readonly last: boolean;
  readonly retryAfter: boolean;
}

/** A keep-alive connection that sends requests and reports the outcome of each. */
export interface Connection {
  /** Sends all of them at once (pipelined) and returns one response for each; undefined if the connection was lost before it arrived. */
  exchange(requests: readonly Buffer[]): Promise<readonly (Answer | undefined)[]>;
  isOpen(): boolean;
  close(): void;
}

/** Opens a connection; undefined if no service listens. */
export function openConnection(url: string): Promise<Connection | undefined> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let received = "";
  let open = true;
  let changed: () => void = () => undefined;

  function lost(): void {
    open = false;
    changed();
  }
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    received += chunk;
    changed();
  });
  socket.on("end", lost);
  socket.on("error", lost);
  socket.on("close", lost);

  function exchange(requests: readonly Buffer[]): Promise<readonly (Answer | undefined)[]> {
    const answers: (Answer | undefined)[] = [];
    return new Promise((resolve) => {
      changed = () => {
        for (let next = takeAnswer(); next !== undefined; next = takeAnswer()) answers.push(next);
        if (answers.length < requests.length && open) return;
        while (answers.length < requests.length) answers.push(undefined);
        resolve(answers);
      };
      if (open) socket.write(Buffer.concat(requests));
      changed();
    });
  }

  function takeAnswer(): Answer | undefined {
    const headEnd = received.indexOf("\r\n\r\n");
    if (headEnd === -1) return undefined;
    const head = received.slice(0, headEnd);
    const bodyEnd = headEnd + 4 + Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    if (received.length < bodyEnd) return undefined;
    received = received.slice(bodyEnd);
    return { status: Number(head.slice(9, 12)), last: /^connection: close/im.test(head), retryAfter: /^retry-after: \d/im.test(head) };
  }

  return new Promise((resolve) => {
    socket.once("connect", () => resolve({ exchange, isOpen: () => open, close: () => void socket.destroy() }));
    socket.once("close", () => resolve(undefined));
  });
}
