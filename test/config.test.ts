import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadConfig, type Config } from "../src/config.ts";
import type { Environment } from "../src/config-values.ts";

const SECRET = { WEBHOOK_SECRET: "testsecret" };

function load(env: Environment, file = ""): Config {
  const loaded = loadConfig(env, { readFile: () => file });
  if (!loaded.ok) assert.fail(loaded.error.join("\n"));
  return loaded.value;
}

/** The names of the variables that are refused, in order. */
function refused(env: Environment): string[] {
  const loaded = loadConfig(env, { readFile: () => "" });
  return loaded.ok ? [] : loaded.error.map((line) => line.slice(0, line.indexOf(":")));
}

describe("loadConfig", () => {
  it("needs a secret and has a default for everything else", () => {
    assert.deepEqual(load(SECRET), {
      secrets: { current: "testsecret", previous: [] },
      extraPrevious: [],
      database: { kind: "file", path: "./data/app.db" },
      host: "127.0.0.1",
      port: 8000,
      logLevel: "INFO",
      bodyLimitBytes: 4_194_304,
      rateLimitPerMinute: 0,
      toleranceSeconds: 300,
      trustedProxies: 0,
      shutdownTimeoutMs: 10_000,
    });
  });

  it("counts an empty variable as unset", () => {
    const names = [
      "WEBHOOK_SECRET_PREVIOUS", "WEBHOOK_SECRET_FILE", "DATABASE_URL", "HOST", "PORT", "LOG_LEVEL", "MAX_BODY_BYTES", "WEBHOOK_RATE_LIMIT",
      "WEBHOOK_TOLERANCE_SECONDS", "WEBHOOK_SIGNATURE_HEADER", "WEBHOOK_VERIFY_TOKEN", "TWILIO_AUTH_TOKEN", "PUBLIC_URL", "TRUSTED_PROXIES", "API_TOKEN", "SHUTDOWN_TIMEOUT_MS",
      "RETENTION_DAYS",
    ];
    assert.deepEqual(load({ ...SECRET, ...Object.fromEntries(names.map((name) => [name, ""])) }), load(SECRET));
    assert.deepEqual(load({ WEBHOOK_SECRET: "", WEBHOOK_SECRET_FILE: "/s" }, "a").secrets, { current: "a", previous: [] });
  });

  it("is frozen throughout", () => {
    const config = load({ ...SECRET, WEBHOOK_SECRET_PREVIOUS: "older" });
    for (const part of [config, config.secrets, config.secrets.previous, config.extraPrevious, config.database]) {
      assert.ok(Object.isFrozen(part));
    }
  });

  for (const secret of [" surrounded ", "line\nfeed", "ключ😀", "\t"]) {
    it(`keeps the secret ${JSON.stringify(secret)} as it is`, () => {
      assert.equal(load({ WEBHOOK_SECRET: secret }).secrets.current, secret);
      assert.deepEqual(load({ ...SECRET, WEBHOOK_SECRET_PREVIOUS: secret }).secrets.previous, [secret]);
    });
  }

  it("takes the secrets from a file, and WEBHOOK_SECRET_PREVIOUS after those of the file", () => {
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
    "postgres://user:hunter2@db/app",
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

  for (const [variable, field, min, max] of [
    ["PORT", "port", 0, 65_535],
    ["MAX_BODY_BYTES", "bodyLimitBytes", 1, 268_435_456],
    ["WEBHOOK_RATE_LIMIT", "rateLimitPerMinute", 0, 1_000_000_000],
    ["WEBHOOK_TOLERANCE_SECONDS", "toleranceSeconds", 1, 1_000_000_000],
    ["TRUSTED_PROXIES", "trustedProxies", 0, 100],
    ["SHUTDOWN_TIMEOUT_MS", "shutdownTimeoutMs", 1, 600_000],
  ] as const) {
    for (const value of [min, max]) {
      it(`reads ${variable}=${value}`, () => {
        assert.equal(load({ ...SECRET, [variable]: String(value) })[field], value);
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

  for (const host of ["0.0.0.0", "::", "::1", "fe80::1%eth0", "localhost", "my_host.example"]) {
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
    ["TWILIO_AUTH_TOKEN", "two words"],
    ["HOST", " "],
    ["HOST", "local host"],
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
    ["a previous secret alone", { WEBHOOK_SECRET_PREVIOUS: "older" }, "WEBHOOK_SECRET"],
    ["both a secret and a file", { ...SECRET, WEBHOOK_SECRET_FILE: "/s" }, "WEBHOOK_SECRET_FILE"],
    ["a file without a secret", { WEBHOOK_SECRET_FILE: "/s" }, "WEBHOOK_SECRET_FILE"],
    ["a malformed whsec_ secret with a file", { WEBHOOK_SECRET: "whsec_", WEBHOOK_SECRET_FILE: "/s" }, "WEBHOOK_SECRET_FILE"],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.deepEqual(refused(env), [variable]);
    });
  }

  const allWrong = {
    WEBHOOK_SECRET: "",
    DATABASE_URL: "postgres://user:hunter2@db/app",
    HOST: "hunter2 host",
    PORT: "hunter2",
    LOG_LEVEL: "hunter2",
    MAX_BODY_BYTES: "hunter2",
    WEBHOOK_RATE_LIMIT: "hunter2",
    WEBHOOK_TOLERANCE_SECONDS: "hunter2",
    WEBHOOK_SIGNATURE_HEADER: "hunter2 hunter2",
    WEBHOOK_VERIFY_TOKEN: "hunter2 hunter2",
    TWILIO_AUTH_TOKEN: "hunter2 hunter2",
    TRUSTED_PROXIES: "hunter2",
    API_TOKEN: "hunter2\nhunter2",
    SHUTDOWN_TIMEOUT_MS: "hunter2",
  };

  it("reports every problem at once", () => {
    assert.deepEqual(refused(allWrong), Object.keys(allWrong));
    assert.deepEqual(refused({ WEBHOOK_SECRET: "whsec_x", WEBHOOK_SECRET_PREVIOUS: "whsec_" }), ["WEBHOOK_SECRET_PREVIOUS", "WEBHOOK_SECRET"]);
  });

  it("reports one line a problem, and no value", () => {
    for (const env of [
      allWrong,
      { ...allWrong, WEBHOOK_SECRET: "hunter2", WEBHOOK_SECRET_FILE: "/s", WEBHOOK_SECRET_PREVIOUS: "hunter2" },
      { WEBHOOK_SECRET: "whsec_hunter2", WEBHOOK_SECRET_PREVIOUS: "whsec_hunter2" },
      { DATABASE_URL: "sqlite:///hunter2.db?hunter2" },
      { DATABASE_URL: "sqlite:///hunter2/" },
      { DATABASE_URL: "sqlite:///file:hunter2" },
    ]) {
      const loaded = loadConfig(env, { readFile: () => "hunter2" });
      assert.ok(!loaded.ok);
      for (const line of loaded.error) assert.doesNotMatch(line, /hunter2|[\r\n]/);
    }
  });
});
