import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../scripts/bench/messages.ts";
import { startCampaign } from "../../scripts/torture-cluster/campaign.ts";
import { createReceiver, type Receiver } from "../../scripts/torture-cluster/receiver.ts";
import { MAIN } from "../cli/main.ts";
import { atEnd } from "../support/cleanup.ts";
import { COMPILE_CACHE } from "../support/compile-cache.ts";
import { freePort, promote, SKIP_WITHOUT_POSTGRES, startPostgres, startStandby } from "../support/postgres.ts";
import { SKIP_IN_SHORT_RUN } from "../support/sweep.ts";

const SETTINGS = { fsync: "on" };
const skip = SKIP_WITHOUT_POSTGRES === false ? SKIP_IN_SHORT_RUN : SKIP_WITHOUT_POSTGRES;

test("if a receiver and then the primary are killed, no message with a 200 is lost or doubled, and tails and receivers agree", { skip, timeout: 120_000 }, async (t) => {
  const primary = await startPostgres({ settings: SETTINGS });
  atEnd(t, () => primary.stop());
  const url = await primary.createDatabase();
  const standby = await startStandby(primary, { ...SETTINGS, wal_retrieve_retry_interval: "100ms" });
  atEnd(t, () => standby.stop());
  const databaseUrl = `${url.replace(/(127\.0\.0\.1:\d+)/, `$1,127.0.0.1:${standby.port}`)}?target_session_attrs=read-write`;

  const ended: string[] = [];
  const receivers: readonly Receiver[] = await Promise.all([1, 2].map(async () =>
    createReceiver({ main: MAIN, port: await freePort(), databaseUrl, env: COMPILE_CACHE, onEnded: (what) => ended.push(what) })));
  for (const receiver of receivers) atEnd(t, () => receiver.kill());
  // Both start on an empty database at the same time.
  await Promise.all(receivers.map((receiver) => receiver.start()));
  const entries = receivers.map((receiver) => receiver.url);
  const campaign = startCampaign({ databaseUrl, entries, receivers, connections: 16, pauseMs: 10, random: seededRandom(15) });
  atEnd(t, () => campaign.stop());

  const killed = "a killed receiver";
  await campaign.begin(killed);
  await campaign.stored(killed, 150);
  await receivers[0]?.kill();
  await campaign.stored(killed, 100);
  await receivers[0]?.start();
  await campaign.stored(killed, 150);
  await campaign.rest(killed);

  const failover = "a killed primary";
  await campaign.begin(failover);
  await campaign.stored(failover, 150);
  primary.kill();
  await promote(standby);
  await campaign.stored(failover, 150);
  await campaign.rest(failover);

  for (const receiver of receivers) await receiver.stop();
  assert.deepEqual([...campaign.problems.map(({ where, what }) => `${where}: ${what}`), ...ended], []);
  assert.ok(campaign.rows() > 300);
});
