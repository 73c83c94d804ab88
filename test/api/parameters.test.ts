import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { dereference, isInline } from "../../src/api/references.ts";
import type { Request, Route } from "../../src/http/message.ts";
import { createOpenApiDocument } from "../../src/api/document.ts";
import { createTwilioVerifier } from "../../src/signature/twilio.ts";
import { createVerifier } from "../../src/signature/verify.ts";
import { operationsOf } from "../support/openapi.ts";
import { createTestRoutes } from "../support/routes.ts";

const DOCUMENT = createOpenApiDocument("0.0.0-test");

interface ReadNames {
  readonly query: ReadonlySet<string>;
  readonly headers: ReadonlySet<string>;
}

/** The names of the parameters and headers that a handler reads from this request. */
async function namesReadBy(t: TestContext, route: Route, sent: { readonly query: string; readonly headers: Readonly<Record<string, string>> }): Promise<ReadNames> {
  const query = new Set<string>();
  const headers = new Set<string>();
  for (const method of ["get", "getAll", "has"] as const) {
    const original = URLSearchParams.prototype[method];
    t.mock.method(URLSearchParams.prototype, method, function (this: URLSearchParams, name: string): unknown {
      query.add(name);
      return Reflect.apply(original, this, [name]);
    });
  }
  const request: Request = {
    target: `/?${sent.query}`,
    query: sent.query,
    parameter: "x",
    headers: new Proxy(sent.headers, {
      get(target, name) {
        headers.add(String(name));
        return target[String(name)];
      },
    }),
    clientAddress: () => "::1",
    signal: () => new AbortController().signal,
    receivedAtMs: 0,
    readBody: async () => ({ ok: true, value: Buffer.from("{}") }),
  };
  await route.handle(request);
  t.mock.reset();
  return { query, headers };
}

/**
 * Headers that handlers read but the document does not describe. `Accept` is described by the media types of the responses, and a
 * parameter of that name must be ignored (OpenAPI 3.1.1, Parameter Object). The others are only read to give the operator a hint.
 */
const UNDESCRIBED = [
  "accept", "x-hub-signature", "x-shopify-hmac-sha256", "stripe-signature", "x-slack-signature", "x-gitlab-token", "x-telegram-bot-api-secret-token",
  "authorization", "x-jwt-assertion", "x-signature-jwt", "x-webhook-token", "x-twilio-signature",
];

test("the document has exactly the parameters and headers that the handlers read", async (t) => {
  const clock = { nowMs: () => 0 };
  const routes = await createTestRoutes(t, {
    verify: createVerifier({ current: "testsecret", previous: [] }, { clock, toleranceSeconds: 300 }),
    verifyTwilio: createTwilioVerifier({ authToken: "t", publicUrl: "https://a.example" }, clock),
    verifyToken: "t",
    erasable: true,
  });
  for (const { method, path, operation } of operationsOf(DOCUMENT)) {
    const route = routes.find((one) => one.method === method && one.path === path);
    if (route === undefined) continue;
    // Parameters of every request are references, and the exchange reads them.
    const own = operation.parameters.filter(isInline);
    const documentedIn = (location: string): readonly string[] => own.filter((parameter) => parameter.in === location).map(({ name }) => name);
    const schemes = operation.security.flatMap((requirement) => Object.keys(requirement)).map((name) => DOCUMENT.components.securitySchemes[name]);
    const signing = schemes.flatMap((scheme) => (scheme?.type === "apiKey" ? [scheme.name.toLowerCase()] : []));
    const documented = [...signing, ...documentedIn("header").map((name) => name.toLowerCase())];

    const queries = ["", "after=1", "hub.mode=subscribe&hub.verify_token=t&hub.challenge=1"];
    const headers = [{}, ...documented.map((name) => ({ [name]: "x" })), Object.fromEntries(documented.map((name) => [name, "1"]))];
    const all: ReadNames[] = [];
    for (const query of queries) for (const one of headers) all.push(await namesReadBy(t, route, { query, headers: one }));
    const readFrom = (location: keyof ReadNames): readonly string[] => [...new Set(all.flatMap((names) => [...names[location]]))].toSorted();
    assert.deepEqual(readFrom("query"), documentedIn("query").toSorted(), `${method} ${path}`);
    assert.deepEqual(readFrom("headers").filter((name) => documented.includes(name) || !UNDESCRIBED.includes(name)), documented.toSorted(), `${method} ${path}`);
  }
});

test("a header that every endpoint accepts is described once and referenced by each operation", () => {
  const names = Object.values(DOCUMENT.components.parameters).map(({ name }) => name);
  assert.deepEqual(names, ["X-Request-ID", "traceparent"]);
  for (const { operation } of operationsOf(DOCUMENT)) {
    const shared = operation.parameters.filter((parameter) => "$ref" in parameter).map((parameter) => dereference(parameter, DOCUMENT.components.parameters).name);
    assert.deepEqual(shared, names, operation.operationId);
  }
});
