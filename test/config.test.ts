import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadConfig, type Config } from "../src/config.ts";
import { readSetting, type Environment, type Setting } from "../src/setting.ts";
import { SETTINGS } from "../src/settings.ts";

const SECRET = { WEBHOOK_SECRET: "testsecret" };
const ROWS: readonly Setting<unknown>[] = Object.values(SETTINGS);
const NAMES = ROWS.map(({ name }) => name);

function load(env: Environment, file = ""): Config {
  const loaded = loadConfig(env, { readFile: () => file });
  if (!loaded.ok) assert.fail(loaded.error.join("\n"));
  return loaded.value;
}

/** The names of the refused variables, in order. */
function refused(env: Environment): string[] {
  const loaded = loadConfig(env, { readFile: () => "" });
  return loaded.ok ? [] : loaded.error.map((line) => line.slice(0, line.indexOf(":")));
}

describe("loadConfig", () => {
  it("requires only a secret; everything else has a default", () => {
    const defaults = Object.fromEntries(ROWS.map((row) => [row.name, row.default]));
    assert.deepEqual(load({ ...defaults, ...SECRET }), load(SECRET));
    assert.deepEqual(load(SECRET).secrets, { current: "testsecret", previous: [] });
  });

  it("treats an empty variable as unset", () => {
    assert.deepEqual(load({ ...Object.fromEntries(NAMES.map((name) => [name, ""])), ...SECRET }), load(SECRET));
    assert.deepEqual(load({ WEBHOOK_SECRET: "", WEBHOOK_SECRET_FILE: "/s" }, "a").secrets, { current: "a", previous: [] });
  });

  it("is frozen throughout", () => {
    const config = load({ ...SECRET, WEBHOOK_SECRET_PREVIOUS: "older" });
    for (const part of [config, config.secrets, config.secrets.previous, config.extraPrevious, config.database]) {
      assert.ok(Object.isFrozen(part));
    }
  });

  for (const secret of [" surrounded ", "line\nfeed", "ключ😀"]) {
    it(`does not change the secret ${JSON.stringify(secret)}`, () => {
      assert.equal(load({ WEBHOOK_SECRET: secret }).secrets.current, secret);
      assert.deepEqual(load({ ...SECRET, WEBHOOK_SECRET_PREVIOUS: secret }).secrets.previous, [secret]);
    });
  }

  it("reads secrets from a file, followed by WEBHOOK_SECRET_PREVIOUS", () => {
    const config = load({ WEBHOOK_SECRET_FILE: "/s", WEBHOOK_SECRET_PREVIOUS: "older" }, "new\nold\n");
    assert.deepEqual(config.secrets, { current: "new", previous: ["old", "older"] });
    assert.deepEqual(config.extraPrevious, ["older"]);
    assert.equal(config.secretFile, "/s");
  });

  for (const [url, database] of [
    ["sqlite:////data/app.db", { kind: "file", path: "/data/app.db" }],
    ["sqlite:///./x.db", { kind: "file", path: "./x.db" }],
    ["sqlite:///x.db", { kind: "file", path: "x.db" }],
    ["sqlite:///../up/x.db", { kind: "file", path: "../up/x.db" }],
    ["sqlite:///a folder/x%20y#z.db", { kind: "file", path: "a folder/x%20y#z.db" }],
    ["sqlite:///memory", { kind: "file", path: "memory" }],
    ["sqlite:///./:memory:", { kind: "file", path: "./:memory:" }],
    ["sqlite:///:memory:", { kind: "memory" }],
    ["sqlite+aiosqlite:////data/app.db", { kind: "file", path: "/data/app.db" }],
    ["sqlite+aiosqlite:///./x.db", { kind: "file", path: "./x.db" }],
    ["sqlite+aiosqlite:///:memory:", { kind: "memory" }],
    ...["postgres://user:p%3Fw@db,[::1]:5433/app?sslmode=verify-full", "postgresql://user@db", "postgresql+asyncpg://user@/app?host=/run"]
      .map((url) => [url, { kind: "postgres", url }] as const),
  ] as const) {
    it(`reads DATABASE_URL=${url}`, () => {
      assert.deepEqual(load({ ...SECRET, DATABASE_URL: url }).database, database);
    });
  }

  for (const url of [
    "sqlite://",
    "sqlite:///",
    "sqlite:////",
    "sqlite://data/app.db",
    "sqlite:data/app.db",
    "sqlite:////data/",
    "sqlite:///file:x.db",
    "sqlite:///x.db?mode=ro",
    "sqlite:///:memory:?cache=shared",
    "SQLITE:///x.db",
    "sqlite+pysqlite:///x.db",
    " sqlite:///x.db",
    "/data/app.db",
    ":memory:",
    "sqlite:///:memory",
    "sqlite:///:MEMORY:",
    "sqlite:///x.db;",
    "sqlite:///x.db,",
    "sqlite:///x.db-wal",
    "sqlite:///x.db-index",
    "sqlite:///x.db-owner",
    "postgres://host/app",
    "postgres://user@/app",
    "postgres://user:hun?ter2@db/app",
    "postgres://user@db/app?sslmode=yes",
    "postgresql+psycopg://user@db:port/app",
  ]) {
    it(`refuses DATABASE_URL=${url}`, () => {
      assert.deepEqual(refused({ ...SECRET, DATABASE_URL: url }), ["DATABASE_URL"]);
    });
  }

  for (const [text, level] of [
    ["DEBUG", "DEBUG"],
    ["INFO", "INFO"],
    ["WARNING", "WARNING"],
    ["ERROR", "ERROR"],
    ["WARN", "WARNING"],
    ["debug", "DEBUG"],
    ["Warn", "WARNING"],
  ] as const) {
    it(`reads LOG_LEVEL=${text}`, () => {
      assert.equal(load({ ...SECRET, LOG_LEVEL: text }).logLevel, level);
    });
  }

  for (const setting of ROWS) {
    const { name: variable, range } = setting;
    if (range === undefined) continue;
    const { min, max } = range;
    for (const value of [min, max]) {
      it(`reads ${variable}=${value}`, () => {
        const read = readSetting({ [variable]: String(value) }, setting);
        // For some settings 0 means none.
        assert.ok(read.ok && (read.value === value || (value === 0 && read.value === undefined)));
      });
    }
    for (const text of [
      String(min - 1),
      String(max + 1),
      "9".repeat(400),
      "abc",
      "1.0",
      "1e1",
      "0x1",
      "+1",
      " 1",
      "1\n",
      "1_0",
      "\u0661",
      "Infinity",
    ]) {
      it(`refuses ${variable}=${JSON.stringify(text.slice(0, 20))}`, () => {
        assert.deepEqual(refused({ ...SECRET, [variable]: text }), [variable]);
      });
    }
  }

  for (const host of ["0.0.0.0", "::", "::1", "fe80::1%eth0", "localhost", "my_host.example", "x".repeat(253)]) {
    it(`reads HOST=${host}`, () => {
      assert.equal(load({ ...SECRET, HOST: host }).host, host);
    });
  }

  for (const token of ["a", "!~", "abc-._~+/=="]) {
    it(`reads API_TOKEN and WEBHOOK_VERIFY_TOKEN=${token}`, () => {
      assert.equal(load({ ...SECRET, API_TOKEN: token }).apiToken, token);
      assert.equal(load({ ...SECRET, WEBHOOK_VERIFY_TOKEN: token }).verifyToken, token);
    });
  }

  for (const [variable, value] of [
    ["WEBHOOK_SIGNATURE_HEADER", "X Signature"],
    ["WEBHOOK_SIGNATURE_HEADER", "X-Signature:"],
    ["WEBHOOK_SIGNATURE_HEADER", "schl\u00fcssel"],
    ["HOST", "local host"],
    ["HOST", "x".repeat(254)],
    ["HOST", "[::1]"],
    ["HOST", "http://localhost"],
    ["HOST", "localhost\n"],
    ["LOG_LEVEL", "TRACE"],
    ["LOG_LEVEL", "INFO "],
    ["LOG_LEVEL", "__proto__"],
    ["API_TOKEN", "two words"],
    ["API_TOKEN", " a"],
    ["API_TOKEN", "a\n"],
    ["API_TOKEN", "\u007f"],
    ["API_TOKEN", "schl\u00fcssel"],
    ["WEBHOOK_VERIFY_TOKEN", "two words"],
    ["WEBHOOK_VERIFY_TOKEN", "a\n"],
    ["WEBHOOK_SECRET", "whsec_"],
    ["WEBHOOK_SECRET", "whsec_hunter2"],
    ["WEBHOOK_SECRET", "whsec_aHVudGVyMg== "],
    ["WEBHOOK_SECRET_PREVIOUS", "whsec_aHVudGVyMg"],
  ] as const) {
    it(`refuses ${variable}=${JSON.stringify(value)}`, () => {
      assert.deepEqual(refused({ ...SECRET, [variable]: value }), [variable]);
    });
  }

  for (const [name, env, variable] of [
    ["no secret", {}, "WEBHOOK_SECRET"],
    ["an empty secret", { WEBHOOK_SECRET: "" }, "WEBHOOK_SECRET"],
    ["only a previous secret", { WEBHOOK_SECRET_PREVIOUS: "older" }, "WEBHOOK_SECRET"],
    ["both a secret and a file", { ...SECRET, WEBHOOK_SECRET_FILE: "/s" }, "WEBHOOK_SECRET_FILE"],
    ["a file without a secret", { WEBHOOK_SECRET_FILE: "/s" }, "WEBHOOK_SECRET_FILE"],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.deepEqual(refused(env), [variable]);
    });
  }

  // Invalid for every variable.
  const allWrong = Object.fromEntries(NAMES.map((name) => [name, "whsec_hunter2 \n"]));

  it("reports every problem at once", () => {
    assert.deepEqual([...new Set(refused(allWrong))].toSorted(), NAMES.toSorted());
    assert.deepEqual(refused({ WEBHOOK_SECRET: "whsec_x", WEBHOOK_SECRET_PREVIOUS: "whsec_" }), ["WEBHOOK_SECRET", "WEBHOOK_SECRET_PREVIOUS"]);
  });

  it("reports each problem on one line, without any value", () => {
    for (const env of [
      allWrong,
      { ...allWrong, WEBHOOK_SECRET: "hunter2", WEBHOOK_SECRET_FILE: "/s", WEBHOOK_SECRET_PREVIOUS: "hunter2" },
      { WEBHOOK_SECRET: "whsec_hunter2", WEBHOOK_SECRET_PREVIOUS: "whsec_hunter2" },
      { DATABASE_URL: "sqlite:///hunter2.db?hunter2" },
      { DATABASE_URL: "sqlite:///hunter2/" },
      { DATABASE_URL: "sqlite:///file:hunter2" },
      { DATABASE_URL: "postgres://user:?hunter2@host/app" },
      { DATABASE_URL: "postgres://user:hunter2@host/app?sslmode=hunter2" },
    ]) {
      const loaded = loadConfig(env, { readFile: () => "hunter2" });
      assert.ok(!loaded.ok);
      for (const line of loaded.error) assert.doesNotMatch(line, /hunter2|[\r\n]/);
    }
  });
});
