import { Buffer } from "node:buffer";
import { ProtocolError } from "./errors.ts";

/** One message from the server: the byte that names its type, and its body without the length. */
export interface Frame {
  readonly type: string;
  readonly body: Buffer;
}

const HEADER_BYTES = 5;
const MAX_BYTES = 30_000;
/** DataRow, ErrorResponse and NoticeResponse, which carry values. */
const LONG_TYPES: ReadonlySet<string> = new Set(["D", "E", "N"]);
const MAX_LONG_BYTES = 16 * 1024 * 1024;

/**
 * Splits the data from the server into messages, however the network has cut it
 * (https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-MESSAGE-CONCEPTS): a type of one byte, an int32
 * length that includes itself, the body. Bodies share memory with the chunks. A message with values has up to 16 MiB, any other
 * up to 30,000 bytes, as in libpq.
 *
 * @throws {ProtocolError} for a length that is too small or too large, as soon as it can be read
 */
export function createFrameReader(): (chunk: Buffer) => Generator<Frame, void, undefined> {
  let chunks: Buffer[] = [];
  let gathered = 0;
  let needed = HEADER_BYTES;

  return function* read(chunk) {
    chunks.push(chunk);
    gathered += chunk.length;
    // A long message arrives in many chunks, which are joined once, when it is complete.
    if (gathered < needed) return;
    const bytes = chunks.length === 1 ? chunk : Buffer.concat(chunks, gathered);
    let start = 0;
    needed = HEADER_BYTES;
    while (bytes.length - start >= HEADER_BYTES) {
      const type = String.fromCharCode(bytes.readUInt8(start));
      const length = bytes.readInt32BE(start + 1);
      if (length < 4 || length > (LONG_TYPES.has(type) ? MAX_LONG_BYTES : MAX_BYTES)) {
        throw new ProtocolError(`Cannot read a message of type ${JSON.stringify(type)}: it claims a length of ${length} bytes`);
      }
      const end = start + 1 + length;
      if (bytes.length < end) {
        needed = 1 + length;
        break;
      }
      const body = bytes.subarray(start + HEADER_BYTES, end);
      start = end;
      yield { type, body };
    }
    chunks = [bytes.subarray(start)];
    gathered = bytes.length - start;
  };
}
