import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { json } from "../../src/http/respond.ts";
import { openConnection } from "../support/connection.ts";
import { startTestServer } from "../support/http.ts";

const BODY_BYTES = 256 * 1024;

test("an idle connection does not keep its last request's body in memory", async (t) => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc");
  const server = await startTestServer(t, async (request) => json((await request.readBody()).ok), { bodyLimitBytes: BODY_BYTES });
  const request = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${BODY_BYTES}\r\n\r\n${"x".repeat(BODY_BYTES)}`;
  const connections = 40;
  for (let index = 0; index < connections; index += 1) {
    const connection = await openConnection(t, server.url);
    connection.write(request);
    assert.equal((await connection.responses(1))[0]?.body, "true");
  }
  // In several passes, because what one pass frees may have kept more alive.
  for (let pass = 0; pass < 5; pass += 1) {
    collectGarbage();
    await new Promise(setImmediate);
  }
  assert.ok(process.memoryUsage().arrayBuffers < (connections / 2) * BODY_BYTES, `${process.memoryUsage().arrayBuffers} bytes`);
});
