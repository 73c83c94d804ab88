import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { connect } from "../../src/postgres/connect.ts";
import type { Connection } from "../../src/postgres/connection.ts";
import { NoServer, PostgresError, ProtocolError, type Report } from "../../src/postgres/errors.ts";
import { SKIP_WITHOUT_POSTGRES, startPostgres, type PostgresServer } from "../support/postgres.ts";
import { connectFor, urlOf } from "./server.ts";

const SOON = { deadlineMs: 20_000 };
const skip = SKIP_WITHOUT_POSTGRES;
const PASSWORD = "pä ss:w@rd/%";
const ENCODED = encodeURIComponent(PASSWORD);

/** How each user must authenticate; other users are trusted. */
const HBA = `
hostssl all tls all scram-sha-256
host all tls all reject
hostnossl all open all scram-sha-256
host all open all reject
host all scram all scram-sha-256
host all md5 all md5
host all clear all password
local all all trust
host all all all trust
`;

const certificates = mkdtempSync(join(tmpdir(), "webhook-inbox-certificates-"));
const authority = join(certificates, "server.crt");
let server: PostgresServer;

before(async () => {
  if (skip !== false) return;
  execFileSync("openssl", [
    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-sha384", "-nodes", "-days", "2",
    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", join(certificates, "server.key"), "-out", authority,
  ], { stdio: "ignore" });
  const files = { "server.crt": readFileSync(authority, "utf8"), "server.key": readFileSync(join(certificates, "server.key"), "utf8") };
  server = await startPostgres({ hba: HBA, settings: { ssl: "on", listen_addresses: "127.0.0.1,::1" }, files });
  const admin = await connect(urlOf(server.url("postgres")));
  const users = ["tls", "open", "scram", "clear"].map((user) => ({ sql: `CREATE USER "${user}" PASSWORD '${PASSWORD}'` }));
  await admin.run([...users, { sql: "SET password_encryption = 'md5'" }, { sql: `CREATE USER md5 PASSWORD '${PASSWORD}'` }], SOON);
  await admin.close();
});

after(async () => {
  rmSync(certificates, { recursive: true });
  await server?.stop();
});

function as(user: string, parameters: string, { host = "127.0.0.1", password = ENCODED } = {}): string {
  return `postgres://${user}:${password}@${host}:${server.port}/postgres?${parameters}`;
}

const IS_TLS = [{ sql: "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()" }];

async function isTls(connection: Connection): Promise<boolean> {
  return (await connection.run(IS_TLS, SOON)).results[0]?.rows[0]?.[0] === "t";
}

/** User, parameters, host, and whether the connection uses TLS. */
const CONNECTIONS: readonly (readonly [string, string, string, boolean])[] = [
  ["scram", "sslmode=disable", "127.0.0.1", false],
  ["scram", "sslmode=prefer", "127.0.0.1", true],
  ["scram", "sslmode=require", "127.0.0.1", true],
  ["scram", "sslmode=require&channel_binding=require", "127.0.0.1", true],
  ["scram", "sslmode=require&channel_binding=disable", "127.0.0.1", true],
  ["scram", "sslmode=allow", "127.0.0.1", false],
  ["tls", "sslmode=allow", "127.0.0.1", true],
  ["open", "sslmode=prefer", "127.0.0.1", false],
  ["md5", "sslmode=require", "127.0.0.1", true],
  ["clear", "sslmode=require", "127.0.0.1", true],
  ["scram", "sslmode=verify-full&sslrootcert=CA", "localhost", true],
  ["scram", "sslmode=verify-ca&sslrootcert=CA", "127.0.0.1", true],
  ["scram", "sslmode=disable", "[::1]", false],
];

for (const [user, parameters, host, tls] of CONNECTIONS) {
  test(`user ${user} connects to ${host} with ${parameters}, ${tls ? "with" : "without"} TLS`, { skip }, async (t) => {
    const connection = await connectFor(t, as(user, parameters.replace("CA", encodeURIComponent(authority)), { host }));
    assert.equal(await isTls(connection), tls);
  });
}

async function failureOf(url: string): Promise<Error | undefined> {
  const error: unknown = await connect(urlOf(url)).then((connection) => connection.close(), (reason: unknown) => reason);
  assert.ok(error instanceof NoServer, String(error));
  return error.failures[0]?.error;
}

