import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { connect } from "../../src/postgres/connect.ts";
import type { Connection } from "../../src/postgres/connection.ts";
import { ConnectionLost, NoServer, PostgresError, ProtocolError } from "../../src/postgres/errors.ts";
import { AUTHENTICATION_OK, connectFor, frame, int32, PARSED_AND_BOUND, READY, scriptedServer, urlOf } from "./server.ts";

const SELECT = [{ sql: "SELECT 1" }];
const ROW = frame("D", Buffer.from([0, 1]), 1, "1");
const PLENTY = { deadlineMs: 60_000 };

/** The reason why the connection to the only host failed. */
async function connectFailure(url: string): Promise<Error> {
  try {
    const connection = await connect(urlOf(url));
    connection.destroy(new Error("not expected"));
  } catch (error) {
    assert.ok(error instanceof NoServer);
    const [failure] = error.failures;
    assert.ok(failure);
    return failure.error;
  }
  return assert.fail("the connection succeeded");
}

/** A server that sends these bytes after StartupMessage. */
function startsWith(t: TestContext, ...bytes: readonly Buffer[]): Promise<string> {
  return scriptedServer(t, async (socket, received) => {
    await received();
    socket.write(Buffer.concat(bytes));
  });
}

test("bytes that a server sends before TLS end the connection attempt", async (t) => {
  const url = await scriptedServer(t, async (socket, received) => {
    await received();
    socket.write(Buffer.concat([Buffer.from("S"), AUTHENTICATION_OK, READY]));
  });
  assert.ok(await connectFailure(`${url}?sslmode=require`) instanceof ProtocolError);
  // The fallback of sslmode=prefer does not hide it.
  assert.ok(await connectFailure(`${url}?sslmode=prefer`) instanceof ProtocolError);
});

test("an error instead of S or N before TLS is not trusted", async (t) => {
  const url = await scriptedServer(t, async (socket, received) => {
    await received();
    socket.write(frame("E", "SFATAL\0C28000\0Mforged\0\0"));
  });
  assert.ok(await connectFailure(`${url}?sslmode=require`) instanceof ProtocolError);
});

test("sslmode=require refuses a server without TLS", async (t) => {
  const url = await scriptedServer(t, async (socket, received) => {
    await received();
    socket.write("N");
  });
  const failure = await connectFailure(`${url}?sslmode=require`);
  assert.ok(!(failure instanceof ProtocolError), String(failure));
});

/** A server that runs SCRAM; `first` makes its challenge from the client's nonce, and `final` are its last messages. */
function scramServer(t: TestContext, { first, final }: { first?: (nonce: string) => string; final: readonly Buffer[] }): Promise<string> {
  return scriptedServer(t, async (socket, received) => {
    await received();
    socket.write(frame("R", 10, "SCRAM-SHA-256\0\0"));
    const nonce = /r=(.*)$/.exec((await received()).toString("latin1"))?.[1] ?? "";
    socket.write(frame("R", 11, first === undefined ? `r=${nonce}server,s=c2FsdA==,i=4096` : first(nonce)));
    await received();
    socket.write(Buffer.concat(final));
  });
}

const FORGED = `v=${Buffer.alloc(32).toString("base64")}`;

test("a server whose signature is wrong is refused", async (t) => {
  const url = await scramServer(t, { final: [frame("R", 12, FORGED), AUTHENTICATION_OK, READY] });
  assert.ok(await connectFailure(`${url}?sslmode=disable`) instanceof ProtocolError);
});

test("a server without a signature is refused", async (t) => {
  const silent = await scramServer(t, { final: [AUTHENTICATION_OK, READY] });
  assert.ok(await connectFailure(`${silent}?sslmode=disable`) instanceof ProtocolError);
  const empty = await scramServer(t, { final: [frame("R", 12, "v="), AUTHENTICATION_OK, READY] });
  assert.ok(await connectFailure(`${empty}?sslmode=disable`) instanceof ProtocolError);
});

