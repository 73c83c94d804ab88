import assert from "node:assert/strict";
import { test } from "node:test";
import { readYaml } from "./yaml.ts";

test("mappings, lists, scalars and documents are supported", () => {
  const source = 'a: 1\n# note\nb:\n  - c: "2"\n    d:\n      - x: true\n  - e: []\n---\nf:\n  - ALL\n  - a://b\n';
  assert.deepEqual(readYaml(source), [{ a: 1, b: [{ c: "2", d: [{ x: true }] }, { e: [] }] }, { f: ["ALL", "a://b"] }]);
});

for (const [what, source] of [
  ["a tab", "a:\n\tb: 1\n"],
  ["a space at the end", "a: 1 \n"],
  ["a duplicate key", "a: 1\na: 2\n"],
  ["a key without a value", "a:\nb: 1\n"],
  ["a line with wrong indentation", "a: 1\n  b: 2\n"],
  ["a list with wrong indentation", "a:\n  b: 1\n  - c\n"],
  ["a mapping in flow style", "a: {b: 1}\n"],
  ["a block scalar", "a: |\n  b\n"],
  ["a word that YAML 1.1 reads as a boolean", "a: yes\n"],
  ["an anchor", "a: &b\n  c: 1\n"],
  ["a comment after a value", "a: b # c\n"],
] as const) {
  test(`${what} is refused`, () => {
    assert.throws(() => readYaml(source), /^Error: Cannot read /);
  });
}
