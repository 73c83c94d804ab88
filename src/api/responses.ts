import type { Examples, Reference, Response, Schema } from "./openapi.ts";
import { JSON_TYPE } from "./media-types.ts";
import { headers, WITH_BODY } from "./headers.ts";
import { schema } from "./schemas.ts";

/** An answer with a JSON body. */
export function jsonResponse(description: string, body: Schema, options: { readonly examples: Examples; readonly headers?: Response["headers"] }): Response {
  return { description, headers: { ...WITH_BODY, ...options.headers }, content: { [JSON_TYPE]: { schema: body, examples: options.examples } } };
}

/** An error whose `detail` is a sentence, such as the ones given. */
export function errorResponse(description: string, details: Readonly<Record<string, string>>, more: Response["headers"] = {}): Response {
  const examples = Object.fromEntries(Object.entries(details).map(([name, detail]) => [name, { value: { detail } }]));
  return jsonResponse(description, schema("Error"), { examples, headers: more });
}

/** A 422 with one broken field or parameter as its example. */
export function validationResponse(description: string, examples: Examples): Response {
  return jsonResponse(description, schema("ValidationError"), { examples });
}

/** The same answer with more headers. */
export function withHeaders(response: Response, more: Response["headers"]): Response {
  return { ...response, headers: { ...response.headers, ...more } };
}

export type ResponseName =
  | "BadRequest"
  | "Unauthorized"
  | "NotFound"
  | "BrokenPath"
  | "MethodNotAllowed"
  | "RequestTimeout"
  | "TooLarge"
  | "ExpectationFailed"
  | "HeadersTooLarge"
  | "InternalError"
  | "NotImplemented"
  | "Unavailable";

/** The answers that more than one operation has. */
export const RESPONSES: Readonly<Record<ResponseName, Response>> = {
  BadRequest: errorResponse("Malformed HTTP, not exactly one `Host` header, one that is no host, a `Transfer-Encoding` with HTTP/1.0, or a version other than 1.0 and 1.1. The connection is closed.", {
    malformed: "the request must be well-formed HTTP/1.1",
    host: "the request must have exactly one Host header",
  }),
  Unauthorized: errorResponse(
    "`API_TOKEN` is set, and the token is missing or wrong.",
    { token: "the Authorization header must be Bearer and the token" },
    headers("WWW-Authenticate"),
  ),
  NotFound: errorResponse("There is no such path, or nothing there.", { nothing: "not found", near: "not found: the nearest path is /webhook" }),
  BrokenPath: validationResponse("The path's percent-encoding is malformed, or not that of UTF-8.", {
    encoding: {
      value: {
        detail: [{ loc: ["path", "message_id"], msg: "percent-encode it as UTF-8, for example %2F for a slash", type: "percent_encoding" }],
      },
    },
  }),
  MethodNotAllowed: errorResponse("The path has other methods.", { post: "method not allowed: use GET, HEAD, OPTIONS" }, headers("Allow")),
  RequestTimeout: errorResponse("The headers were not complete within 10 s, or the whole request within 30 s. The connection is closed.", {
    late: "the request must be complete in time",
  }),
  TooLarge: errorResponse("More than 16 KiB of chunk extensions. The connection is closed.", {
    extensions: "the chunk extensions must be at most 16384 bytes",
  }),
  ExpectationFailed: errorResponse("An `Expect` header other than `100-continue`.", {
    expectation: "the only expectation that can be met is 100-continue",
  }),
  HeadersTooLarge: errorResponse("More than 16 KiB of headers, or more than 1,000. The connection is closed.", {
    headers: "the headers must be at most 16384 bytes, and at most 1000",
  }),
  InternalError: errorResponse("A defect of the service. Its log has the error under this answer's `X-Request-ID`.", { defect: "internal error" }),
  NotImplemented: errorResponse("A transfer coding other than `chunked`. The connection is closed.", {
    coding: "the only transfer coding that can be read is chunked",
  }),
  Unavailable: errorResponse(
    "The database cannot answer, too much is under way, or the service stops: try again.",
    {
      database: "the database cannot answer now, try again later",
      untaken: "too many answers wait for clients to take them, try again later",
      tails: "64 tails are open, try again later",
      exports: "64 exports are under way, try again later",
      pipelined: "too many requests await their answers on this connection, send them again later",
    },
    headers("Retry-After"),
  ),
};

/** A reference to a shared answer. */
export function response(name: ResponseName): Reference {
  return { $ref: `#/components/responses/${name}` };
}

/** What any request may be answered, whatever it asks for. */
export const ANY_REQUEST: Readonly<Record<string, Reference>> = {
  400: response("BadRequest"),
  408: response("RequestTimeout"),
  413: response("TooLarge"),
  417: response("ExpectationFailed"),
  431: response("HeadersTooLarge"),
  500: response("InternalError"),
  501: response("NotImplemented"),
  503: response("Unavailable"),
};
