import { connect } from "node:net";

/** What the service sent on a connection, as Latin-1; or why the connection did not end. */
export type WireResult = { readonly ended: true; readonly received: string } | { readonly ended: false; readonly why: string };

export interface WireOptions {
  readonly port: number;
  readonly deadlineMs: number;
  /** Offsets at which a new write begins, so that the bytes go out in several packets. */
  readonly cuts: readonly number[];
}

/**
 * A reset can overtake a response if bytes follow the request that closes the connection (RFC 9112, section 9.6): after a reset
 * without a response, the request is sent again, this many times in total.
 */
const ATTEMPTS = 4;

/** Writes all bytes, closes the sending side, and returns what arrives until the server closes its side, which it must do before the deadline. */
export async function exchangeBytes(bytes: Buffer, options: WireOptions): Promise<WireResult> {
  for (let attempt = 1; attempt < ATTEMPTS; attempt += 1) {
    const result = await exchangeOnce(bytes, options);
    if (result !== "reset") return result;
  }
  const last = await exchangeOnce(bytes, options);
  return last === "reset" ? { ended: true, received: "" } : last;
}

function exchangeOnce(bytes: Buffer, options: WireOptions): Promise<WireResult | "reset"> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port: options.port, allowHalfOpen: true, noDelay: true });
    let received = "";
    let connected = false;
    const deadline = setTimeout(() => finish({ ended: false, why: `the connection still hangs after ${options.deadlineMs} ms` }), options.deadlineMs);
    function finish(result: WireResult | "reset"): void {
      clearTimeout(deadline);
      // A reset leaves no socket in TIME_WAIT, because hundreds of thousands of connections may follow.
      socket.resetAndDestroy();
      resolve(result);
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
      void writeParts();
    });
    async function writeParts(): Promise<void> {
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
