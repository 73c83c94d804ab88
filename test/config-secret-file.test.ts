import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { loadConfig } from "../src/config.ts";
import { readSecretFile } from "../src/secret-file.ts";

function failingRead(code: string): () => never {
  return () => {
    throw Object.assign(new Error("no"), { code });
  };
}

describe("readSecretFile", () => {
  for (const [name, content, current, previous] of [
    ["one secret", "a", "a", []],
    ["a trailing line feed", "a\n", "a", []],
    ["several secrets", "a\nb\nc", "a", ["b", "c"]],
    ["CRLF", "a\r\nb\r\n", "a", ["b"]],
    ["a trailing CR", "a\r", "a", []],
    ["blank lines", "\n\r\n \t\na\n\n\nb\n\n", "a", ["b"]],
    ["a byte order mark", "\ufeffa\nb", "a", ["b"]],
    ["Standard Webhooks secrets, unchanged", "whsec_c2VjcmV0\nwhsec_b2xk\n", "whsec_c2VjcmV0", ["whsec_b2xk"]],
    ["white space in and around a secret", " a b \n\tc", " a b ", ["\tc"]],
  ] as const) {
    it(`reads ${name}`, () => {
      assert.deepEqual(readSecretFile("/s", () => content), { ok: true, value: { current, previous } });
    });
  }

  it("adds the previous secrets from the environment", () => {
    const read = readSecretFile("/s", () => "a\nb", { extraPrevious: ["c"] });
    assert.deepEqual(read, { ok: true, value: { current: "a", previous: ["b", "c"] } });
  });

  for (const [name, content] of [
    ["an empty file", ""],
    ["only blank lines", "\n \r\n\n"],
    ["only a byte order mark", "\ufeff\n"],
    ["a whsec_ secret that is not base64", "whsec_!"],
    ["a previous whsec_ secret without its padding", "a\nwhsec_b2"],
    ["bytes that are not UTF-8", Buffer.from([0x61, 0xff, 0x62]).toString("utf8")],
  ] as const) {
    it(`refuses ${name}`, () => {
      const read = readSecretFile("/s", () => content);
      assert.ok(!read.ok);
      assert.match(read.error, /^WEBHOOK_SECRET_FILE: /);
    });
  }

  for (const code of ["ENOENT", "EACCES", "EISDIR"]) {
    it(`names the path and the error code of a file that cannot be read: ${code}`, () => {
      const read = readSecretFile("/run/secrets/webhook", failingRead(code));
      assert.ok(!read.ok);
      assert.match(read.error, new RegExp(`^WEBHOOK_SECRET_FILE: .*/run/secrets/webhook.*\\b${code}\\b`));
    });
  }

  it("returns a one-line error for every path", () => {
    const read = readSecretFile("/a\nb", failingRead("ENOENT"));
    assert.ok(!read.ok);
    assert.doesNotMatch(read.error, /\n/);
  });

  it("does not show the secrets of a file that it refuses", () => {
    const read = readSecretFile("/s", () => "hunter2\n\ufffd");
    assert.ok(!read.ok);
    assert.doesNotMatch(read.error, /hunter2/);
  });

  it("reads from the disk by default", (t) => {
    const folder = mkdtempSync(join(tmpdir(), "config-test-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "secrets");
    writeFileSync(path, "ключ\nold\n");
    assert.deepEqual(readSecretFile(path), { ok: true, value: { current: "ключ", previous: ["old"] } });
    const loaded = loadConfig({ WEBHOOK_SECRET_FILE: path });
    assert.ok(loaded.ok);
    assert.equal(loaded.value.secrets.current, "ключ");
    const missing = loadConfig({ WEBHOOK_SECRET_FILE: join(folder, "missing") });
    assert.ok(!missing.ok);
    assert.match(missing.error.join(), /\bENOENT\b/);
  });
});
