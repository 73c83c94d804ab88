import { existsSync, rmSync } from "node:fs";
import { filesOf, type Bench } from "./bench.ts";
import { serviceOf } from "./ingest.ts";
import { startProgram } from "./measure.ts";
import type { Seeded } from "./reads.ts";
import { settle } from "./settle.ts";

/**
 * The time from a start without an index until the index is complete, on an idle machine. Measures nothing if the index is not
 * a separate file.
 */
export async function measureCatchUp(bench: Bench, { database, count }: Seeded): Promise<void> {
  if (!existsSync(`${database}-index`)) return;
  const copy = bench.newDatabase(database);
  for (const file of filesOf(copy)) if (file.startsWith(`${copy}-index`)) rmSync(file);
  const server = await startProgram(serviceOf(bench.root), copy);
  const { busySeconds } = await settle(server.cpuSeconds);
  bench.note({ what: `until the index of ${count} rows is complete`, value: server.startSeconds + busySeconds, unit: "s" });
  await server.stop();
}