const BAD_FIRST: readonly (readonly [string, (nonce: string) => string])[] = [
  ["another nonce", () => "r=other,s=c2FsdA==,i=4096"],
  ["only the client's nonce", (nonce) => `r=${nonce},s=c2FsdA==,i=4096`],
  ["no rounds", (nonce) => `r=${nonce}x,s=c2FsdA==,i=0`],
  ["an excessive iteration count", (nonce) => `r=${nonce}x,s=c2FsdA==,i=999999999`],
  ["nothing", () => ""],
];

for (const [name, first] of BAD_FIRST) {
  test(`a SCRAM challenge with ${name} is refused`, async (t) => {
    const url = await scramServer(t, { first, final: [] });
    assert.ok(await connectFailure(`${url}?sslmode=disable`) instanceof ProtocolError);
  });
}

const BAD_STARTS: readonly (readonly [string, readonly Buffer[]])[] = [
  ["ready without authentication", [READY]],
  ["authentication twice", [AUTHENTICATION_OK, AUTHENTICATION_OK, READY]],
  ["a request for the password in clear text", [frame("R", 3)]],
  ["a request for an MD5 of the password", [frame("R", 5, Buffer.from("salt"))]],
  ["Kerberos", [frame("R", 2)]],
  ["an unsupported mechanism", [frame("R", 10, "PLAIN\0\0")]],
  ["a row", [AUTHENTICATION_OK, ROW]],
  ["an unknown message", [AUTHENTICATION_OK, frame("?")]],
  ["a length that is too large", [Buffer.from("R"), int32(2 ** 31 - 1)]],
  ["endless parameters", Array.from({ length: 2000 }, () => frame("S", "name\0value\0"))],
];

for (const [name, bytes] of BAD_STARTS) {
  test(`a start with ${name} is refused`, async (t) => {
    const url = await startsWith(t, ...bytes);
    assert.ok(await connectFailure(`${url}?sslmode=disable`) instanceof ProtocolError);
  });
}

test("channel_binding=require refuses a server that does not authenticate", async (t) => {
  const url = await startsWith(t, AUTHENTICATION_OK, READY);
  assert.ok(await connectFailure(`${url}?sslmode=disable&channel_binding=require`) instanceof ProtocolError);
});

test("a connection attempt ends at the deadline if the server sends nothing, or never completes the startup", async (t) => {
  const silent = await scriptedServer(t, async () => {});
  const endless = await scriptedServer(t, async (socket, received) => {
    await received();
    socket.write(frame("R", 10, "SCRAM-SHA-256\0\0"));
  });
  const urls = [`${silent}?sslmode=prefer`, `${silent}?sslmode=disable`, `${endless}?sslmode=disable`];
  for (const failure of await Promise.all(urls.map((url) => connectFailure(`${url}&connect_timeout=1`)))) {
    assert.ok(!(failure instanceof ProtocolError) && !(failure instanceof PostgresError), String(failure));
  }
});

test("a server that closes the connection counts as unreachable, not as a protocol error", async (t) => {
  const url = await scriptedServer(t, async (socket) => socket.end());
  for (const sslmode of ["disable", "prefer", "require"]) {
    assert.ok(!(await connectFailure(`${url}?sslmode=${sslmode}`) instanceof ProtocolError), sslmode);
  }
});

test("a refusal by the server carries its SQLSTATE", async (t) => {
  const url = await startsWith(t, frame("E", "SFATAL\0VFATAL\0C28P01\0Mno\0Rauth_failed\0\0"));
  const failure = await connectFailure(`${url}?sslmode=disable`);
  assert.ok(failure instanceof PostgresError);
  assert.deepEqual([failure.code, failure.severity, failure.routine], ["28P01", "FATAL", "auth_failed"]);
});

/** A connection to a server that calls `serve` after it has read a pipeline. */
async function connected(t: TestContext, serve: (socket: Socket) => unknown, responseLimitBytes = 1000): Promise<Connection> {
  const url = await scriptedServer(t, async (socket, received) => {
    await received();
    socket.write(Buffer.concat([AUTHENTICATION_OK, READY]));
    await received();
    serve(socket);
  });
  return connectFor(t, `${url}?sslmode=disable`, { responseLimitBytes });
}

