import assert from "node:assert/strict";
import { test } from "node:test";
import { contentOf, dereference, isInline } from "../../src/api/references.ts";
import type { Examples, ResponseObject, Schema } from "../../src/api/openapi.ts";
import { createOpenApiDocument } from "../../src/api/document.ts";
import { MAX_STREAMS } from "../../src/http/exchange.ts";
import { STATUS } from "../../src/http/respond.ts";
import { createRouter } from "../../src/http/router.ts";
import { SETTINGS } from "../../src/settings.ts";
import { problemsOf } from "../support/json-schema.ts";
import { at } from "../support/json.ts";
import { operationsOf } from "../support/openapi.ts";
import { createTestRoutes } from "../support/routes.ts";

const DOCUMENT = createOpenApiDocument("1.2.3");
const OPERATIONS = operationsOf(DOCUMENT);

/** Every object in a value, including the value itself, with its path. */
function* objectsIn(value: unknown, path = ""): Generator<readonly [string, object]> {
  if (typeof value !== "object" || value === null) return;
  yield [path, value];
  for (const [name, inner] of Object.entries(value)) yield* objectsIn(inner, `${path}/${name}`);
}

test("every route has an operation with the same access, and every operation has a route", async (t) => {
  const routes = await createTestRoutes(t);
  const router = createRouter(routes);
  const served = [...new Set(routes.map(({ path }) => path))].flatMap((path) => {
    const match = router("OPTIONS", path.replace(/\{.*\}/, "x"));
    assert.equal(match.kind, "options");
    return (match.kind === "options" ? match.allow : "").split(", ").map((method) => `${method} ${path}`);
  });
  assert.deepEqual(OPERATIONS.map(({ method, path }) => `${method} ${path}`).toSorted(), served.toSorted());

  const needsToken = OPERATIONS.filter(({ operation }) => operation.security.some((requirement) => "token" in requirement));
  const routesWithToken = routes
    .filter(({ access }) => access === "token")
    .flatMap(({ method, path }) => (method === "GET" ? [`GET ${path}`, `HEAD ${path}`] : [`${method} ${path}`]));
  assert.deepEqual(needsToken.map(({ method, path }) => `${method} ${path}`).toSorted(), routesWithToken.toSorted());
  for (const { operation, path } of needsToken) assert.ok("401" in operation.responses, path);
  const get = new Map(routes.map(({ method, path }) => [path, method]));
  assert.deepEqual(Object.keys(DOCUMENT.paths), [...get.keys()], "in the order of the routes");
});

test("the document has exactly the statuses that the service gives", () => {
  const described = new Set(OPERATIONS.flatMap(({ operation }) => Object.keys(operation.responses).map(Number)));
  described.add(405);
  // It is only logged, because the client has gone.
  described.add(STATUS.client_gone);
  assert.deepEqual([...described].toSorted((a, b) => a - b), [...new Set([200, 204, 304, ...Object.values(STATUS)])].toSorted((a, b) => a - b));
});

test("every reference resolves, and every component is used", () => {
  const references = new Set<string>();
  for (const [path, object] of objectsIn(DOCUMENT)) {
    const $ref = at(object, "$ref");
    if ($ref === undefined) continue;
    assert.equal(typeof $ref, "string", path);
    references.add(String($ref));
  }
  const components = Object.entries(DOCUMENT.components)
    .filter(([kind]) => kind !== "securitySchemes")
    .flatMap(([kind, named]) => Object.keys(named).map((name) => `#/components/${kind}/${name}`));
  assert.deepEqual([...references].toSorted(), components.toSorted());

  const schemes = OPERATIONS.flatMap(({ operation }) => operation.security.flatMap((requirement) => Object.keys(requirement)));
  assert.deepEqual([...new Set(schemes)].toSorted(), Object.keys(DOCUMENT.components.securitySchemes).toSorted());
});

