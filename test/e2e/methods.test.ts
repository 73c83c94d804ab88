import assert from "node:assert/strict";
import { test } from "node:test";
import { OPERATIONS } from "../../src/api/operations.ts";
import { delivery, startTestApp } from "../support/app.ts";
import { exchangeRaw, openConnection } from "../support/connection.ts";
import { at } from "../support/json.ts";
import { sharedApp } from "../support/shared-app.ts";

/** Each path, with `x` for its parameter, and what `Allow` must hold. */
const ALLOW: readonly (readonly [path: string, allow: string])[] = Map.groupBy(Object.values(OPERATIONS), ({ path }) => path)
  .entries()
  .map(([path, operations]) => {
    const methods = operations.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
    return [path.replace(/\{.*\}/, "x"), [...methods, "OPTIONS"].toSorted().join(", ")] as const;
  })
  .toArray();
const shared = sharedApp();
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"];

test("a method that a path does not have is answered 405 with Allow", async () => {
  const app = await shared();
  for (const [path, allow] of ALLOW) {
    for (const method of METHODS.filter((name) => !allow.split(", ").includes(name))) {
      const answer = await app.request(path, { method });
      assert.equal(answer.status, 405, `${method} ${path}`);
      assert.equal(answer.headers["allow"], allow);
      if (method === "HEAD") assert.equal(answer.body, "");
      else assert.equal(typeof at(answer.json, "detail"), "string");
    }
  }
});

test("OPTIONS is answered 204 with Allow and without a body", async () => {
  const app = await shared();
  for (const [path, allow] of [...ALLOW, ["*", "DELETE, GET, HEAD, OPTIONS, POST"]] as const) {
    const answer = await app.request(path, { method: "OPTIONS" });
    assert.equal(answer.status, 204, path);
    assert.deepEqual((answer.headers["allow"] ?? "").split(", ").toSorted(), allow.split(", "));
    assert.equal(answer.body, "");
    assert.equal(answer.headers["content-length"], undefined);
    assert.equal(answer.headers["content-type"], undefined);
  }
});

test("HEAD has the headers of GET and no body", async (t) => {
  const app = await startTestApp(t);
  await app.deliver(delivery());
  const paths = ["/messages", "/messages?limit=0", "/messages/m1", "/messages/none", "/messages/%", "/stats", "/health/live", "/health/ready", "/none", "/webhook"];
  for (const path of paths) {
    const headers = { "X-Request-ID": "same" };
    const get = await app.request(path, { headers });
    const head = await app.request(path, { method: "HEAD", headers });
    assert.equal(head.status, get.status, path);
    assert.deepEqual({ ...head.headers, date: "" }, { ...get.headers, date: "" }, path);
    assert.equal(head.body, "", path);
    assert.equal(Number(head.headers["content-length"]), Buffer.byteLength(get.body), path);
  }
  const metrics = await app.request("/metrics", { method: "HEAD" });
  assert.deepEqual([metrics.status, metrics.body], [200, ""]);
  assert.ok(Number(metrics.headers["content-length"]) > 1000);
});

test("HEAD sends no byte of a body on the connection", async (t) => {
  const app = await shared();
  const head = "HEAD /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  const { socket } = await openConnection(t, app.url);
  let received = "";
  socket.on("data", (chunk: string) => {
    received += chunk;
  });
  const ended = new Promise((resolve) => socket.once("end", resolve));
  socket.write(head);
  await ended;
  assert.ok(received.startsWith("HTTP/1.1 200 ") && received.endsWith("\r\n\r\n"), received);
});

test("a path that does not exist is answered 404, whatever the method", async () => {
  const app = await shared();
  for (const path of ["/nope", "/assets", "/assets/", "/webhook//", "/Webhook", "/messages/a/b", "//messages", "/health", "/health/", "/%6Dessages", "/../stats"]) {
    for (const method of ["GET", "POST", "OPTIONS", "DELETE"]) {
      const answer = await app.request(path, { method });
      assert.equal(answer.status, 404, `${method} ${path}`);
      assert.match(String(at(answer.json, "detail")), /^not found/);
      assert.equal(answer.headers["content-type"], "application/json");
    }
  }
});

test("the absolute form of the target is served like its path", async (t) => {
  const app = await startTestApp(t);
  await app.deliver(delivery());
  for (const target of ["http://x/messages/m1", "HTTP://other:1/messages/m1?x", `${app.url}/messages/m1`]) {
    const [answer] = await exchangeRaw(t, app.url, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    assert.equal(answer?.status, 200, target);
    assert.equal(at(JSON.parse(answer?.body ?? ""), "message_id"), "m1");
  }
  const lines = await app.requestLines(4);
  assert.deepEqual(lines.slice(1).map((line) => line["path"]), ["/messages/m1", "/messages/m1", "/messages/m1"]);
});

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const REQUEST_IDS: readonly (readonly [string, string | string[] | undefined, "taken" | "made"])[] = [
  ["of every allowed character", "Az09._-", "taken"],
  ["of 128 characters", "x".repeat(128), "taken"],
  ["of 129 characters", "x".repeat(129), "made"],
  ["that is empty", "", "made"],
  ["with a space", "a b", "made"],
  ["with a slash", "a/b", "made"],
  ["with a byte beyond ASCII", "\u00e9", "made"],
  ["sent twice", ["a", "b"], "made"],
  ["that is missing", undefined, "made"],
];

test("X-Request-ID is taken from the request if it is well-formed, otherwise created; it is returned and logged", async (t) => {
  const app = await startTestApp(t);
  for (const [index, [title, sent, outcome]] of REQUEST_IDS.entries()) {
    const answer = await app.request(index % 2 === 0 ? "/health/live" : "/nope", sent === undefined ? {} : { headers: { "X-Request-ID": sent } });
    const returned = answer.headers["x-request-id"];
    if (outcome === "taken") assert.equal(returned, sent, title);
    else assert.match(String(returned), UUID, title);
    assert.equal((await app.requestLines(index + 1)).at(-1)?.["request_id"], returned, title);
  }
});
