import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { loadServiceUrl } from "../src/cli/service-url.ts";
import { loadConfig, loadForwardSecret } from "../src/config.ts";
import { odditiesOf } from "../src/odd-text.ts";
import { readSetting, type Environment, type Setting } from "../src/setting.ts";
import { SETTINGS } from "../src/settings.ts";
import { readSecretFile } from "../src/secret-file.ts";

/** A problem of a value, a function that makes such a value, and how the problem is described. */
const ODDITIES: readonly (readonly [title: string, make: (value: string) => string, description: string])[] = [
  ["a carriage return at its end", (value) => `${value}\r`, "a carriage return at its end"],
  ["a line feed at its end", (value) => `${value}\n`, "a line feed at its end"],
  ["a blank at its end", (value) => `${value} `, "a blank at its end"],
  ["a blank at its start", (value) => ` ${value}`, "a blank at its start"],
  ["a tab at its start", (value) => `\t${value}`, "a tab at its start"],
  ["a no-break space at its end", (value) => `${value}\u00a0`, "a no-break space at its end"],
  ["a byte order mark", (value) => `\ufeff${value}`, "an invisible character (U+FEFF) at its start"],
  ["a zero width space within it", (value) => `${value.slice(0, 1)}\u200b${value.slice(1)}x`, "an invisible character (U+200B) within it"],
  ["a soft hyphen within it", (value) => `${value.slice(0, 1)}\u00ad${value.slice(1)}x`, "an invisible character (U+00AD) within it"],
  ["a Hangul filler at its end", (value) => `${value}\u3164`, "an invisible character (U+3164) at its end"],
  ["a Braille blank at its end", (value) => `${value}\u2800`, "an invisible character (U+2800) at its end"],
  ["a bell within it", (value) => `${value}\u0007x`, "an invisible character (U+0007) within it"],
  ["a line separator at its end", (value) => `${value}\u2028`, "an invisible character (U+2028) at its end"],
  ["a quote at its start", (value) => `"${value}`, "a quote at its start"],
  ["a quote at its end", (value) => `${value}'`, "a quote at its end"],
  ["a curly quote at its end", (value) => `${value}\u201d`, "a quote at its end"],
  ["~/ at its start", (value) => `~/${value}`, "~/, which only a shell replaces"],
  ["~/ within it", (value) => `${value}/~/x`, "~/, which only a shell replaces"],
  ["a home of somebody", (value) => `~root/${value}`, "~NAME/, which only a shell replaces"],
  ["a home within it", (value) => `${value}/~deploy/x`, "~NAME/, which only a shell replaces"],
  ["a line of a file of variables", (value) => `WEBHOOK_SECRET=${value}`, "the name of a variable at its start"],
  ["a variable of a template", (value) => `{{ data }}/${value}`, "a {{…}}, which nothing has replaced"],
  ["a variable for a name", (value) => `${value}/$NAME.db`, "a $NAME, which only a shell replaces"],
  ["a line feed as a person writes it", (value) => `${value}\\n`, "a backslash and a letter at its end, which nothing has replaced"],
  ["a variable in braces", (value) => `\${HOME}${value}`, "a ${…}, which nothing has replaced"],
  ["a variable for a folder", (value) => `${value}/$HOME/x`, "a $NAME, which only a shell replaces"],
  ["a command", (value) => `$(cat ${value})`, "a $(…), which only a shell replaces"],
  ["a comment at its end", (value) => `${value} # note`, "a # after a blank, which does not begin a comment here"],
  ["bytes that are not UTF-8", (value) => `${value}\ufffdx`, "the character U+FFFD, which stands for bytes that are not UTF-8"],
];

/** Values with several problems at once, or with edge cases of one. */
const COMBINED: readonly (readonly [value: string, descriptions: readonly string[]])[] = [
  ['"sqlite:///x.db"\r', ["a quote at its start", "a carriage return at its end"]],
  ["'x'", ["a quote at its start", "a quote at its end"]],
  [" \u200b ", ["a blank at its start", "an invisible character (U+200B) within it", "a blank at its end"]],
  ["'", ["a quote at its start"]],
  ["\r", ["a carriage return at its start"]],
];

