import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, globSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { MAIN, runMain } from "../cli/main.ts";
import { readRepositoryFile } from "../ops/files.ts";
import { delivery, send, sign, startTestApp } from "../support/app.ts";
import { storedIds } from "../support/database.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { parseMarkdown } from "../support/markdown.ts";
import { startService } from "../support/process.ts";
import { oneOfMany } from "../support/sweep.ts";

async function deliver(service: { readonly url: string }, ids: readonly string[]): Promise<void> {
  for (const message_id of ids) {
    const body = JSON.stringify(delivery({ message_id }));
    assert.equal((await send(service.url, "/webhook", { method: "POST", body, headers: { "X-Signature": sign(body) } })).status, 200);
  }
}

const SECTIONS = parseMarkdown(readRepositoryFile("ops/README.md"));
const PAGE = SECTIONS.get("Restore")?.codeBlocks.map(({ text }) => text) ?? [];

/** The first script in quotes that follows `-e` in a code block. */
function scriptIn(block = ""): string {
  return /-e '([^']+)'/.exec(block)?.[1] ?? "";
}

interface Paths {
  readonly database: string;
  readonly backup: string;
  /** The last line that `backup` printed. */
  readonly lastLine: string;
}

/** Each replaces the database with the backup. */
const PROCEDURES: Readonly<Record<string, (paths: Paths) => void>> = {
  "as `backup` says": ({ database, backup, lastLine }) => {
    assert.equal(lastLine, `To restore: stop the service, remove ${database}-wal, ${database}-shm and ${database}-index*, copy ${backup} over ${database}, start the service`);
    for (const suffix of ["-wal", "-shm"]) rmSync(database + suffix);
    for (const path of globSync(`${database}-index*`)) rmSync(path);
    copyFileSync(backup, database);
  },
  "as ops/README.md says for Compose": ({ database, backup }) => {
    const script = scriptIn(PAGE[0]);
    assert.ok(script.includes("/data/app.db") && script.includes("/backup.db"));
    execFileSync(process.execPath, ["-e", script.replaceAll("/data/app.db", database).replaceAll("/backup.db", backup)]);
  },
  "as ops/README.md says for systemd": ({ database, backup }) => {
    const steps = (PAGE[1] ?? "").split("\n").filter((line) => /^(?:rm|install) /.test(line)).map((line) => line.replace(/-o \S+ -g \S+/, ""));
    assert.equal(steps.length, 2);
    const script = steps.join("\n").replaceAll(/\/root\/inbox-\S+\.db/g, backup);
    execFileSync("/bin/sh", ["-ec", script], { cwd: dirname(database) });
  },
  "as ops/README.md says for Kubernetes": ({ database, backup }) => {
    const read = scriptIn(SECTIONS.get("Back up")?.codeBlocks[2]?.text).replaceAll("/data/backup.db", backup);
    const compressed = execFileSync(process.execPath, ["-e", read]);
    const script = scriptIn(PAGE[2]).replaceAll("/data/app.db", database).replaceAll("/data/backup.db", `${database}.new`).replaceAll("/app/dist/main.js", MAIN);
    const runScript = (input: Buffer): void => void execFileSync(process.execPath, ["-e", script], { input, stdio: "pipe" });
    assert.throws(() => runScript(compressed.subarray(0, -9)), "an incomplete backup is refused");
    runScript(compressed);
  },
};

for (const [index, [how, restore]] of Object.entries(PROCEDURES).entries()) {
  test(`a backup restored over the files of a killed service ${how} passes verify and has exactly the messages stored before it`, { skip: ONLY_SQLITE || oneOfMany(index, { every: 4 }) }, async (t) => {
    const service = await startService(t);
    const database = join(service.folder, "data", "app.db");
    const backup = join(service.folder, "backup.db");
    await deliver(service, ["m1", "m2"]);
    const { status, stdout } = await runMain(["backup", backup], { env: { DATABASE_URL: `sqlite:///${database}` } });
    assert.equal(status, 0);
    await deliver(service, ["m3"]);
    service.signal("SIGKILL");
    await service.exited;
    assert.ok(existsSync(`${database}-wal`), "the kill leaves a log that must not be applied to the backup");

    restore({ database, backup, lastLine: stdout.trimEnd().split("\n").at(-1) ?? "" });
    // An index that still has m3 would fail the checks.
    assert.deepEqual(globSync(`${database}-index*`), []);
    assert.equal((await runMain(["verify", database])).status, 0);
    const restored = await startTestApp(t, { env: { DATABASE_URL: `sqlite:///${database}` } });
    assert.deepEqual(storedIds(database), ["m1", "m2"]);
    await deliver(restored, ["m2", "m3"]);
    assert.deepEqual(storedIds(database), ["m1", "m2", "m3"]);
  });
}
