import { Buffer } from "node:buffer";

const LINE_FEED = 0x0a;
/** Far more than any message needs. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/**
 * The lines of a stream of bytes, unchanged, each with its line feed; the last may have none. Throws if a line has more than 16
 * MiB.
 */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let parts: Uint8Array[] = [];
  let waitingBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      yield Buffer.concat([...parts, chunk.subarray(start, end + 1)]);
      parts = [];
      waitingBytes = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    parts.push(chunk.subarray(start));
    waitingBytes += chunk.length - start;
    if (waitingBytes > MAX_LINE_BYTES) throw new Error("Cannot read the lines: each must have at most 16 MiB");
  }
  if (waitingBytes > 0) yield Buffer.concat(parts);
}

/** The line without the CR and LF at its end. */
export function withoutLineEnd(line: Uint8Array): Uint8Array {
  let end = line.length;
  if (line[end - 1] === LINE_FEED) end -= 1;
  if (line[end - 1] === 0x0d) end -= 1;
  return line.subarray(0, end);
}
