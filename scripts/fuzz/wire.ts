import { connect } from "node:net";

/** What the service sent on a connection, byte for byte as Latin-1. */
export type WireAnswer = { readonly ended: true; readonly received: string } | { readonly ended: false; readonly why: string };

export interface WireOptions {
  readonly port: number;
  readonly deadlineMs: number;
  /** Offsets at which a new write, and so another packet, begins. */
  readonly cuts: readonly number[];
}

/**
 * A reset can overtake a response if bytes follow the request that closes the connection (RFC 9112, section 9.6): after a reset
 * without a response, the request is sent again, this many times in total.
 */
const ATTEMPTS = 4;

/** Writes all bytes, closes the sending side, and gives what arrives until the server closes its side, which it must do in time. */
export async function exchangeBytes(bytes: Buffer, options: WireOptions): Promise<WireAnswer> {
  for (let attempt = 1; attempt < ATTEMPTS; attempt += 1) {
    const answer = await exchangeOnce(bytes, options);
    if (answer !== "reset") return answer;
  }
  const last = await exchangeOnce(bytes, options);
  return last === "reset" ? { ended: true, received: "" } : last;
}

function exchangeOnce(bytes: Buffer, options: WireOptions): Promise<WireAnswer | "reset"> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port: options.port, allowHalfOpen: true, noDelay: true });
    let received = "";
    let connected = false;
    const deadline = setTimeout(() => finish({ ended: false, why: `the connection still hangs after ${options.deadlineMs} ms` }), options.deadlineMs);
    function finish(answer: WireAnswer | "reset"): void {
      clearTimeout(deadline);
      // No socket is left in TIME_WAIT: hundreds of thousands of connections may follow.
      socket.resetAndDestroy();
      resolve(answer);
    }
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      received += chunk;
    });
    socket.on("end", () => finish({ ended: true, received }));
    // A refused client may be cut off while it is still sending.
    socket.on("error", (error) => {
      if (!connected) finish({ ended: false, why: `no connection: ${error.message}` });
      else finish(received === "" ? "reset" : { ended: true, received });
    });
    socket.on("connect", () => {
      connected = true;
      void writePieces();
    });
    async function writePieces(): Promise<void> {
      let from = 0;
      for (const cut of [...options.cuts, bytes.length]) {
        socket.write(bytes.subarray(from, cut));
        from = cut;
        await new Promise(setImmediate);
      }
      socket.end();
    }
  });
}
