import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionLost, NoServer, PostgresError } from "../../../src/postgres/errors.ts";
import { meaningOf, type Meaning } from "../../../src/storage/postgres/failures.ts";

const BY_CODE: readonly (readonly [string, Meaning])[] = [
  ["25006", "elsewhere"],
  ["40001", "again"], ["40P01", "again"], ["55P03", "again"], ["57014", "again"],
  ["53100", "again"], ["53200", "again"], ["53300", "again"], ["53400", "again"], ["58030", "again"],
  ["26000", "again"], ["42P05", "again"], ["0A000", "again"],
  ["42P01", "refused"], ["42501", "refused"], ["22021", "refused"], ["23502", "refused"], ["54000", "refused"],
  ["40003", "in_doubt"], ["08006", "in_doubt"], ["08007", "in_doubt"], ["XX000", "in_doubt"],
];

for (const [code, meaning] of BY_CODE) {
  test(`an error ${code} of the server is ${meaning}`, () => {
    assert.equal(meaningOf(new PostgresError({ severity: "ERROR", code, message: "" })), meaning);
  });
}

test("an error that ends the session leaves the outcome in doubt, whatever its code", () => {
  for (const severity of ["FATAL", "PANIC"]) {
    assert.equal(meaningOf(new PostgresError({ severity, code: "57P01", message: "" })), "in_doubt");
  }
  assert.equal(meaningOf(new ConnectionLost("in_doubt", new Error(""))), "in_doubt");
});

test("a batch that was never sent is not stored", () => {
  assert.equal(meaningOf(new ConnectionLost("unsent", new Error(""))), "elsewhere");
  assert.equal(meaningOf(new NoServer([])), "elsewhere");
});
