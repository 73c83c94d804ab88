import type { Header } from "./openapi.ts";
import { JSON_TYPE } from "./media-types.ts";
import { COMPRESSED, headers, VARY } from "./headers.ts";
import type { Operation } from "./operation.ts";

const ETAG = '^W/"[0-9a-f]{16}"$';

const VALIDATED: Readonly<Record<string, Header>> = {
  "Cache-Control": {
    description: "A cache may store it but must revalidate it before each use.",
    required: true,
    schema: { type: "string", const: "no-cache" },
  },
  ETag: {
    description: "Changes with the document; weak, since it is the same in every content coding (RFC 9110, section 8.8.3).",
    required: true,
    schema: { type: "string", pattern: ETAG },
  },
};

/** `GET /openapi.json` */
export const OPENAPI: Operation = {
  method: "GET",
  path: "/openapi.json",
  tag: "Pages and documents",
  access: "open",
  summary: "This document",
  description: "OpenAPI 3.1. The same for every instance of one version.",
  parameters: [
    {
      name: "If-None-Match",
      in: "header",
      required: false,
      description: "The `ETag` of a document that the client has, or several separated by commas, or `*`.",
      schema: { type: "string" },
      examples: { one: { value: 'W/"0123456789abcdef"' } },
    },
  ],
  responses: {
    200: {
      description: "The document.",
      headers: { ...headers("X-Request-ID", "X-Content-Type-Options"), ...COMPRESSED, ...VALIDATED },
      content: {
        [JSON_TYPE]: {
          schema: {
            type: "object",
            required: ["openapi", "info", "paths", "components"],
            properties: {
              openapi: { type: "string", pattern: "^3\\.1\\." },
              info: { type: "object" },
              servers: { type: "array", items: { type: "object" } },
              tags: { type: "array", items: { type: "object" } },
              paths: { type: "object" },
              components: { type: "object" },
            },
          },
        },
      },
    },
    304: { description: "The client's document is current.", headers: { ...headers("X-Request-ID"), ...VARY, ...VALIDATED } },
  },
};
