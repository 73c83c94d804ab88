import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { StoreUnavailable } from "../../src/core/store.ts";
import { createOpenApiDocument } from "../../src/api/document.ts";
import { refuse } from "../../src/http/respond.ts";
import { postTwilio, SMS } from "../support/twilio.ts";
import { delivery, send } from "../support/app.ts";
import { exchangeRaw } from "../support/connection.ts";
import { otherConnection } from "../support/database.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { change, element, notification } from "../senders/notification.ts";
import { startTestServer } from "../support/http.ts";
import { at, listAt } from "../support/json.ts";
import { assertDescribed, assertResponse, found, operationsOf, type DocumentedOperation, type ObservedResponse } from "../support/openapi.ts";
import { sharedApp } from "../support/shared-app.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";

const DOCUMENT = createOpenApiDocument("0.0.0-test");
const OPERATIONS = operationsOf(DOCUMENT);
const ENV = { API_TOKEN: "t", WEBHOOK_VERIFY_TOKEN: "v", MAX_BODY_BYTES: "10000", TWILIO_AUTH_TOKEN: "t", PUBLIC_URL: "https://a.example" };
const shared = sharedApp({ clock: { nowMs: () => Date.UTC(2025, 0, 15) }, busyTimeoutMs: 1, env: { ...ENV, WEBHOOK_RATE_LIMIT: "40" } });
const withoutSettings = sharedApp();

function operationFor(method: string, target: string): DocumentedOperation {
  const [path = ""] = target.split("?");
  const found = OPERATIONS.find((one) => one.method === method && new RegExp(`^${one.path.replace(/\{.*\}/, "[^/]+")}$`).test(path));
  assert.ok(found, `${method} ${path} is in the document`);
  return found;
}

const INVALID_BODIES: readonly (string | Uint8Array | object)[] = [
  "{}", "[]", "{", new Uint8Array([0xff]), { message_id: "", from: 1, to: "x", ts: "x", text: "x".repeat(5000) }, delivery({ from: "919876543210" }), '{"message_id":"\\ud800"}',
];

/** A notification whose messages exceed the limits of a native message: they must be readable all the same. */
const NOTIFICATION = notification([
  change([element({ id: "i".repeat(300), from: undefined, from_user_id: "US.1", text: { body: "é".repeat(4097) } }), element({ from: undefined })], { metadata: {} }),
]);

/** Targets of GET and HEAD, and headers to send instead of the token. */
const READS: readonly (readonly [target: string, headers?: Record<string, string>])[] = [
  ["/messages"], ["/messages?limit=0&offset=-1&since=x"], ["/messages?limit=101&offset=x"], ["/messages", { Authorization: "Bearer x" }],
  ["/messages/i/payload"], [`/messages/${"i".repeat(300)}/payload`], ["/messages/%ff/payload"], ["/messages/i/payload", {}],
  ["/messages?format=csv&payload=1"], ["/messages?format=ndjson&payload=1"],
  ["/messages/order%2F7"], ["/messages/none"], ["/messages/%ff"], ["/messages/m1", {}],
  ["/messages?limit=1"], ["/messages?limit=1&order=desc&from=+919876543210&to=+14155550100&until=2030-01-01T00:00:00Z"],
  ["/messages?limit=1&order=received-desc"], ["/messages?format=csv&order=received-desc"], ["/stats/timeline?from=+1&to=+2&q=x"],
  ["/messages?order=x&cursor=x&format=x&offset=1&until=x"], ["/messages?format=csv&limit=1"], ["/messages?format=csv"], ["/messages?format=ndjson"],
  ["/tail?after=-1"], ["/tail?after=1000000"], ["/tail?after=x"], ["/tail", { Authorization: "Bearer t", "Last-Event-ID": "x" }], ["/tail", {}],
  ["/stats/timeline"], ["/stats/timeline?bucket=week&utc_offset=5&limit=10001&since=x"], ["/stats/timeline?bucket=day&utc_offset=+05:30"], ["/stats/timeline", {}],
  ["/stats"], ["/stats", { Authorization: "Basic x" }],
  ["/health/live"], ["/health/ready"], ["/metrics"], ["/metrics", { Accept: "application/openmetrics-text" }],
  ["/webhook?hub.mode=subscribe&hub.verify_token=v&hub.challenge=1158201444"], ["/webhook"],
  ["/"], ["/docs"], ["/openapi.json"], ["/openapi.json", { "If-None-Match": "*" }], ["/assets/none.css"], ["/assets/%ff"],
];

