import { start } from "../../src/app.ts";
import { loadConfig } from "../../src/config.ts";

/** The service with one commit per message, to show the gain of group commit. */
const config = loadConfig(process.env);
if (!config.ok) throw new Error(config.error.join("\n"));
const app = await start(config.value, {
  build: { version: "bench", revision: "one-commit", node: process.versions.node, sqlite: "" },
  writeLog: (chunk) => process.stdout.write(chunk),
  onFatal: (reason) => {
    throw new Error(reason);
  },
  maxBatchMessages: 1,
});
process.once("SIGTERM", () => void app.close().then(() => process.exit()));
