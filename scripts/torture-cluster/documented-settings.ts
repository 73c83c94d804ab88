import { readFileSync } from "node:fs";

const GUIDE = new URL("../../ops/README.md", import.meta.url);

/** The Patroni settings that the documentation recommends, in YAML, so that a run tests them. */
export function documentedSettings(): string {
  const [, settings] = /^#+ Failover with Patroni$[^]*?^```yaml\n([^]*?)^```$/m.exec(readFileSync(GUIDE, "utf8")) ?? [];
  if (settings !== undefined) return settings;
  throw new Error("Cannot start Patroni: ops/README.md must have its settings below the heading Failover with Patroni");
}