/** Every field error in the document's examples, as JSON. */
function exampleFieldErrors(): readonly string[] {
  const responses = [...OPERATIONS.flatMap(({ operation }) => Object.values(operation.responses)), ...Object.values(DOCUMENT.components.responses)];
  const examples = responses.flatMap((response) => ("$ref" in response ? [] : Object.values(response.content?.["application/json"]?.examples ?? {})));
  const errors = examples.flatMap(({ value }) => [at(value, "detail")].flat()).filter((error) => typeof error === "object" && error !== null);
  assert.ok(errors.length >= 7, `${errors.length} errors`);
  return errors.map((error) => JSON.stringify(error));
}

type Seen = readonly [method: string, target: string, response: ObservedResponse];

/** Targets of DELETE, and headers to send instead of the token. */
const ERASURES: readonly (readonly [target: string, headers?: Record<string, string>])[] = [
  ["/messages/order%2F7"], ["/messages/order%2F7"], ["/messages/%ff"], ["/messages/m1", {}], ["/messages?from=+1"], ["/messages"], ["/messages?from=+1&to=+2"], ["/messages?from=+1", {}],
];

/** The head and the first message of an endless response. */
async function startOf(url: string, headers: Record<string, string>): Promise<ObservedResponse> {
  const response = await fetch(url, { headers: { ...headers, Authorization: "Bearer t" } });
  let body = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    body += chunk;
    if (/"seq".*\n$/s.test(body)) break;
  }
  return { status: response.status, headers: Object.fromEntries(response.headers), body };
}

/** At least one response of every documented kind. */
async function collectResponses(t: TestContext): Promise<readonly Seen[]> {
  const app = await shared();
  const other = otherConnection(t, app.databasePath);
  const seen: Seen[] = [];
  const messages = [delivery(), delivery({ message_id: "order/7", text: null, ts: "2025-01-15T15:30:00.50+05:30" }), delivery()];
  for (const body of [...messages, NOTIFICATION, ...INVALID_BODIES, "x".repeat(10_001)]) seen.push(["POST", "/webhook", await app.deliver(body)]);
  seen.push(["POST", "/webhook", await app.deliver("x", { "X-Signature": "x" })]);
  seen.push(["POST", "/webhook", await app.deliver("x", { "Content-Encoding": "gzip" })]);
  seen.push(["POST", "/webhook/twilio", await postTwilio(app, SMS, { "Content-Encoding": "gzip" })]);

  seen.push(["POST", "/webhook/twilio", await postTwilio(app, SMS)], ["POST", "/webhook/twilio", await postTwilio(app, SMS, { "X-Twilio-Signature": "x" })]);

  const icon = `/${/href="(?:\.\/)?(assets\/icon[^"]+)"/.exec((await app.request("/")).body)?.[1] ?? ""}`;
  for (const method of ["GET", "HEAD"]) {
    for (const [target, headers = { Authorization: "Bearer t" }] of [...READS, [icon]] as const) {
      seen.push([method, target, await app.request(target, { method, headers })]);
    }
  }
  for (const type of ["application/x-ndjson", "text/event-stream"]) {
    seen.push(["GET", "/tail", await startOf(`${app.url}/tail?after=0`, { Accept: type })]);
    seen.push(["HEAD", "/tail", await app.request("/tail", { method: "HEAD", headers: { Authorization: "Bearer t", Accept: type } })]);
  }
  for (const path of Object.keys(DOCUMENT.paths)) {
    const target = path.replace(/\{.*\}/, "x");
    seen.push(["OPTIONS", target, await app.request(target, { method: "OPTIONS" })]);
  }

  for (const [target, headers = { Authorization: "Bearer t" }] of ERASURES) seen.push(["DELETE", target, await app.request(target, { method: "DELETE", headers })]);

  other.exec("BEGIN IMMEDIATE");
  seen.push(["POST", "/webhook", await app.deliver(delivery({ message_id: "m2" }))]);
  seen.push(["POST", "/webhook/twilio", await postTwilio(app, { ...SMS, MessageSid: "SM2" })]);
  for (const method of ["GET", "HEAD"]) seen.push([method, "/health/ready", await app.request("/health/ready", { method })]);
  other.exec("ROLLBACK");

  const unset = await withoutSettings();
  for (const target of ["/messages/m1", "/messages?from=+1"]) seen.push(["DELETE", target, await unset.request(target, { method: "DELETE" })]);
  seen.push(["POST", "/webhook/twilio", await postTwilio(unset, SMS)]);
  let last = await app.deliver(delivery());
  while (last.status !== 429) last = await app.deliver("");
  seen.push(["POST", "/webhook", last], ["POST", "/webhook/twilio", await postTwilio(app, SMS)]);
  return seen;
}

