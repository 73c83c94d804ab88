import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openEngine, type Engine } from "../../../src/storage/postgres/engine.ts";
import { urlOf } from "../../postgres/server.ts";
import { atEnd } from "../../support/cleanup.ts";
import { freePort, SKIP_WITHOUT_POSTGRES } from "../../support/postgres.ts";
import { usePostgres } from "../../support/shared-postgres.ts";
import { message, temporaryFolder } from "../../support/store.ts";

const PGBOUNCER = "pgbouncer";
const isInstalled = spawnSync(PGBOUNCER, ["--version"]).status === 0;
const skip = SKIP_WITHOUT_POSTGRES || (isInstalled ? false : "NOT TESTED: PgBouncer is not installed (Debian: apt-get install pgbouncer)");
const AT = "2025-06-01T00:00:00.000Z";

/** Starts PgBouncer in transaction mode in front of a new database, with two server connections. Returns its URL. */
async function startPooler(t: TestContext): Promise<string> {
  const server = await usePostgres();
  atEnd(t, () => server.stop());
  const { database, hosts: [host] } = urlOf(await server.createDatabase());
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o755);
  const port = await freePort();
  writeFileSync(join(folder, "users"), '"postgres" ""\n');
  writeFileSync(join(folder, "pgbouncer.ini"), `[databases]
${database} = host=${host?.host} port=${host?.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${folder}/users
pool_mode = transaction
default_pool_size = 2
`);
  // PgBouncer refuses to run as root.
  const user = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const pooler = spawn(PGBOUNCER, [...user, join(folder, "pgbouncer.ini")], { stdio: ["ignore", "ignore", "pipe"] });
  atEnd(t, async () => {
    pooler.kill("SIGKILL");
    await once(pooler, "exit");
  });
  await new Promise<void>((resolve) => pooler.stderr.setEncoding("utf8").on("data", (text: string) => text.includes("process up") && resolve()));
  return `postgres://postgres@127.0.0.1:${port}/${database}`;
}

async function open(t: TestContext, url: string): Promise<Engine> {
  const engine = await openEngine(urlOf(url), { fault: () => {}, remark: () => {}, mayLose: true });
  atEnd(t, () => engine.close());
  return engine;
}

test("several receivers share two connections of PgBouncer, which gives each transaction the one that is free", { skip }, async (t) => {
  const url = await startPooler(t);
  const engines = await Promise.all([open(t, url), open(t, url)]);
  const outcomes = await Promise.all(engines.flatMap((engine, receiver) =>
    Array.from({ length: 10 }, async (_, index) => {
      const [stored] = await Promise.all([
        engine.write([message(`${receiver}-${index}`), message("shared")], AT),
        engine.list({ q: "HELLO", limit: 5, offset: 0 }),
        engine.stats(),
        engine.derive(),
      ]);
      return stored;
    })));
  assert.equal(outcomes.flat().filter((outcome) => outcome === "created").length, 21);
  for (const engine of engines) {
    await engine.clean();
    assert.deepEqual(await engine.check(), []);
    assert.deepEqual([await engine.count(), (await engine.stats()).total_messages, (await engine.since(0, 1000)).data.length], [21, 21, 21]);
  }
});
