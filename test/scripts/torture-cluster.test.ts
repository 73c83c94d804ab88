import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { createToolbox, REPOSITORY, run, which } from "./command.ts";

/** Something that is missing, stubs, and what the script says it needs. */
const LACKING: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
  ["the right of root", { id: "echo 1000" }, "root"],
  ["apt-get", { id: "echo 0" }, "apt-get to install its programs, as on Debian or Ubuntu"],
  ["packages that cannot be installed", { id: "echo 0", "apt-get": "exit 100" }, "these packages, which cannot be installed:(?: \\S+)* etcd-server haproxy\\b.*"],
];

for (const [what, stubs, needs] of LACKING) {
  test(`torture-cluster.sh without ${what} says so and exits with status 69`, async (t) => {
    const PATH = createToolbox(t, ["dirname"], stubs);
    const result = await run([which("sh"), join(REPOSITORY, "scripts/torture-cluster.sh")], { env: { PATH } });
    assert.match(result.stderr, new RegExp(`^Skipped: the torture of a cluster needs ${needs}\n$`));
    assert.equal(result.status, 69);
  });
}

test("torture-cluster.sh --help says what it does and what it needs", async (t) => {
  const result = await run([which("sh"), join(REPOSITORY, "scripts/torture-cluster.sh"), "--help"], { env: { PATH: createToolbox(t, ["dirname", "cat"]) } });
  assert.match(result.stdout, /^Usage: torture-cluster\.sh/);
  assert.equal(result.status, 0);
});
