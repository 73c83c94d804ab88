import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createSeen } from "../../../src/storage/postgres/loss.ts";
import { openEngine, type Engine } from "../../../src/storage/postgres/engine.ts";
import { createPrimaries } from "../../../src/postgres/primaries.ts";
import { createFold } from "../../../src/storage/postgres/fold.ts";
import { createWriter } from "../../../src/storage/postgres/writer.ts";
import { AUTHENTICATION_OK, connectFor, frame, READY, scriptedServer, urlOf } from "../../postgres/server.ts";
import { atEnd } from "../../support/cleanup.ts";
import { SKIP_WITHOUT_POSTGRES } from "../../support/postgres.ts";
import { usePostgres, type SharedPostgres } from "../../support/shared-postgres.ts";
import { message } from "../../support/store.ts";
import { oneOfMany } from "../../support/sweep.ts";

const skip = SKIP_WITHOUT_POSTGRES;
const AT = "2025-06-01T00:00:00.000Z";
const SOON = { deadlineMs: 5_000 };
const OPTIONS = { primaries: createPrimaries(), fold: createFold(), budgetMs: 300, seen: createSeen(() => {}), refused: (): void => {} };
let server: SharedPostgres;

before(async () => {
  if (skip === false) server = await usePostgres();
});

after(() => server?.stop());

/** An ErrorResponse, and the end of the connection if it is fatal. */
function refusal(severity: string, code: string): Buffer {
  return frame("E", `S${severity}\0V${severity}\0C${code}\0Minjected fault\0\0`);
}

for (const [index, code] of ["57P03", "53300", "28P01", "28000", "3D000", "08004"].entries()) {
  test(`if a server refuses every connection with ${code}, nothing is stored`, { skip: oneOfMany(index, { every: 6 }) }, async (t) => {
    const url = await scriptedServer(t, async (socket, received) => {
      await received();
      socket.end(refusal("FATAL", code));
    });
    const writer = createWriter(urlOf(`${url}?sslmode=disable`), OPTIONS);
    await assert.rejects(writer.write([message("a")], AT), { name: "StoreUnavailable" });
  });
}

/** What the server does after it has received a batch. */
const ENDINGS: readonly (readonly [string, Buffer | "hang" | "close"])[] = [
  ["closes the connection", "close"],
  ["never answers", "hang"],
  ["ends the session for a shutdown (57P01)", refusal("FATAL", "57P01")],
  ["ends the session for a crash (57P02)", refusal("FATAL", "57P02")],
  ["panics", refusal("PANIC", "XX000")],
  ["reports an unknown outcome (08006)", Buffer.concat([refusal("ERROR", "08006"), READY])],
  ["reports an unknown outcome (08007)", Buffer.concat([refusal("ERROR", "08007"), READY])],
  ["reports an unknown outcome (40003)", Buffer.concat([refusal("ERROR", "40003"), READY])],
];

for (const [index, [title, ending]] of ENDINGS.entries()) {
  test(`a batch is in doubt if the server receives it and ${title}`, { skip: oneOfMany(index, { every: 4 }) }, async (t) => {
    const url = await scriptedServer(t, async (socket, received) => {
      await received();
      socket.write(Buffer.concat([AUTHENTICATION_OK, frame("S", "server_encoding\0UTF8\0"), READY]));
      await received();
      if (ending === "close") socket.destroy();
      else if (ending !== "hang") socket.end(ending);
    });
    const writer = createWriter(urlOf(`${url}?sslmode=disable&target_session_attrs=any`), OPTIONS);
    await assert.rejects(writer.write([message("a")], AT), { name: "InDoubt" });
  });
}

test("a host that does not respond is skipped for the next one", { skip }, async (t) => {
  const url = (await server.createDatabase()).replace("@", "@127.0.0.1:1,");
  const engine = await openEngine(urlOf(url), { fault: () => {}, remark: () => {}, mayLose: true });
  atEnd(t, () => engine.close());
  assert.deepEqual(await engine.write([message("a")], AT), ["created"]);
});

test("a read whose connection is lost is repeated on another one", { skip }, async (t) => {
  const url = await server.createDatabase();
  const engine: Engine = await openEngine(urlOf(url), { fault: () => {}, remark: () => {}, mayLose: true });
  atEnd(t, () => engine.close());
  await engine.write([message("a")], AT);
  const admin = await connectFor(t, url);
  for (let round = 0; round < 3; round += 1) {
    await Promise.all([engine.count(), engine.get("a"), engine.stats()]);
    await admin.run([{ sql: "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()" }], SOON);
    assert.equal((await engine.get("a"))?.message_id, "a");
    assert.equal((await engine.list({ limit: 1, offset: 0, q: "hello" })).total, 1);
  }
});
