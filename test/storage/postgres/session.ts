import type { Engine } from "../../../src/storage/postgres/engine.ts";
import { message } from "../../support/store.ts";

const AT = "2025-06-01T00:00:00.000Z";

/** Uses everything that a receiver does with its database: store, read, count, clean, check readiness, erase, remove old messages. */
export async function useEverything(engine: Engine): Promise<void> {
  const [one, other] = [message("session-a"), message("session-b", { text: "Straße 1" })];
  await engine.write([one, other, { ...message("session-c"), payload: "{}" }], AT);
  await engine.write([one, { ...other, text: "other" }, message("session-d", { text: null })], AT);
  const page = { limit: 2, offset: 0 };
  const after = { key: "2025-01-15T10:00:00", messageId: "session-a" };
  const upTo = Number.MAX_SAFE_INTEGER;
  await engine.get("session-a");
  await engine.payload("session-c");
  for (const filter of [{}, { from: one.from }, { since: one.ts, until: "2026-01-01T00:00:00Z" }, { from: one.from, since: one.ts }, { to: one.to }, { q: "STRASSE" }]) {
    await engine.list({ ...page, ...filter });
    await engine.list({ ...page, ...filter, order: "desc", after });
    await engine.listReceived({ ...page, order: "received", ...filter });
    await engine.exportPage({ ...filter, upTo, payload: true });
    await engine.timeline({ bucket: "day", limit: 10, ...filter });
  }
  await engine.derive();
  await engine.list({ ...page, offset: 1_001 });
  await engine.stats();
  await engine.since(0, 10, { payload: true });
  await engine.lastSequence();
  await engine.history();
  await engine.count();
  await engine.check();
  await engine.clean();
  await engine.databaseBytes();
  await engine.lookBack({ beforeMs: Date.parse(AT), before: upTo });
  await engine.erase({ messageId: "session-a" });
  await engine.removeOld({ beforeMs: Date.parse("2025-07-01T00:00:00Z"), after: 0 });
  await engine.write([one], AT);
}