const HEADER_PARAMETERS = [...OPERATIONS.flatMap(({ operation }) => operation.parameters.filter(isInline)), ...Object.values(DOCUMENT.components.parameters)]
  .filter((parameter) => parameter.in === "header");

/** What every schema of the document must satisfy so that client generators can read it. */
const RULES: readonly (readonly [rule: string, holds: (schema: Schema) => boolean])[] = [
  ["const and enum come with a type", ({ const: fixed, enum: values, type }) => type !== undefined || (fixed === undefined && values === undefined)],
  ["an array has items", ({ type, items }) => ![type].flat().includes("array") || items !== undefined],
  [
    "an integer that may exceed 32 bits has the format int64, without which clients in Go and Java use 32",
    ({ type, maximum = Infinity, format }) => type !== "integer" || maximum < 2 ** 31 || format === "int64",
  ],
  ["a string has a pattern or a format, but not both", ({ format, pattern }) => format === undefined || pattern === undefined],
  ["a reference has no other keyword than a description", ({ $ref, description: _, ...rest }) => $ref === undefined || Object.keys(rest).length === 0],
];

for (const [rule, holds] of RULES) {
  test(`in every schema ${rule}`, () => {
    const schemas = objectsWithSchema().flatMap(({ schema }) => [...schemasWithin(schema)]);
    assert.ok(schemas.length > 200, `${schemas.length} schemas`);
    assert.deepEqual(schemas.filter((schema) => !holds(schema)), []);
  });
}

test("no parameter is a date-time by its format, because clients would write a form of their own, such as +0000 for the zone", () => {
  const formats = OPERATIONS.flatMap(({ operation }) => operation.parameters.filter(isInline)).map(({ name, schema }) => [name, schema.format]);
  assert.ok(formats.length > 20, `${formats.length} parameters`);
  assert.deepEqual(formats.filter(([, format]) => format === "date-time"), []);
});

test("no request header has a pattern, because a malformed one is ignored or refused as a signature", () => {
  assert.ok(HEADER_PARAMETERS.length > 5);
  assert.deepEqual(HEADER_PARAMETERS.filter(({ schema }) => schema.pattern !== undefined), []);
});

/** Names that a generated class would share with a built-in of some language. */
const BUILT_IN_NAMES = ["Error", "Object", "Array", "String", "Number", "Date", "Map", "Set", "List", "Dict", "Type", "Request", "Response", "Header", "Field", "Any", "Exception"];

test("no schema has the name of a built-in of a common language", () => {
  assert.deepEqual(Object.keys(DOCUMENT.components.schemas).filter((name) => BUILT_IN_NAMES.includes(name)), []);
});

test("a JSON response body with several properties has a named schema, from which generators make a class", () => {
  for (const { method, path, operation } of OPERATIONS) {
    for (const [status, response] of Object.entries(operation.responses)) {
      const { schema } = dereference(response, DOCUMENT.components.responses).content?.["application/json"] ?? {};
      for (const one of [schema ?? {}, ...(schema?.oneOf ?? [])]) {
        assert.ok(path === "/openapi.json" || Object.keys(one.properties ?? {}).length < 2, `${method} ${path} ${status}`);
      }
    }
  }
});

test("a response with a JSON body has no other media type, so that the status decides what a client gets", () => {
  for (const { method, path, operation } of OPERATIONS) {
    for (const [status, response] of Object.entries(operation.responses)) {
      const types = Object.keys(dereference(response, DOCUMENT.components.responses).content ?? {});
      assert.ok(!types.includes("application/json") || types.length === 1, `${method} ${path} ${status}: ${types.join(", ")}`);
    }
  }
});

test("the limits in examples and descriptions are those of the service", () => {
  const text = JSON.stringify(DOCUMENT);
  for (const limit of [`at most ${SETTINGS.bodyLimitBytes.default} bytes`, `MAX_BODY_BYTES\` (${SETTINGS.bodyLimitBytes.default})`, `${MAX_STREAMS} tails are already open`, `${MAX_STREAMS} exports are already in progress`]) {
    assert.ok(text.includes(limit), limit);
  }
});

