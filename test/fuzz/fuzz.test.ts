import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { test, type TestContext } from "node:test";
import { createCase, KINDS } from "../../scripts/fuzz/cases.ts";
import { describeFailure, fuzz, type FuzzFailure } from "../../scripts/fuzz/fuzz.ts";
import { SECRET, startTestApp } from "../support/app.ts";
import { atEnd } from "../support/cleanup.ts";
import { storedIds } from "../support/database.ts";
import { repetitions } from "../support/sweep.ts";

const SEED = 20_250_115;

test("fuzzed requests cause no 5xx and no hung connection, and accepted messages are returned unchanged", async (t) => {
  const cases = repetitions(t, { full: 2_500, short: 800 });
  const app = await startTestApp(t, { env: { LOG_LEVEL: "ERROR" } });
  const report = await fuzz({ port: Number(new URL(app.url).port), secret: SECRET, seed: SEED, mayContinue: (done) => done < cases });
  assert.equal(report.failure && describeFailure(report.failure), undefined);
  for (const kind of KINDS) assert.ok(report.cases[kind] > cases / 10, kind);
  assert.ok(report.accepted > cases / 20);
  // A mutated raw request may also be a valid delivery, which the fuzzer does not count.
  assert.ok(storedIds(app.databasePath).length >= report.accepted);
  assert.equal(app.rawLog(), "");
});

test("a case depends only on the seed and its number", () => {
  const bytes = (seed: number, index: number): string => {
    const { build, payload } = createCase(seed, index, SECRET);
    return build(payload).toString("latin1");
  };
  assert.equal(bytes(1, 7), bytes(1, 7));
  assert.notEqual(bytes(1, 7), bytes(2, 7));
  assert.notEqual(bytes(1, 7), bytes(1, 8));
});

/** Fuzzes a defective service and returns the failure that was found. */
async function failureOf(t: TestContext, listener: RequestListener): Promise<FuzzFailure> {
  const server = createServer(listener);
  // The same setting as in the service; @types/node does not have the property.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(t, () => server.close().closeAllConnections());
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const { failure } = await fuzz({ port, secret: SECRET, seed: SEED, mayContinue: (done) => done < 500, deadlineMs: 500 });
  assert.ok(failure);
  assert.match(describeFailure(failure), new RegExp(`SEED=${SEED} CASE=${failure.index}$`, "m"));
  return failure;
}

/** A defect of a service, the service, and what the fuzzer must report. */
const DEFECTS: readonly (readonly [string, RequestListener, RegExp])[] = [
  ["responds 500", (_request, response) => void response.writeHead(500).end(), /^response 500/],
  ["refuses every body", (_request, response) => void response.writeHead(422).end(), /notification/],
  ["hangs", () => undefined, /hangs/],
  ["closes the connection without a response", (request) => void request.socket.destroy(), /^no response$/],
  ["accepts any signature", (request, response) => void response.writeHead(request.method === "POST" ? 200 : 404).end(), /signature|not a message|cannot be read/],
  ["stores nothing", (request, response) => void response.writeHead(isSigned(request) ? 200 : 404).end(), /cannot be read|not a message/],
];

/** Whether it looks signed; the signature is not verified. */
function isSigned(request: IncomingMessage): boolean {
  return /^[0-9a-f]{64}$/i.test(String(request.headers["x-signature"]));
}

for (const [title, listener, reason] of DEFECTS) {
  test(`a service that ${title} is detected`, async (t) => {
    assert.match((await failureOf(t, listener)).reason, reason);
  });
}

test("a failing case is shrunk to the part that causes the failure", async (t) => {
  const failure = await failureOf(t, (request, response) => void response.writeHead(request.url?.includes("limit=") ? 500 : 400).end());
  assert.match(failure.request.toString("latin1"), /^GET \S*limit= HTTP/);
});