const PLAIN = ["MFRGGZDFMY======", "a\\nb", "{x}", "x~y/", "", "x", "a b", "sqlite:///./data/app.db", "/data/a folder/x%20y#z.db", "it's", "a~/b", "$", "pa$$word", "ключ😀", "$2b$10$abc", "a=b+c/d=="];

describe("odditiesOf", () => {
  for (const [title, make, description] of ODDITIES) it(`reports ${title}`, () => assert.deepEqual(odditiesOf(make("value")), [description]));
  for (const [value, descriptions] of COMBINED) {
    it(`reports every problem of ${JSON.stringify(value)}`, () => assert.deepEqual(odditiesOf(value), descriptions));
  }
  for (const value of PLAIN) it(`finds nothing in ${JSON.stringify(value)}`, () => assert.deepEqual(odditiesOf(value), []));
});

const ROWS: readonly Setting<unknown>[] = Object.values(SETTINGS);

/** A valid value of the setting. */
function validValue(row: Setting<unknown>): string {
  return row.default || row.example || "testsecret";
}

for (const row of ROWS.filter(({ secret }) => secret === undefined)) {
  for (const [title, make, description] of ODDITIES) {
    it(`${row.name} with ${title} is refused, and the error names it`, () => {
      assert.deepEqual(readSetting({ [row.name]: make(validValue(row)) }, row), { ok: false, error: `${row.name}: must not have ${description}` });
    });
  }
}

for (const row of ROWS.filter(({ secret }) => secret === true)) {
  for (const [title, make, description] of ODDITIES) {
    it(`${row.name} with ${title} is refused or causes a warning, which names the setting and the problem`, () => {
      const warnings: string[] = [];
      const value = make(validValue(row));
      const read = readSetting({ [row.name]: value }, row, (line) => warnings.push(line));
      const lines = read.ok ? warnings : [read.error];
      if (read.ok) assert.equal(read.value, value);
      assert.equal(lines.length, 1);
      assert.ok(lines.every((line) => line.startsWith(`${row.name}: `) && line.includes(description) && !line.includes(validValue(row))), lines.join());
    });
  }
}

const SECRET = { WEBHOOK_SECRET: "testsecret" };

function refusalsOf(env: Environment, file = ""): readonly string[] {
  const loaded = loadConfig(env, { readFile: () => file });
  return loaded.ok ? [] : loaded.error.map((line) => line.slice(0, line.indexOf(":")));
}

const WHITE_SPACE = [" ", "\t", "   \r\n", "\u00a0", "\ufeff\n"];
const NO_SECRETS = [...WHITE_SPACE, "\u200b", '""', "''", '" "'];

