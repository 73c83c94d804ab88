import type { Header, ResponseObject } from "./openapi.ts";
import { COMPRESSED, headers } from "./headers.ts";
import type { Operation } from "./operation.ts";
import { response } from "./responses.ts";

const TAG = "Pages and documents";

function fixed(description: string, value: string): Header {
  return { description, required: true, schema: { type: "string", const: value } };
}

const POLICY: Header = {
  description: "Scripts and styles come only from this service, and requests go only to it.",
  required: true,
  schema: { type: "string", pattern: "^default-src 'none'; " },
};

function htmlResponse(description: string): ResponseObject {
  return {
    description,
    headers: {
      ...headers("X-Request-ID", "X-Content-Type-Options", "Cache-Control"),
      ...COMPRESSED,
      "Content-Security-Policy": POLICY,
      "Referrer-Policy": fixed("Links do not reveal this page's address.", "no-referrer"),
      "Cross-Origin-Opener-Policy": fixed("Pages of other origins cannot access this one.", "same-origin"),
    },
    content: { "text/html; charset=utf-8": { schema: { type: "string", pattern: "^<!doctype html>" } } },
  };
}

/** `GET /` */
export const INBOX_PAGE: Operation = {
  method: "GET",
  path: "/",
  tag: TAG,
  access: "open",
  summary: "The inbox page",
  description: "Contains no messages: its script requests them, with the reader's token if one is required.",
  parameters: [],
  responses: { 200: htmlResponse("The page.") },
};

/** `GET /docs` */
export const DOCS_PAGE: Operation = {
  method: "GET",
  path: "/docs",
  tag: TAG,
  access: "open",
  summary: "This document as a page",
  description: "With forms that send requests. A secret that you type never leaves the page.",
  parameters: [],
  responses: { 200: htmlResponse("The page.") },
};

/** `GET /assets/{name}` */
export const ASSET: Operation = {
  method: "GET",
  path: "/assets/{name}",
  tag: TAG,
  access: "open",
  summary: "A file that the pages load",
  description: "A script, a style or the icon. The name contains a hash of the content and changes with it.",
  parameters: [
    {
      name: "name",
      in: "path",
      required: true,
      description: "The name that the pages use.",
      schema: { type: "string" },
      examples: { style: { value: "style.0123456789abcdef.css" } },
    },
  ],
  responses: {
    200: {
      description: "The file.",
      headers: {
        ...headers("X-Request-ID", "X-Content-Type-Options"),
        ...COMPRESSED,
        "Cache-Control": fixed("Caches may keep it permanently (RFC 8246).", "public, max-age=31536000, immutable"),
        "Cross-Origin-Resource-Policy": fixed("Pages of other origins must not load it.", "same-origin"),
      },
      content: {
        "text/javascript; charset=utf-8": { schema: { type: "string" } },
        "text/css; charset=utf-8": { schema: { type: "string" } },
        "image/svg+xml": { schema: { type: "string", pattern: "^<svg " } },
      },
    },
    404: response("NotFound"),
    422: response("MalformedPath"),
  },
};
