import type { Examples, Reference, ResponseObject, Schema } from "./openapi.ts";
import { JSON_TYPE } from "./media-types.ts";
import { headers, WITH_BODY } from "./headers.ts";
import { malformedPath, notFoundNear, REFUSALS, type TextRefusal, tooManyExports, tooManyTails } from "./refusals.ts";
import { schema } from "./schemas.ts";

/** A response with a JSON body. */
export function jsonResponse(
  description: string,
  body: Schema,
  options: { readonly examples: Examples; readonly headers?: ResponseObject["headers"] },
): ResponseObject {
  return {
    description,
    headers: { ...WITH_BODY, ...options.headers },
    content: { [JSON_TYPE]: { schema: body, examples: options.examples } },
  };
}

/** An error whose `detail` is text; the refusals are its examples. */
export function errorResponse(
  description: string,
  refusals: Readonly<Record<string, TextRefusal>>,
  more: ResponseObject["headers"] = {},
): ResponseObject {
  const examples = Object.fromEntries(Object.entries(refusals).map(([name, { detail }]) => [name, { value: { detail } }]));
  return jsonResponse(description, schema("ErrorBody"), { examples, headers: more });
}

/** A 422 with one invalid field or parameter as its example. */
export function validationResponse(description: string, examples: Examples): ResponseObject {
  return jsonResponse(description, schema("ValidationError"), { examples });
}

/** The same response with more headers. */
export function withHeaders(response: ResponseObject, more: ResponseObject["headers"]): ResponseObject {
  return { ...response, headers: { ...response.headers, ...more } };
}

export type ResponseName =
  | "BadRequest"
  | "Unauthorized"
  | "NotFound"
  | "MalformedPath"
  | "RequestTimeout"
  | "TooLarge"
  | "ExpectationFailed"
  | "HeadersTooLarge"
  | "InternalError"
  | "NotImplemented"
  | "Unavailable";

/** The responses that several operations share. */
export const RESPONSES: Readonly<Record<ResponseName, ResponseObject>> = {
  BadRequest: errorResponse(
    "Malformed HTTP, a missing, repeated or invalid `Host` header, a `Transfer-Encoding` with HTTP/1.0, "
      + "or an HTTP version other than 1.0 and 1.1. The connection is closed.",
    { malformed: REFUSALS.malformed, host: REFUSALS.oneHost },
  ),
  Unauthorized: errorResponse(
    "`API_TOKEN` is set, and the token is missing or wrong.",
    { token: REFUSALS.unauthorized },
    headers("WWW-Authenticate"),
  ),
  NotFound: errorResponse("The path does not exist, or nothing is stored under it.", {
    nothing: REFUSALS.notFound,
    near: notFoundNear("/webhook"),
  }),
  MalformedPath: validationResponse("The path's percent-encoding is malformed, or does not decode to UTF-8.", {
    encoding: { value: { detail: malformedPath("message_id").detail } },
  }),
  RequestTimeout: errorResponse("The headers were not complete within 10 s, or the whole request within 30 s. The connection is closed.", {
    late: REFUSALS.late,
  }),
  TooLarge: errorResponse("More than 16 KiB of chunk extensions. The connection is closed.", {
    extensions: REFUSALS.largeExtensions,
  }),
  ExpectationFailed: errorResponse("An `Expect` header other than `100-continue`.", {
    expectation: REFUSALS.unknownExpectation,
  }),
  HeadersTooLarge: errorResponse("More than 16 KiB of headers, or more than 1,000. The connection is closed.", {
    headers: REFUSALS.largeHeaders,
  }),
  InternalError: errorResponse("A defect in the service. Its log has the error with the `X-Request-ID` of this response.", {
    defect: REFUSALS.defect,
  }),
  NotImplemented: errorResponse("A transfer coding other than `chunked`. The connection is closed.", {
    coding: REFUSALS.unknownCoding,
  }),
  Unavailable: errorResponse(
    "The database is unavailable, too many requests are in progress, or the service is stopping: try again.",
    {
      database: REFUSALS.databaseSilent,
      buffered: REFUSALS.bufferedResponses,
      tails: tooManyTails(64),
      exports: tooManyExports(64),
      pipelined: REFUSALS.pipelined,
      stopping: REFUSALS.stopping,
    },
    headers("Retry-After"),
  ),
};

/** A reference to a shared response. */
export function response(name: ResponseName): Reference {
  return { $ref: `#/components/responses/${name}` };
}

/** The responses that any request may get. */
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
