import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runMain } from "./main.ts";
import { temporaryFolder } from "../support/store.ts";

test("a file that cannot be used is named, with what must be true of it", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "file"), "");
  const missing = join(folder, "missing/f");
  const forward = ["forward", "--to", "http://127.0.0.1:1", "--position", join(folder, "position"), "--max-attempts", "2", "--dead-letter"];
  for (const [args, message] of [
    [["send", "--file", missing], `Cannot open ${missing}: it and its folder must exist`],
    [["send", "--file", folder], "Cannot read the file: it must be a file, not a folder"],
    [["sign", missing], `Cannot open ${missing}: it and its folder must exist`],
    [["sign", join(folder, "file/f")], `Cannot open ${join(folder, "file/f")}: it must be in a folder, not in a file`],
    [[...forward, missing], `Cannot open ${missing}: it and its folder must exist`],
    [[...forward, folder], `Cannot open ${folder}: it must be a file, not a folder`],
  ] as const) {
    const { status, stderr } = await runMain(args, { env: { WEBHOOK_SECRET: "testsecret", FORWARD_SECRET: "testsecret" } });
    assert.deepEqual({ status, stderr }, { status: 1, stderr: `${message}\n` });
  }
});