async function lost(run: Promise<unknown>): Promise<ConnectionLost> {
  const error: unknown = await run.then(() => undefined, (reason: unknown) => reason);
  assert.ok(error instanceof ConnectionLost, String(error));
  return error;
}

const DONE = [PARSED_AND_BOUND, frame("C", "SELECT 1\0")];

const INVALID_RESPONSES: readonly (readonly [string, readonly Buffer[]])[] = [
  ["an unknown message", [frame("?")]],
  ["CopyInResponse", [frame("G", Buffer.from([0, 0, 0]))]],
  ["authentication", [AUTHENTICATION_OK]],
  ["a length that is too large", [Buffer.from("D"), int32(2 ** 30)]],
  ["more results than statements", [...DONE, ...DONE, READY]],
  ["fewer results than statements", [PARSED_AND_BOUND, READY]],
  ["endless rows", Array.from({ length: 1000 }, () => ROW)],
];

for (const [name, bytes] of INVALID_RESPONSES) {
  test(`a response with ${name} ends the connection, and the outcome is in doubt`, async (t) => {
    const connection = await connected(t, (socket) => socket.write(Buffer.concat(bytes)));
    const error = await lost(connection.run(SELECT, PLENTY));
    assert.equal(error.outcome, "in_doubt");
    assert.ok(error.cause instanceof ProtocolError);
    assert.ok(!connection.isOpen);
    assert.equal((await lost(connection.run(SELECT, PLENTY))).outcome, "unsent");
  });
}

test("an unsolicited message ends the connection", async (t) => {
  const connection = await connected(t, (socket) => socket.write(Buffer.concat([...DONE, READY, ROW])));
  await connection.run(SELECT, PLENTY);
  assert.ok(await connection.closed instanceof ProtocolError);
});

test("if a response does not end by the deadline, the outcome is in doubt", async (t) => {
  const connection = await connected(t, (socket) => socket.write(Buffer.concat(DONE)));
  assert.equal((await lost(connection.run(SELECT, { deadlineMs: 50 }))).outcome, "in_doubt");
});

test("if only ReadyForQuery is missing, the outcome is in doubt", async (t) => {
  const connection = await connected(t, (socket) => socket.end(Buffer.concat(DONE)));
  assert.equal((await lost(connection.run(SELECT, PLENTY))).outcome, "in_doubt");
});

test("an error after the results, at the commit, rejects the pipeline", async (t) => {
  const refusal = frame("E", "SERROR\0VERROR\0C40001\0Mno\0\0");
  const connection = await connected(t, (socket) => socket.write(Buffer.concat([...DONE, refusal, READY])));
  await assert.rejects(connection.run(SELECT, PLENTY), { name: "PostgresError", code: "40001" });
  assert.ok(connection.isOpen);
});

test("after a fatal error the outcome is in doubt, with its SQLSTATE, and no other pipeline is sent", async (t) => {
  const fatal = frame("E", "SFATAL\0VFATAL\0C57P01\0Mbye\0\0");
  const connection = await connected(t, (socket) => socket.end(Buffer.concat([PARSED_AND_BOUND, fatal])));
  const error = await lost(connection.run(SELECT, PLENTY));
  assert.equal(error.outcome, "in_doubt");
  assert.ok(error.cause instanceof PostgresError);
  assert.equal(error.cause.code, "57P01");
});

test("a notice is returned with the result to which it belongs", async (t) => {
  const notice = frame("N", "SWARNUNG\0VWARNING\0C01000\0Mx\0RSyncRepWaitForLSN\0\0");
  const connection = await connected(t, (socket) => socket.write(Buffer.concat([...DONE, notice, READY])));
  const { results, notices } = await connection.run(SELECT, PLENTY);
  assert.deepEqual(results, [{ rows: [], tag: "SELECT 1" }]);
  assert.deepEqual(notices, [{ severity: "WARNING", code: "01000", message: "x", routine: "SyncRepWaitForLSN" }]);
});
