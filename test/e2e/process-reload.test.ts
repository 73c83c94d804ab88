import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { delivery, send, sign } from "../support/app.ts";
import { startService, type RunningService } from "../support/process.ts";
import { temporaryFolder } from "../support/store.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";

/** Which of these secrets are accepted now. */
async function accepted(service: RunningService, secrets: readonly string[]): Promise<readonly string[]> {
  const body = JSON.stringify(delivery());
  const responses = await Promise.all(
    secrets.map((secret) => send(service.url, "/webhook", { method: "POST", body, headers: { "X-Signature": sign(body, secret) } })),
  );
  return secrets.filter((_, index) => responses[index]?.status === 200);
}

const ALL = ["first", "second", "third", "older"];

test("SIGHUP rereads WEBHOOK_SECRET_FILE: secrets in the file are accepted, removed ones are not", async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "secrets");
  writeFileSync(file, "first\n");
  const service = await startService(t, { WEBHOOK_SECRET_FILE: file, WEBHOOK_SECRET_PREVIOUS: "older" }, { folder });
  assert.deepEqual(await accepted(service, ALL), ["first", "older"]);

  writeFileSync(file, "second\r\nfirst\n\n");
  service.signal("SIGHUP");
  assert.equal((await service.logged("secrets reloaded"))["level"], "INFO");
  assert.deepEqual(await accepted(service, ALL), ["first", "second", "older"]);
  const { body } = await send(service.url, "/metrics");
  assert.match(body, /^webhook_signature_matches_total\{secret="current"\} 2$/m);
  assert.match(body, /^webhook_signature_matches_total\{secret="previous"\} 3$/m);

  writeFileSync(file, "third");
  service.signal("SIGHUP");
  await service.logged("secrets reloaded");
  assert.deepEqual(await accepted(service, ALL), ["third", "older"]);
});

test("a changed WEBHOOK_SECRET_FILE is reread without a signal", ONLY_IN_FULL_RUN, async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "secrets");
  writeFileSync(file, "first");
  const service = await startService(t, { WEBHOOK_SECRET_FILE: file }, { folder });
  writeFileSync(file, "second");
  await service.logged("secrets reloaded");
  assert.deepEqual(await accepted(service, ALL), ["second"]);
});

/** How the file becomes unusable. */
const BAD_FILES: readonly (readonly [string, (file: string) => void])[] = [
  ["is gone", (file) => rmSync(file)],
  ["is empty", (file) => writeFileSync(file, "")],
  ["has only blank lines", (file) => writeFileSync(file, "\n \r\n")],
  ["is not UTF-8", (file) => writeFileSync(file, Buffer.from([0xff, 0xfe, 0x41]))],
];

test("after SIGHUP with an unusable file the current secrets stay in use, and an error is logged without any secret", ONLY_IN_FULL_RUN, async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "secrets");
  writeFileSync(file, "first\nsecond\n");
  const service = await startService(t, { WEBHOOK_SECRET_FILE: file }, { folder });
  for (const [title, spoil] of BAD_FILES) {
    spoil(file);
    const errors = (): number => service.stdout().split('"level":"ERROR"').length - 1;
    const before = errors();
    service.signal("SIGHUP");
    await service.logged((line) => line["level"] === "ERROR");
    assert.equal(errors(), before + 1, title);
    assert.deepEqual(await accepted(service, ALL), ["first", "second"], title);
  }
  assert.ok(!/first|second/.test(service.stdout()));
});

test("SIGHUP without WEBHOOK_SECRET_FILE changes nothing", ONLY_IN_FULL_RUN, async (t) => {
  const service = await startService(t, { WEBHOOK_SECRET: "first" });
  service.signal("SIGHUP");
  await service.logged((line) => String(line["msg"]).includes("SIGHUP"));
  assert.deepEqual(await accepted(service, ALL), ["first"]);
});
