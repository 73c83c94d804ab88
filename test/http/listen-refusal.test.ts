import assert from "node:assert/strict";
import { test } from "node:test";
import { UnusableSetting } from "../../src/core/unusable-setting.ts";
import { explainListenError } from "../../src/http/listen-refusal.ts";

const REFUSALS: readonly (readonly [code: string, variable: string, temporary: boolean])[] = [
  ["ENOTFOUND", "HOST", false],
  ["EAI_AGAIN", "HOST", true],
  ["EADDRNOTAVAIL", "HOST", false],
  ["EAFNOSUPPORT", "HOST", false],
  ["EINVAL", "HOST", false],
  ["EADDRINUSE", "PORT", true],
  ["EACCES", "PORT", false],
];

for (const [code, variable, temporary] of REFUSALS) {
  test(`${code} is reported as a ${temporary ? "temporary" : "permanent"} problem of ${variable}`, () => {
    const explained = explainListenError(Object.assign(new Error("listen"), { code }));
    assert.ok(explained instanceof UnusableSetting);
    assert.ok(explained.message.startsWith(`${variable}: must be `) && explained.message.includes(code), explained.message);
    assert.equal(explained.temporary, temporary);
  });
}

test("any other error is returned as it is", () => {
  for (const error of [Object.assign(new Error("listen"), { code: "EMFILE" }), new Error("defect"), "text"]) {
    assert.equal(explainListenError(error), error);
  }
});
