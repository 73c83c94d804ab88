import { fstatSync } from "node:fs";
import { setImmediate as nextIteration } from "node:timers/promises";
import { createLogSink } from "../../src/telemetry/log-sink.ts";

// Writes numbered lines to descriptor 1, all but the last in one iteration of the event loop. Sends the parent "turning" when the next
// iteration runs, and "closed" when everything is written. Ends when the parent disconnects, or at once on a message from it.
const [lineCount = 0, maxWaitingBytes = 0] = process.argv.slice(2).map(Number);
const sink = createLogSink({ nowMs: () => 0, maxWaitingBytes });

function writeLine(number: number): void {
  sink.write(`${JSON.stringify({ number, pad: "é".repeat(50) })}\n`);
}

process.once("message", () => process.exit(0));
for (let number = 0; number < lineCount - 1; number += 1) writeLine(number);
await nextIteration();
writeLine(lineCount - 1);
process.send?.("turning");
await sink.close();
// Throws if the descriptor is closed, because the next file opened would get its number.
fstatSync(1);
process.send?.("closed");
