import assert from "node:assert/strict";
import { test } from "node:test";
import { describeConnection, parseConnectionUrl, type ConnectionUrl } from "../../src/postgres/url.ts";
import { urlOf } from "./server.ts";

const DEFAULTS: ConnectionUrl = {
  hosts: [{ host: "h", port: 5432 }],
  user: "u",
  password: undefined,
  database: "u",
  sslMode: "prefer",
  sslRootCert: undefined,
  channelBinding: "prefer",
  sessionKind: "any",
  connectTimeoutMs: 5000,
  applicationName: "webhook-inbox",
};

const ACCEPTED: readonly (readonly [string, Partial<ConnectionUrl>])[] = [
  ["postgres://u@h", {}],
  ["postgresql://u@h", {}],
  ["postgresql+asyncpg://u@h/", {}],
  ["postgres+psycopg2://u@h?", {}],
  ["postgres://u:p@h/db", { password: "p", database: "db" }],
  ["postgres://u:@h", { password: "" }],
  ["postgres://u%40x:p%C3%A4%20ss%3Aw%40rd%2F%25@h/d%2Fb", { user: "u@x", password: "pä ss:w@rd/%", database: "d/b" }],
  ["postgres://u:p@ss:w@h/db", { password: "p@ss:w", database: "db" }],
  ["postgres://u@h:5433", { hosts: [{ host: "h", port: 5433 }] }],
  ["postgres://u@h:", {}],
  ["postgres://u@[::1]:5433/db", { hosts: [{ host: "::1", port: 5433 }], database: "db" }],
  ["postgres://u@h1:5433,h2,[fe80::1]:5434/db", {
    hosts: [{ host: "h1", port: 5433 }, { host: "h2", port: 5432 }, { host: "fe80::1", port: 5434 }],
    database: "db",
    sessionKind: "read-write",
  }],
  ["postgres://u@h1,h2?target_session_attrs=any", { hosts: [{ host: "h1", port: 5432 }, { host: "h2", port: 5432 }] }],
  ["postgres://u@/db?host=/var/run/postgresql&port=5433", { hosts: [{ host: "/var/run/postgresql", port: 5433 }], database: "db" }],
  ["postgres://u@%2Frun%2Fpg/db", { hosts: [{ host: "/run/pg", port: 5432 }], database: "db" }],
  ["postgres://u@h:1/?host=a,b&port=2,3", { hosts: [{ host: "a", port: 2 }, { host: "b", port: 3 }], sessionKind: "read-write" }],
  ["postgres://u@h?port=7", { hosts: [{ host: "h", port: 7 }] }],
  ["postgres://u@h?sslmode=verify-full&sslrootcert=%2Fca.pem", { sslMode: "verify-full", sslRootCert: "/ca.pem" }],
  ["postgres://u@h?sslrootcert=system", { sslMode: "verify-full", sslRootCert: "system" }],
  ["postgres://u@h?ssl=require", { sslMode: "require" }],
  ["postgres://u@h?ssl=true", { sslMode: "require" }],
  ["postgres://u@h?ssl=verify-ca", { sslMode: "verify-ca" }],
  ["postgres://u@h?channel_binding=require", { channelBinding: "require" }],
  ["postgres://u@h?connect_timeout=3&application_name=in%20box", { connectTimeoutMs: 3000, applicationName: "in box" }],
  ["postgres://u@h?target_session_attrs=prefer-standby", { sessionKind: "prefer-standby" }],
];

for (const [url, fields] of ACCEPTED) {
  test(`${url} is accepted`, () => {
    assert.deepEqual(parseConnectionUrl(url), { ok: true, value: { ...DEFAULTS, ...fields } });
  });
}

const SECRET = "s3cr3t";

const REFUSED: readonly string[] = [
  `mysql://u:${SECRET}@h/db`,
  `postgres:u:${SECRET}@h`,
  `postgres://h/${SECRET}`,
  `postgres://:${SECRET}@h/db`,
  `postgres://u:${SECRET}@/db`,
  `postgres://u:${SECRET}@h,/db`,
  `postgres://u:${SECRET}/x@h/db`,
  `postgres://u:${SECRET}@h:0`,
  `postgres://u:${SECRET}@h:65536`,
  `postgres://u@h:${SECRET}`,
  `postgres://u@[::1/${SECRET}`,
  `postgres://u:${SECRET}%@h`,
  `postgres://u:${SECRET}%00@h`,
  `postgres://u:${SECRET}%FF@h`,
  `postgres://u@h?sslmode=${SECRET}`,
  `postgres://u@h?ssl=${SECRET}`,
  "postgres://u@h?ssl=require&sslmode=require",
  `postgres://u@h?unknown=${SECRET}`,
  `postgres://u@h?password=${SECRET}`,
  "postgres://u@h?sslmode=require&sslmode=disable",
  `postgres://u@h?target_session_attrs=${SECRET}`,
  `postgres://u@h?connect_timeout=${SECRET}`,
  "postgres://u@h?connect_timeout=0",
  "postgres://u@h1,h2,h3?port=1,2",
  `postgres://u@h?sslrootcert=system&sslmode=require`,
];

for (const url of REFUSED) {
  test(`${url} is refused without showing a value`, () => {
    const parsed = parseConnectionUrl(url);
    assert.ok(!parsed.ok);
    assert.ok(!parsed.error.includes(SECRET), parsed.error);
  });
}

test("an unknown parameter is refused without its name, which may be the rest of a password", () => {
  const parsed = parseConnectionUrl("postgres://u@h?sslkey=x");
  assert.ok(!parsed.ok);
  assert.ok(parsed.error.includes("sslmode") && !parsed.error.includes("sslkey"));
});

test("the description of a connection has only its user, hosts and database", () => {
  const url = urlOf("postgres://u:secret@h1:5433,h2,[::1]/db?application_name=x");
  assert.equal(describeConnection(url), "u@h1:5433,h2,[::1]/db");
});
