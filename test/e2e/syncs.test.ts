import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { delivery, send } from "../support/app.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { openConnection, rawPost } from "../support/connection.ts";
import { startService } from "../support/process.ts";
import { temporaryFolder } from "../support/store.ts";

const CONNECTIONS = 4;
/** Sent at once on each connection, so that the sender is not the bottleneck. */
const MESSAGES = 100;

const STRACE = ["-f", "--seccomp-bpf", "-e", "trace=fsync,fdatasync"];
/** A container may have strace but not allow it. */
const SKIP_WITHOUT_STRACE = spawnSync("strace", [...STRACE, "-o", "/dev/null", "true"]).status === 0 ? false : "strace must be installed and allowed";

test("under load every commit is synced, and many messages share a sync", { skip: ONLY_SQLITE || SKIP_WITHOUT_STRACE }, async (t) => {
  const folder = temporaryFolder(t);
  const trace = join(folder, "trace");
  const under = ["strace", "-D", ...STRACE, "-o", trace];
  const { url } = await startService(t, { PATH: process.env["PATH"] ?? "" }, { folder, under });
  const countSyncs = (): number => readFileSync(trace, "utf8").match(/ f(?:data)?sync\(/g)?.length ?? 0;

  const before = countSyncs();
  const statuses = await Promise.all(Array.from({ length: CONNECTIONS }, async (_, number) => {
    const connection = await openConnection(t, url);
    connection.write(Array.from({ length: MESSAGES }, (_, index) => rawPost(JSON.stringify(delivery({ message_id: `${number}/${index}` })))).join(""));
    return (await connection.responses(MESSAGES)).map(({ status }) => status);
  }));
  const syncs = countSyncs() - before;
  const { body: metrics } = await send(url, "/metrics");
  const commits = Number(/^webhook_commit_duration_seconds_count (\d+)$/m.exec(metrics)?.[1]);

  assert.deepEqual(statuses.flat(), Array(CONNECTIONS * MESSAGES).fill(200));
  assert.ok(commits >= 1 && syncs >= commits, `${commits} commits made ${syncs} syncs`);
  assert.ok(syncs <= (CONNECTIONS * MESSAGES) / 4, `${CONNECTIONS * MESSAGES} messages made ${syncs} syncs`);
});