test("a wrong password, an unknown database and a connection that pg_hba.conf rejects are refused with their SQLSTATE", { skip }, async () => {
  const cases: readonly (readonly [string, string])[] = [
    [as("scram", "sslmode=disable", { password: "wrong" }), "28P01"],
    [as("scram", "sslmode=prefer", { password: "wrong" }), "28P01"],
    [as("tls", "sslmode=disable"), "28000"],
    [as("open", "sslmode=require"), "28000"],
    [server.url("missing"), "3D000"],
  ];
  for (const [url, code] of cases) {
    const failure = await failureOf(url);
    assert.ok(failure instanceof PostgresError, String(failure));
    assert.equal(failure.code, code);
  }
});

test("a password is not sent if others could read it, and a missing password is reported", { skip }, async () => {
  for (const user of ["clear", "md5"]) assert.ok(await failureOf(as(user, "sslmode=disable")) instanceof ProtocolError, user);
  assert.ok(await failureOf(as("md5", "sslmode=require&channel_binding=require")) instanceof ProtocolError);
  assert.ok(await failureOf(`postgres://scram@127.0.0.1:${server.port}/postgres`) instanceof ProtocolError);
});

test("a certificate of an unknown authority, or of another host, is refused if sslmode verifies it", { skip }, async () => {
  const ca = `sslrootcert=${encodeURIComponent(authority)}`;
  for (const url of [
    as("scram", "sslmode=verify-ca"),
    as("scram", "sslmode=verify-full", { host: "localhost" }),
    as("scram", `sslmode=verify-full&${ca}`),
    as("scram", "sslrootcert=system", { host: "localhost" }),
    as("scram", "sslmode=require&sslrootcert=/missing.pem"),
  ]) {
    const failure = await failureOf(url);
    assert.ok(failure !== undefined && !(failure instanceof PostgresError) && !(failure instanceof ProtocolError), url);
  }
});

test("a Unix socket needs no TLS, whatever the sslmode", { skip }, async (t) => {
  const connection = await connectFor(t, `postgres://postgres@/postgres?host=${server.folder}&port=${server.port}&sslmode=require`);
  assert.equal(connection.server, `${server.folder}/.s.PGSQL.${server.port}`);
  assert.equal(await isTls(connection), false);
});

async function superuser(t: TestContext, notice?: (report: Report) => void): Promise<Connection> {
  return connectFor(t, server.url("postgres"), notice && { notice });
}

test("values and arrays are returned as they were sent", { skip }, async (t) => {
  const connection = await superuser(t);
  const texts = ["", "ä", "\u{10FFFF}\uFFFF", 'quote " and \\ and {', "NULL", "\u0001", "x".repeat(1_000_000), null];
  const { results } = await connection.run([
    { sql: "SELECT a FROM unnest($1::text[]) WITH ORDINALITY u (a, o) ORDER BY o", values: [texts] },
    { sql: "SELECT cardinality($1::text[])", values: [[]] },
    { sql: "SELECT $1::int8, $2::text, $3::int4, $4::text", values: [9_007_199_254_740_993n, null, -1, ""] },
    { sql: "" },
  ], SOON);
  assert.deepEqual(results.map(({ rows }) => rows), [texts.map((text) => [text]), [["0"]], [["9007199254740993", null, "-1", ""]], []]);
});

test("a pipeline is one transaction: an error rolls it back and leaves the connection usable", { skip }, async (t) => {
  const connection = await superuser(t);
  await connection.run([{ sql: "CREATE TEMPORARY TABLE t (x int UNIQUE DEFERRABLE INITIALLY DEFERRED)" }], SOON);
  const insert = { sql: "INSERT INTO t VALUES ($1::int)", values: [1] };
  const divide = { sql: "SELECT 1/0" };
  await assert.rejects(connection.run([insert, divide, insert], SOON), { name: "PostgresError", code: "22012", routine: "int4div" });
  // Refused at the commit, after both results have arrived.
  await assert.rejects(connection.run([insert, insert], SOON), { code: "23505", severity: "ERROR" });
  const { results } = await connection.run([insert, { sql: "SELECT count(*) FROM t" }], SOON);
  assert.deepEqual(results.map(({ tag }) => tag), ["INSERT 0 1", "SELECT 1"]);
  assert.deepEqual(results[1]?.rows, [["1"]]);
});

