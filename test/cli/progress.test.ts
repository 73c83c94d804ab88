import assert from "node:assert/strict";
import { test } from "node:test";
import { withProgress } from "../../src/cli/progress.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import { testTerminal } from "./terminal.ts";

function terminalWith(screen: Terminal["screen"]): Terminal {
  return testTerminal({ screen, print: assert.fail, write: () => assert.fail(), complain: assert.fail, beforeKilled: () => assert.fail() });
}

test("a terminal shows title, share and elapsed time while the work is in progress, then clears the line", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const shown: string[] = [];
  const { promise, resolve } = Promise.withResolvers<string>();
  let share: number | string | undefined;
  const result = withProgress(terminalWith((text) => shown.push(text)), "copy", { share: () => share, result: promise });
  share = 0.256;
  t.mock.timers.tick(200);
  share = "7 messages";
  t.mock.timers.tick(200);
  resolve("done");
  assert.equal(await result, "done");
  t.mock.timers.tick(10_000);
  assert.deepEqual(shown, ["\r\u001b[Kcopy 0 s", "\r\u001b[Kcopy 25 %, 0 s", "\r\u001b[Kcopy 7 messages, 0 s", "\r\u001b[K"]);
});

test("work that fails clears its progress line too", async () => {
  const shown: string[] = [];
  const work = { share: () => undefined, result: Promise.reject(new Error("failed")) };
  await assert.rejects(withProgress(terminalWith((text) => shown.push(text)), "copy", work), /failed/);
  assert.equal(shown.at(-1), "\r\u001b[K");
});

test("no progress is shown in a pipe", async () => {
  assert.equal(await withProgress(terminalWith(undefined), "copy", { share: () => 0.5, result: Promise.resolve(1) }), 1);
});
