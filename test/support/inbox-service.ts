import assert from "node:assert/strict";
import type { StoredMessage } from "../../src/core/message.ts";
import type { Lifetime } from "./cleanup.ts";
import { startTestApp, type TestApp } from "./app.ts";
import { startGateway, type Gateway } from "./gateway.ts";

/** The real service with messages in it, behind the test's gateway. */
export interface InboxService {
  readonly gateway: Gateway;
  /** The URL for the browser, which is that of the gateway. */
  readonly url: string;
  readonly app: TestApp;
  /** Stores messages, in the given order. */
  commit(...messages: readonly StoredMessage[]): Promise<void>;

  stop(): Promise<void>;
  /** Starts the service again, with the same database or with a new one. */
  startAgain(options?: { readonly emptied?: boolean }): Promise<void>;
}

export interface InboxServiceOptions {
  readonly env?: Record<string, string>;
  readonly prefix?: string;
}

export function stored(index: number, fields: Partial<StoredMessage> = {}): StoredMessage {
  const ts = new Date(Date.UTC(2025, 0, 15, 10) + index * 1000).toISOString().replace(".000Z", "Z");
  return {
    message_id: `m${String(index).padStart(7, "0")}`,
    from: `+91987654${3200 + (Math.floor(index) % 7)}`,
    to: "+14155550100",
    ts,
    text: `Message number ${index}`,
    created_at: ts,
    ...fields,
  };
}

export async function startInboxService(t: Lifetime, messages: readonly StoredMessage[] = [], options: InboxServiceOptions = {}): Promise<InboxService> {
  const { env } = options;
  let app = await startTestApp(t, env === undefined ? {} : { env });
  const gateway = await startGateway(t, { upstream: () => app.url, prefix: options.prefix ?? "" });
  const service: InboxService = {
    gateway,
    url: gateway.url,
    get app() {
      return app;
    },
    async commit(...wanted) {
      const responses = await Promise.all(wanted.map(({ created_at: _, ...message }) => app.deliver(message)));
      for (const { status, body } of responses) assert.equal(status, 200, body);
    },
    stop: () => app.app.close(),
    async startAgain({ emptied = false } = {}) {
      app = await startTestApp(t, { env: { ...env, ...(!emptied && { DATABASE_URL: `sqlite:///${app.databasePath}` }) } });
    },
  };
  // In batches, because the service's queue is bounded.
  for (let index = 0; index < messages.length; index += BATCH_SIZE) await service.commit(...messages.slice(index, index + BATCH_SIZE));
  return service;
}

const BATCH_SIZE = 200;
