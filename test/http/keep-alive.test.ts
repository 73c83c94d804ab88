import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { json } from "../../src/http/respond.ts";
import { openConnection } from "../support/connection.ts";
import { startTestServer } from "../support/http.ts";

const TABLE = "/proc/net/tcp";
/** What the kernel shows for a connection whose next timer is a keep-alive probe (Documentation/networking/proc_net_tcp.rst). */
const KEEP_ALIVE_TIMER = "02";

/** The active timer on the server's side of a connection. */
function timerOf(serverPort: number, clientPort: number): string | undefined {
  const hex = (port: number): string => `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const row = readFileSync(TABLE, "utf8").split("\n").map((line) => line.trim().split(/\s+/)).find(([, local, remote]) => local?.endsWith(hex(serverPort)) && remote?.endsWith(hex(clientPort)));
  return row?.[5]?.split(":")[0];
}

test("the kernel probes silent connections", { skip: !existsSync(TABLE) }, async (t) => {
  const server = await startTestServer(t, () => json({}));
  const port = Number(new URL(server.url).port);
  const { socket, write, responses } = await openConnection(t, server.url);
  write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await responses(1);
  assert.equal(timerOf(port, socket.localPort ?? 0), KEEP_ALIVE_TIMER);
});
