import { fstatSync, write } from "node:fs";
import { Socket } from "node:net";

/**
 * Writes all bytes off the event loop, then calls `done` once: without an error when they are written, otherwise with the error
 * and the number of bytes written. One call at a time.
 */
export type DescriptorWriter = (bytes: Uint8Array, done: (error: Error | undefined, written: number) => void) => void;

const RETRY_AFTER_MS = 10;

/**
 * Creates a writer for a descriptor. It never closes standard output and standard error, but closes a pipe with another number if
 * a write to it fails. Nothing else in the process may write to the descriptor, including `console.log` and `process.stdout`:
 * libuv polls it for one handle only. Throws if the descriptor is not open.
 */
export function createDescriptorWriter(fd: number): DescriptorWriter {
  const stat = fstatSync(fd);
  return stat.isFIFO() || stat.isSocket() ? createPipeWriter(fd) : createFileWriter(fd);
}

// The thread pool could write to pipes too, but a pool thread that waits for a stalled reader delays process.exit().
function createPipeWriter(fd: number): DescriptorWriter {
  const socket = new Socket({ fd, readable: false, writable: true });
  // Each write reports its own error; without a listener the event would end the process.
  socket.on("error", () => {});
  return (bytes, done) => {
    socket.write(bytes, (error) => done(error ?? undefined, error ? 0 : bytes.length));
  };
}

// For files and terminals, which libuv cannot poll: the thread pool writes.
function createFileWriter(fd: number): DescriptorWriter {
  return (bytes, done) => {
    writeFrom(0);
    function writeFrom(offset: number): void {
      write(fd, bytes, offset, bytes.length - offset, null, (error, count) => {
        // A terminal that another process made non-blocking.
        if (error?.code === "EAGAIN") setTimeout(writeFrom, RETRY_AFTER_MS, offset);
        else if (error !== null) done(error, offset);
        else if (offset + count < bytes.length) writeFrom(offset + count);
        else done(undefined, bytes.length);
      });
    }
  };
}