/** A schema and all schemas in it. */
function* schemasWithin(schema: Schema): Generator<Schema> {
  yield schema;
  for (const inner of [...Object.values(schema.properties ?? {}), ...(schema.oneOf ?? []), ...(schema.items === undefined ? [] : [schema.items]), ...(schema.contentSchema === undefined ? [] : [schema.contentSchema])]) {
    yield* schemasWithin(inner);
  }
}

/** Every object of the document that has a schema, with its examples. */
function objectsWithSchema(): readonly { readonly schema: Schema; readonly examples?: Examples }[] {
  const { schemas, headers, parameters, responses } = DOCUMENT.components;
  const ofOperations = OPERATIONS.flatMap(({ operation }) => [
    ...operation.parameters.filter(isInline),
    ...Object.values(operation.requestBody?.content ?? {}),
    ...Object.values(operation.responses).filter(isInline).flatMap(objectsOf),
  ]);
  return [
    ...Object.values(schemas).map((schema) => ({ schema })),
    ...Object.values(headers), ...Object.values(parameters), ...Object.values(responses).flatMap(objectsOf), ...ofOperations,
  ];
}

function objectsOf(response: ResponseObject): readonly { readonly schema: Schema; readonly examples?: Examples }[] {
  return [...Object.values(response.headers).filter(isInline), ...Object.values(contentOf(response) ?? {})];
}

test("every example and every default validates against its schema", () => {
  const examples = objectsWithSchema().flatMap(({ schema, examples: ownExamples }) => [
    ...Object.values(ownExamples ?? {}).map(({ value }) => [value, schema] as const),
    ...schemasWithin(schema).flatMap((inner) => [...(inner.examples ?? []), ...("default" in inner ? [inner.default] : [])].map((value) => [value, inner] as const)),
  ]);
  assert.ok(examples.length > 50);
  for (const [value, schema] of examples) assert.deepEqual(problemsOf(value, schema, DOCUMENT.components), [], JSON.stringify(value));
});

test("every body, and every parameter without a default or fixed value, has an example", () => {
  for (const { method, path, operation } of OPERATIONS) {
    for (const parameter of operation.parameters.map((one) => dereference(one, DOCUMENT.components.parameters))) {
      assert.ok(parameter.examples !== undefined || "default" in parameter.schema, `${method} ${path} ${parameter.name}`);
    }
    if (method === "HEAD") continue;
    for (const [status, response] of Object.entries(operation.responses)) {
      for (const [type, { examples }] of Object.entries(contentOf(dereference(response, DOCUMENT.components.responses)) ?? {})) {
        const isFile = /^text\/(?:html|css|javascript)|^image\//.test(type) || path === "/openapi.json";
        assert.ok(isFile || examples !== undefined, `${method} ${path} ${status} ${type}`);
      }
    }
  }
});

test("every operation has a unique id, described tags, a short summary, a description and its path parameters", () => {
  const ids = OPERATIONS.map(({ operation }) => operation.operationId);
  assert.deepEqual(ids, [...new Set(ids)]);
  const tags = new Set(DOCUMENT.tags.map(({ name }) => name));
  for (const { operation, path } of OPERATIONS) {
    assert.deepEqual(operation.tags.filter((tag) => !tags.has(tag)), []);
    assert.ok(operation.summary.length <= 60 && !operation.summary.endsWith("."), operation.operationId);
    assert.match(operation.description, /\.$/, operation.operationId);
    const ofPath = operation.parameters.map((one) => dereference(one, DOCUMENT.components.parameters)).filter((parameter) => parameter.in === "path");
    assert.deepEqual(ofPath.map(({ name }) => `{${name}}`), path.match(/\{.*?\}/g) ?? [], path);
    assert.ok(ofPath.every(({ required }) => required), path);
  }
});

test("the document has the version of the service", () => {
  assert.equal(DOCUMENT.info.version, "1.2.3");
});