test("every response matches the document, and every response that the document gives for an operation occurs", { skip: ONLY_SQLITE }, async (t) => {
  const observed = new Set<string>();
  const fieldErrors = new Set<unknown>();
  const fieldErrorsInFull = new Set<string>();
  for (const [method, target, response] of await collectResponses(t)) {
    const described = operationFor(method, target);
    assertDescribed(DOCUMENT, described, response);
    observed.add(`${method} ${described.path} ${response.status}`);
    if (response.status !== 422 || method === "HEAD") continue;
    for (const error of listAt(JSON.parse(response.body), "detail")) {
      fieldErrors.add(at(error, "type"));
      fieldErrorsInFull.add(JSON.stringify(error));
    }
  }
  const sharedStatuses = new Set(["400", "408", "413", "417", "431", "500", "501", "503"]);
  const expected = OPERATIONS.flatMap(({ method, path, operation }) =>
    Object.entries(operation.responses)
      .filter(([status, response]) => !(sharedStatuses.has(status) && "$ref" in response) && status !== "400" && status !== "408")
      .map(([status]) => `${method} ${path} ${status}`),
  );
  assert.deepEqual([...observed].toSorted(), expected.toSorted());
  assert.deepEqual([...fieldErrors].toSorted(), DOCUMENT.components.schemas["FieldErrorType"]?.enum?.toSorted());
  assert.deepEqual(exampleFieldErrors().filter((error) => !fieldErrorsInFull.has(error)), [], "each example is an error that the service gives");
});

const RAW: readonly (readonly [name: string, request: string])[] = [
  ["BadRequest", "GET /stats HTTP/1.1\r\n\r\n"],
  ["BadRequest", "GARBAGE\r\n\r\n"],
  ["TooLarge", `POST /webhook HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;${"x".repeat(20_000)}\r\n`],
  ["ExpectationFailed", "GET /stats HTTP/1.1\r\nHost: x\r\nExpect: x\r\nConnection: close\r\n\r\n"],
  ["HeadersTooLarge", `GET /stats HTTP/1.1\r\nHost: x\r\nA: ${"a".repeat(20_000)}\r\n\r\n`],
  ["BadRequest", "GET /stats HTTP/1.1\r\nHost: a/b\r\n\r\n"],
  ["NotImplemented", "POST /webhook HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"],
  ["NotFound", "GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"],
];

const STATUS_OF: Readonly<Record<string, number>> = {
  BadRequest: 400, NotFound: 404, RequestTimeout: 408, TooLarge: 413, ExpectationFailed: 417, HeadersTooLarge: 431, InternalError: 500, NotImplemented: 501, Unavailable: 503,
};

function assertShared(name: string, response: ObservedResponse | undefined): void {
  assert.ok(response !== undefined, name);
  assert.equal(response.status, STATUS_OF[name], name);
  assertResponse(DOCUMENT, found(DOCUMENT.components.responses[name], name), response, { what: name });
}

test("responses that any request may get match the document", async (t) => {
  const app = await withoutSettings();
  for (const [name, request] of RAW) {
    const response = (await exchangeRaw(t, app.url, request)).find(({ status }) => status >= 400);
    assertShared(name, response && { ...response, headers: Object.fromEntries(response.headers) });
  }
  for (const [name, error] of [["InternalError", new Error("defect")], ["Unavailable", new StoreUnavailable("locked")]] as const) {
    const faulty = await startTestServer(t, () => Promise.reject(error));
    assertShared(name, await send(faulty.url, "/"));
  }
  const slow = await startTestServer(t, async (request) => {
    const body = await request.readBody();
    return body.ok ? { status: 200, body: "{}" } : refuse(body.error);
  }, { headersMs: 300, requestMs: 300, checkMs: 20 });
  const [late] = await exchangeRaw(t, slow.url, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf");
  assertShared("RequestTimeout", late && { ...late, headers: Object.fromEntries(late.headers) });
});

test("GET /openapi.json returns the document of the running version, without a token", async () => {
  const app = await shared();
  const response = await app.request("/openapi.json");
  assert.deepEqual(response.json, JSON.parse(JSON.stringify(DOCUMENT)));
});

const CONDITIONS: readonly (readonly [title: string, value: (etag: string) => string, status: number])[] = [
  ["the tag", (etag) => etag, 304],
  ["the tag as a strong tag", (etag) => etag.slice(2), 304],
  ["the tag among others", (etag) => `"a", ${etag},"b"`, 304],
  ["any tag", () => "*", 304],
  ["another tag", () => '"0123456789abcdef"', 200],
  ["the tag without quotes", (etag) => etag.slice(3, -1), 200],
  ["nothing", () => "", 200],
];

test("GET /openapi.json gets 304 if If-None-Match has its ETag", ONLY_IN_FULL_RUN, async () => {
  const app = await shared();
  const { etag = "" } = (await app.request("/openapi.json")).headers;
  for (const [title, value, status] of CONDITIONS) {
    const response = await app.request("/openapi.json", { headers: { "If-None-Match": value(etag) } });
    assert.equal(response.status, status, title);
    assert.equal(response.headers.etag, etag, title);
    assert.equal(response.body === "", status === 304, title);
  }
});
