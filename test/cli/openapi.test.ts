import assert from "node:assert/strict";
import { test } from "node:test";
import { startTestApp } from "../support/app.ts";
import { at } from "../support/json.ts";
import { runMain } from "./main.ts";

test("openapi prints the document that a service of its version serves, and needs neither a service nor a setting", async (t) => {
  const { status, stdout, stderr } = await runMain(["openapi"]);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  const printed: unknown = JSON.parse(stdout);
  assert.equal(`${String(at(printed, "info", "version"))}\n`, (await runMain(["--version"])).stdout);
  const app = await startTestApp(t);
  const answered: unknown = (await app.request("/openapi.json")).json;
  // The service of a test has a version of its own.
  assert.deepEqual({ ...Object(printed), info: undefined }, { ...Object(answered), info: undefined });
  assert.deepEqual(Object.keys(Object(at(printed, "info"))), Object.keys(Object(at(answered, "info"))));
});

test("openapi is laid out in lines, so that two versions of it can be compared", async () => {
  const { stdout } = await runMain(["openapi"]);
  assert.ok(stdout.startsWith('{\n  "openapi": "3.1.1",\n') && stdout.endsWith("\n}\n"));
});
