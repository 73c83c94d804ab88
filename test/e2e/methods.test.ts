import assert from "node:assert/strict";
import { test } from "node:test";
import { OPERATIONS } from "../../src/api/operations.ts";
import { delivery } from "../support/app.ts";
import { exchangeRaw, openConnection } from "../support/connection.ts";
import { at } from "../support/json.ts";
import { sharedApp } from "../support/shared-app.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";

/** Each path, with `x` for its parameter, and the sorted methods of its `Allow` header. */
const ALLOW: readonly (readonly [path: string, allow: string])[] = Map.groupBy(Object.values(OPERATIONS), ({ path }) => path)
  .entries()
  .map(([path, operations]) => {
    const methods = operations.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
    return [path.replace(/\{.*\}/, "x"), [...methods, "OPTIONS"].toSorted().join(", ")] as const;
  })
  .toArray();
const shared = sharedApp();
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"];

test("a method that a path does not support gets 405 with Allow", async () => {
  const app = await shared();
  for (const [path, allow] of ALLOW) {
    for (const method of METHODS.filter((name) => !allow.split(", ").includes(name))) {
      const response = await app.request(path, { method });
      assert.equal(response.status, 405, `${method} ${path}`);
      assert.equal(response.headers["allow"], allow);
      if (method === "HEAD") assert.equal(response.body, "");
      else assert.equal(typeof at(response.json, "detail"), "string");
    }
  }
});

test("OPTIONS gets 204 with Allow and no body", async () => {
  const app = await shared();
  for (const [path, allow] of [...ALLOW, ["*", "DELETE, GET, HEAD, OPTIONS, POST"]] as const) {
    const response = await app.request(path, { method: "OPTIONS" });
    assert.equal(response.status, 204, path);
    assert.deepEqual((response.headers["allow"] ?? "").split(", ").toSorted(), allow.split(", "));
    assert.equal(response.body, "");
    assert.equal(response.headers["content-length"], undefined);
    assert.equal(response.headers["content-type"], undefined);
  }
});

test("HEAD has the headers of GET and no body", async () => {
  const app = await shared();
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

test("an unknown path gets 404, whatever the method", async () => {
  const app = await shared();
  for (const path of ["/nope", "/assets", "/assets/", "/webhook//", "/Webhook", "/messages/a/b", "//messages", "/health", "/health/", "/%6Dessages", "/../stats"]) {
    for (const method of ["GET", "POST", "OPTIONS", "DELETE"]) {
      const response = await app.request(path, { method });
      assert.equal(response.status, 404, `${method} ${path}`);
      assert.match(String(at(response.json, "detail")), /^not found/);
      assert.equal(response.headers["content-type"], "application/json");
    }
  }
});

test("the absolute form of the target is served like its path", async (t) => {
  const app = await shared();
  await app.deliver(delivery());
  for (const target of ["http://x/messages/m1", "HTTP://other:1/messages/m1?x", `${app.url}/messages/m1`]) {
    const [response] = await exchangeRaw(t, app.url, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    assert.equal(response?.status, 200, target);
    assert.equal(at(JSON.parse(response?.body ?? ""), "message_id"), "m1");
  }
  const lines = await app.requestLines(4);
  assert.deepEqual(lines.slice(1).map((line) => line["path"]), ["/messages/m1", "/messages/m1", "/messages/m1"]);
});

test("an absolute form without a path is that of the page at /", ONLY_IN_FULL_RUN, async (t) => {
  const app = await shared();
  for (const request of ["GET http://x", "HEAD http://x:80?limit=1", "OPTIONS http://x", "POST HTTPS://x"]) {
    await exchangeRaw(t, app.url, `${request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  }
  assert.deepEqual((await app.requestLines(4)).map((line) => [line["path"], line["status"]]), [["/", 200], ["/", 200], ["/", 204], ["/", 405]]);
});

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const REQUEST_IDS: readonly (readonly [string, string | string[] | undefined, "kept" | "generated"])[] = [
  ["of every allowed character", "Az09._-", "kept"],
  ["of 128 characters", "x".repeat(128), "kept"],
  ["of 129 characters", "x".repeat(129), "generated"],
  ["that is empty", "", "generated"],
  ["with a space", "a b", "generated"],
  ["with a slash", "a/b", "generated"],
  ["with a byte beyond ASCII", "\u00e9", "generated"],
  ["sent twice", ["a", "b"], "generated"],
  ["that is missing", undefined, "generated"],
];

test("a well-formed X-Request-ID is kept, otherwise one is generated; it is returned and logged", async () => {
  const app = await shared();
  for (const [index, [title, sent, outcome]] of REQUEST_IDS.entries()) {
    const response = await app.request(index % 2 === 0 ? "/health/live" : "/nope", sent === undefined ? {} : { headers: { "X-Request-ID": sent } });
    const returned = response.headers["x-request-id"];
    if (outcome === "kept") assert.equal(returned, sent, title);
    else assert.match(String(returned), UUID, title);
    assert.equal((await app.requestLines(index + 1)).at(-1)?.["request_id"], returned, title);
  }
});
