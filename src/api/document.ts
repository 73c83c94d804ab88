import type { Header, OpenApiDocument, OperationObject, Reference, ResponseObject, Schema } from "./openapi.ts";
import { NOT_READY } from "./health.ts";
import { PAGE } from "./messages.ts";
import { STATS } from "./stats.ts";
import { TIMELINE } from "./timeline.ts";
import { HEADERS, headers, PARAMETERS } from "./headers.ts";
import type { Tag } from "./operation.ts";
import { OPERATION_IDS, type OperationId, OPERATIONS } from "./operations.ts";
import { ANY_REQUEST, RESPONSES } from "./responses.ts";
import { type OperationSchemaName, SCHEMAS } from "./schemas.ts";
import { SECURITY_SCHEMES, securityOf } from "./security.ts";

const TAGS: Readonly<Record<Tag, string>> = {
  Webhook: "Senders deliver messages here.",
  Messages: "Read, export, follow and erase the messages that were delivered.",
  Statistics: "Totals of messages and senders.",
  "Health and metrics": "For operators of the service.",
  "Pages and documents": "Pages for people, and this document.",
};

const DESCRIPTION = "Receives HMAC-signed webhooks, stores each message exactly once, and lets people and programs read them back. "
  + "A sender that got `200` never loses that message, and a sender that retries never creates a second one.\n\n"
  + "Every error has a JSON body with `detail`, except the 503 of `/health/ready`. "
  + "An unknown path gets a 404, and a method that the path does not support a 405 with `Allow`; "
  + "both have the body of the shared response NotFound. `HEAD` works wherever `GET` does, and `OPTIONS` on every path and on `*`.\n\n"
  + "If `API_TOKEN` is set, endpoints that show messages require `Authorization: Bearer` followed by the token.";

/** Schemas of single operations. They have names, since client generators would otherwise invent some. */
const OPERATION_SCHEMAS: Readonly<Record<OperationSchemaName, Schema>> = {
  MessagePage: PAGE,
  Stats: STATS,
  Timeline: TIMELINE,
  NotReady: NOT_READY,
};

const EVERY_REQUEST: readonly Reference[] = Object.keys(PARAMETERS).map((name) => ({ $ref: `#/components/parameters/${name}` }));

/** The OpenAPI document of the service: the same for every instance of one version. */
export function createOpenApiDocument(version: string): OpenApiDocument {
  const byPath = Map.groupBy(OPERATION_IDS, (id) => OPERATIONS[id].path);
  return {
    openapi: "3.1.1",
    info: {
      title: "webhook-inbox",
      version,
      summary: "Signed webhooks in, stored exactly once, and read back",
      description: DESCRIPTION,
      contact: { name: "The operator of the service that serves this document" },
      license: { name: "MIT", identifier: "MIT" },
    },
    // Relative to the document, so that it includes a proxy's path prefix.
    servers: [{ url: ".", description: "The service that serves this document" }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: Object.fromEntries(byPath.entries().map(([path, ids]) => [path, describePath(ids)])),
    components: {
      schemas: { ...SCHEMAS, ...OPERATION_SCHEMAS },
      parameters: PARAMETERS,
      headers: HEADERS,
      responses: RESPONSES,
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

/** Includes what the router adds: `HEAD` beside `GET`, and `OPTIONS`. */
function describePath(ids: readonly OperationId[]): OpenApiDocument["paths"][string] {
  const described = ids.flatMap((id) => {
    const { method } = OPERATIONS[id];
    const own = [method, describe(id)] as const;
    return method === "GET" ? [own, ["HEAD", describeHead(id)] as const] : [own];
  });
  const allow = [...described.map(([method]) => method), "OPTIONS"].toSorted().join(", ");
  const options = ids.slice(0, 1).map((first) => ["OPTIONS", describeOptions(first, allow)] as const);
  return Object.fromEntries([...described, ...options].map(([method, operation]) => [method.toLowerCase(), operation]));
}

function describe(id: OperationId): OperationObject {
  const operation = OPERATIONS[id];
  return {
    operationId: id,
    tags: [operation.tag],
    summary: operation.summary,
    description: operation.description,
    security: securityOf(operation),
    parameters: [...operation.parameters, ...EVERY_REQUEST],
    ...(operation.requestBody !== undefined && { requestBody: operation.requestBody }),
    responses: { ...ANY_REQUEST, ...operation.responses },
  };
}

function describeHead(id: OperationId): OperationObject {
  const get = describe(id);
  const responses = Object.entries(get.responses).map(([status, response]) => [status, withoutBody(response)] as const);
  return {
    ...get,
    operationId: `${get.operationId}Head`,
    summary: `${get.summary}: headers only`,
    description: "The same as `GET`, without the body.",
    responses: Object.fromEntries(responses),
  };
}

function withoutBody(response: ResponseObject | Reference): ResponseObject | Reference {
  return "$ref" in response ? response : { description: response.description, headers: response.headers };
}

function allowHeader(allow: string): Header {
  return {
    description: "The methods of the path, separated by commas (RFC 9110, section 10.2.1).",
    required: true,
    schema: { type: "string", const: allow },
    examples: { methods: { value: allow } },
  };
}

function describeOptions(id: OperationId, allow: string): OperationObject {
  const first = OPERATIONS[id];
  return {
    operationId: `${id}Options`,
    tags: [first.tag],
    summary: `List the methods of ${first.path}`,
    description: "The header `Allow` lists them, as in every 405.",
    security: [],
    parameters: [...first.parameters.filter((parameter) => parameter.in === "path"), ...EVERY_REQUEST],
    responses: {
      ...ANY_REQUEST,
      204: {
        description: "`Allow` lists the methods.",
        headers: { ...headers("X-Request-ID"), Allow: allowHeader(allow) },
      },
    },
  };
}