describe("a secret", () => {
  for (const secret of NO_SECRETS) {
    it(`that consists only of ${JSON.stringify(secret)} is refused`, () => {
      assert.deepEqual(refusalsOf({ WEBHOOK_SECRET: secret }), ["WEBHOOK_SECRET"]);
      const isUnset = WHITE_SPACE.includes(secret);
      assert.deepEqual(refusalsOf({ ...SECRET, WEBHOOK_SECRET_PREVIOUS: secret }), isUnset ? [] : ["WEBHOOK_SECRET_PREVIOUS"]);
      assert.ok(!loadForwardSecret({ FORWARD_SECRET: secret }).ok);
      assert.deepEqual(refusalsOf({ WEBHOOK_SECRET_FILE: "/s" }, `${secret}\n`), ["WEBHOOK_SECRET_FILE"]);
    });
  }

  for (const secret of ["v1,whsec_c2VjcmV0", "v1, whsec_c2VjcmV0", "v1a,whsec_c2VjcmV0"]) {
    it(`${secret} is refused, because the scheme is not part of it`, () => {
      assert.deepEqual(refusalsOf({ WEBHOOK_SECRET: secret }), ["WEBHOOK_SECRET"]);
      assert.deepEqual(refusalsOf({ WEBHOOK_SECRET_FILE: "/s" }, `good\n${secret}`), ["WEBHOOK_SECRET_FILE"]);
    });
  }

  it("with an odd character causes a warning, which names the variable or the position in the file", () => {
    const env = { WEBHOOK_SECRET_PREVIOUS: "CANARY'", API_TOKEN: '"CANARY"' };
    const loaded = loadConfig({ ...env, WEBHOOK_SECRET_FILE: "/s" }, { readFile: () => "good\r\n CANARY\nCANARY \n" });
    assert.deepEqual(loaded.ok && loaded.value.warnings, [
      "WEBHOOK_SECRET_PREVIOUS: has a quote at its end, which is taken as part of it",
      "API_TOKEN: has a quote at its start, which is taken as part of it",
      "API_TOKEN: has a quote at its end, which is taken as part of it",
      "WEBHOOK_SECRET_FILE: secret 2 has a blank at its start, which is taken as part of it",
      "WEBHOOK_SECRET_FILE: secret 3 has a blank at its end, which is taken as part of it",
    ]);
  });

  for (const [bytes, refused] of [[4096, false], [4097, true], [100_000, true]] as const) {
    it(`of ${bytes} bytes is ${refused ? "refused" : "accepted"}`, () => {
      assert.deepEqual(refusalsOf({ WEBHOOK_SECRET: "x".repeat(bytes) }), refused ? ["WEBHOOK_SECRET"] : []);
      assert.deepEqual(refusalsOf({ WEBHOOK_SECRET_FILE: "/s" }, "x".repeat(bytes)), refused ? ["WEBHOOK_SECRET_FILE"] : []);
    });
  }
});

describe("a variable of white space", () => {
  const defaults = loadConfig(SECRET);
  assert.ok(defaults.ok);
  for (const { name } of ROWS.filter((row) => row.name !== "WEBHOOK_SECRET")) {
    it(`${name} is treated as unset, with a warning`, () => {
      for (const value of WHITE_SPACE) {
        const loaded = loadConfig({ ...SECRET, [name]: value });
        assert.deepEqual(loaded, { ok: true, value: { ...defaults.value, warnings: [`${name}: has only white space, and is treated as unset`] } });
      }
    });
  }

  it("PORT is treated as unset for commands too", () => {
    const url = loadServiceUrl({ PORT: "\r" });
    assert.equal(url.ok && url.value.port, "8000");
  });
});

describe("a file of secrets", () => {
  it("is refused without being read completely if it has 30 MB or never ends", (t) => {
    const folder = mkdtempSync(join(tmpdir(), "odd-values-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "secrets");
    writeFileSync(path, "x".repeat(30 << 20));
    for (const one of [path, "/dev/zero"]) {
      const read = readSecretFile(one);
      assert.ok(!read.ok);
      assert.match(read.error, /^WEBHOOK_SECRET_FILE: /);
    }
  });
});

describe("a FIFO of secrets", () => {
  it("to which nobody writes is refused at once", (t) => {
    const folder = mkdtempSync(join(tmpdir(), "odd-values-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "secrets");
    execFileSync("mkfifo", [path]);
    assert.equal(readSecretFile(path).ok, false);
  });
});

describe("the environment variables of the commands", () => {
  for (const [title, make, description] of ODDITIES) {
    it(`WEBHOOK_INBOX_URL with ${title} is refused`, () => {
      assert.deepEqual(loadServiceUrl({ WEBHOOK_INBOX_URL: make("http://127.0.0.1:8000") }), { ok: false, error: `WEBHOOK_INBOX_URL: must not have ${description}` });
    });
  }

  it("FORWARD_SECRET with an odd character is accepted with a warning", () => {
    const warnings: string[] = [];
    assert.deepEqual(loadForwardSecret({ FORWARD_SECRET: "CANARY\r" }, (line) => warnings.push(line)), { ok: true, value: "CANARY\r" });
    assert.deepEqual(warnings, ["FORWARD_SECRET: has a carriage return at its end, which is taken as part of it"]);
  });
});