test("pipelines in flight run in order, and each has its own outcome", { skip }, async (t) => {
  const connection = await superuser(t);
  const outcomes = await Promise.allSettled(["1", "1/0", "3"].map((x) => connection.run([{ sql: `SELECT ${x}` }], SOON)));
  const seen = outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value.results[0]?.rows : outcome.reason.code));
  assert.deepEqual(seen, [[["1"]], "22012", [["3"]]]);
});

test("the commit of a failed transaction reports ROLLBACK, and the status is that of the transaction", { skip }, async (t) => {
  const connection = await superuser(t);
  await connection.run([{ sql: "BEGIN" }], SOON);
  assert.equal(connection.status, "T");
  await assert.rejects(connection.run([{ sql: "SELECT 1/0" }], SOON), { code: "22012" });
  assert.equal(connection.status, "E");
  assert.equal((await connection.run([{ sql: "COMMIT" }], SOON)).results[0]?.tag, "ROLLBACK");
  assert.equal(connection.status, "I");
});

test("notices and changed parameters are passed on", { skip }, async (t) => {
  const seen: string[] = [];
  const connection = await superuser(t, ({ code }) => seen.push(code));
  assert.equal(connection.parameters.get("in_hot_standby"), "off");
  const warn = { sql: "DO $$ BEGIN RAISE WARNING 'careful'; END $$" };
  const { notices } = await connection.run([warn, { sql: "SET timezone = 'Europe/Vienna'" }], SOON);
  assert.deepEqual(notices.map(({ severity, code, message }) => [severity, code, message]), [["WARNING", "01000", "careful"]]);
  assert.deepEqual(seen, ["01000"]);
  assert.equal(connection.parameters.get("TimeZone"), "Europe/Vienna");
});

test("if the server ends the session, the outcome is in doubt, with the SQLSTATE", { skip }, async (t) => {
  const connection = await superuser(t);
  await assert.rejects(connection.run([{ sql: "SELECT pg_terminate_backend(pg_backend_pid())" }], SOON), (error: Error) => {
    assert.ok(error.cause instanceof PostgresError);
    assert.equal(error.cause.code, "57P01");
    return true;
  });
});

test("close waits for the pipelines in flight", { skip }, async (t) => {
  const connection = await superuser(t);
  const [outcome] = await Promise.all([connection.run([{ sql: "SELECT pg_sleep(0.01)" }], SOON), connection.close()]);
  assert.equal(outcome.results.length, 1);
  await assert.rejects(connection.run([{ sql: "SELECT 1" }], SOON), { outcome: "unsent" });
});

test("the first of several hosts that fits target_session_attrs is used", { skip }, async (t) => {
  const good = `127.0.0.1:${server.port}`;
  const admin = await superuser(t);
  await admin.run([{ sql: "CREATE USER reader" }, { sql: "ALTER USER reader SET default_transaction_read_only = on" }], SOON);
  const connection = await connectFor(t, `postgres://postgres@127.0.0.1:1,${good}/postgres`);
  assert.equal(connection.server, good);
  await connectFor(t, `postgres://reader@${good}/postgres?target_session_attrs=read-only`);
  await connectFor(t, `postgres://reader@${good}/postgres?target_session_attrs=primary`);
  await connectFor(t, `postgres://reader@${good}/postgres?target_session_attrs=prefer-standby`);
  const error: unknown = await connect(urlOf(`postgres://reader@127.0.0.1:1,${good}/postgres`)).catch((reason: unknown) => reason);
  assert.ok(error instanceof NoServer);
  assert.deepEqual(error.failures.map(({ host }) => host), ["127.0.0.1:1", good]);
  assert.ok(await failureOf(`postgres://postgres@${good}/postgres?target_session_attrs=standby`));
});

test("a database that is not UTF-8 is refused", { skip }, async (t) => {
  const admin = await superuser(t);
  await admin.run([{ sql: "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0" }], SOON);
  assert.ok(await failureOf(server.url("latin")));
});
