/**
 * Prints the statements that this build sends to its database, for the rolling upgrade to the next schema version. Run it before the
 * version changes:
 *
 *     node --no-warnings --experimental-test-module-mocks test/storage/postgres/record.ts > test/storage/postgres/fixtures/version-N.json
 */
import { mock } from "node:test";
import * as frontend from "../../../src/postgres/frontend.ts";
import type { Statement } from "../../../src/postgres/frontend.ts";

/** The statements by text, each with the values of its first use. */
const recorded = new Map<string, Statement>();
/** Statements that begin or end a transaction use no table. */
const FRAME = /^(?:BEGIN|COMMIT|SELECT set_config)/;
let isRecording = false;
mock.module("../../../src/postgres/frontend.ts", {
  exports: {
    ...frontend,
    pipeline(statements: readonly Statement[]) {
      for (const { sql, values = [] } of isRecording ? statements : []) {
        if (!recorded.has(sql) && !FRAME.test(sql)) recorded.set(sql, { sql: sql.trim().replaceAll(/\s+/g, " "), values });
      }
      return frontend.pipeline(statements);
    },
  },
});
// Imported after the mock, because the mock does not affect earlier imports.
const { urlOf } = await import("../../postgres/server.ts");
const { startPostgres } = await import("../../support/postgres.ts");
const { useEverything } = await import("./session.ts");
const { openEngine } = await import("../../../src/storage/postgres/engine.ts");
const server = await startPostgres();
const engine = await openEngine(urlOf(await server.createDatabase()), { fault: () => {}, remark: () => {}, mayLose: true });
isRecording = true;
await useEverything(engine);
isRecording = false;
await engine.close();
await server.stop();
process.stdout.write(`[\n  ${[...recorded.values()].map((one) => JSON.stringify(one)).join(",\n  ")}\n]\n`);
