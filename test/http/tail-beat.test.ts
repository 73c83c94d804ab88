import assert from "node:assert/strict";
import { test } from "node:test";
import { createTail } from "../../src/http/handlers/tail.ts";
import { jsonLine } from "../../src/http/respond.ts";
import { startTestServer } from "../support/http.ts";
import { openStream } from "../support/stream.ts";

const MESSAGE = { seq: 1, message_id: "m\u2028", from: "+1\u2029", to: "+2", ts: "2025-01-15T10:00:00Z", text: "a\u0085b\u2028c\u2029d\n\r\u000b\u000c", created_at: "2025-01-15T10:00:00.412Z" };
const EMPTY = { lastSequence: async () => 1, history: async () => ({ generation: "g", former: new Map<string, number>() }), since: async () => ({ data: [], more: false }), onCommitted: () => undefined };

for (const [accept, beat, ending] of [["application/x-ndjson", "", "\n"], ["text/event-stream", ":", "\n\n"]] as const) {
  test(`a tail without messages sends heartbeats: ${accept}`, async (t) => {
    const server = await startTestServer(t, createTail(EMPTY, { beatMs: 1 }));
    const stream = await openStream(t, server.url, { Accept: accept });
    const chunks = await stream.chunks(5, ending);
    assert.deepEqual(chunks.slice(accept === "text/event-stream" ? 1 : 0, 5).filter((chunk) => chunk !== beat), []);
    stream.disconnect();
    await server.finished(1);
  });
}

test("a message has no line ending inside its line, and parses back unchanged", async (t) => {
  const line = jsonLine(MESSAGE);
  // The line endings of Python's str.splitlines.
  assert.doesNotMatch(line.slice(0, -1), /[\n\r\u000b\u000c\u001c-\u001e\u0085\u2028\u2029]/);
  assert.deepEqual(JSON.parse(line), MESSAGE);
  const store = { ...EMPTY, since: async (after: number) => ({ data: after === 0 ? [MESSAGE] : [], more: false }) };
  for (const accept of ["application/x-ndjson", "text/event-stream"]) {
    const server = await startTestServer(t, (request) => createTail(store)({ ...request, query: "after=0" }));
    const stream = await openStream(t, server.url, { Accept: accept });
    const lines = await stream.chunks(accept === "text/event-stream" ? 4 : 1);
    assert.ok(lines.some((one) => one.endsWith(line.slice(0, -1))), accept);
    stream.disconnect();
    await server.finished(1);
  }
});
