import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import { contentOf, dereference } from "../../src/api/references.ts";
import type { OpenApiDocument, OperationObject, ResponseObject, Schema } from "../../src/api/openapi.ts";
import { problemsOf } from "./json-schema.ts";

/** Headers that belong to HTTP itself (RFC 9110, RFC 9112); `Content-Type` is compared with the media types. */
const HTTP_HEADERS = ["date", "connection", "keep-alive", "content-length", "content-type", "transfer-encoding"];

export interface DocumentedOperation {
  readonly method: string;
  readonly path: string;
  readonly operation: OperationObject;
}

export function operationsOf(document: OpenApiDocument): readonly DocumentedOperation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

export function found<T>(value: T | undefined, what: string): T {
  assert.ok(value !== undefined, `the document has ${what}`);
  return value;
}

/** The value of a header or a parameter in the type that its schema requires. */
export function fromText(text: string, schema: Schema): unknown {
  return schema.type === "integer" && /^[0-9]+$/.test(text) ? Number(text) : text;
}

export interface ObservedResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Compares a real response with what the document says about its status: headers, media type, body. */
export function assertDescribed(document: OpenApiDocument, described: DocumentedOperation, response: ObservedResponse): void {
  const what = `${described.method} ${described.path} ${response.status}`;
  const documented = dereference(found(described.operation.responses[response.status], what), document.components.responses);
  assertResponse(document, documented, response, { what, head: described.method === "HEAD" });
}

export function assertResponse(
  document: OpenApiDocument,
  documented: ResponseObject,
  response: ObservedResponse,
  options: { readonly what: string; readonly head?: boolean },
): void {
  const { what, head = false } = options;
  const headers = new Map(Object.entries(documented.headers).map(([name, header]) => [name.toLowerCase(), dereference(header, document.components.headers)]));
  for (const [name, value] of Object.entries(response.headers)) {
    if (HTTP_HEADERS.includes(name)) continue;
    const { schema } = found(headers.get(name), `the header ${name} of ${what}`);
    assert.deepEqual(problemsOf(fromText(String(value), schema), schema, document.components), [], `${name} of ${what}`);
  }
  const missing = headers.entries().filter(([name, { required }]) => required && response.headers[name] === undefined).map(([name]) => name).toArray();
  assert.deepEqual(missing, [], what);

  const type = response.headers["content-type"];
  const content = contentOf(documented);
  if (head || content === undefined) {
    assert.equal(response.body, "", what);
    assert.equal(head || type === undefined, true, what);
    return;
  }
  const { schema } = found(content[type ?? ""], `the type ${type} of ${what}`);
  const body: unknown = type === "application/json" ? JSON.parse(response.body) : response.body;
  assert.deepEqual(problemsOf(body, schema, document.components), [], what);
}
