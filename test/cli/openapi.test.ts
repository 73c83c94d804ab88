import assert from "node:assert/strict";
import { test } from "node:test";
import { startTestApp } from "../support/app.ts";
import { at } from "../support/json.ts";
import { runMain } from "./main.ts";

test("openapi prints the service's document, and needs no running service and no settings", async (t) => {
  const { status, stdout, stderr } = await runMain(["openapi"]);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  const printed: unknown = JSON.parse(stdout);
  assert.equal(`${String(at(printed, "info", "version"))}\n`, (await runMain(["--version"])).stdout);
  const app = await startTestApp(t);
  const served: unknown = (await app.request("/openapi.json")).json;
  // The service in a test has another version.
  assert.deepEqual({ ...Object(printed), info: undefined }, { ...Object(served), info: undefined });
  assert.deepEqual(Object.keys(Object(at(printed, "info"))), Object.keys(Object(at(served, "info"))));
});

test("openapi prints indented lines, so that two versions can be compared", async () => {
  const { stdout } = await runMain(["openapi"]);
  assert.ok(stdout.startsWith('{\n  "openapi": "3.1.1",\n') && stdout.endsWith("\n}\n"));
});
