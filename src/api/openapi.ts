/** The parts of an OpenAPI 3.1 document (spec.openapis.org/oas/v3.1.1) that the service's own document uses. */
export interface OpenApiDocument {
  readonly openapi: "3.1.1";
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly summary: string;
    readonly description: string;
    readonly contact: { readonly name: string };
    readonly license: { readonly name: string; readonly identifier: string };
  };
  readonly servers: readonly { readonly url: string; readonly description: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  /** By path template, then by method in lower case. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: Components;
}

export interface Components {
  readonly schemas: Readonly<Record<string, Schema>>;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly headers: Readonly<Record<string, Header>>;
  readonly responses: Readonly<Record<string, ResponseObject>>;
  readonly securitySchemes: Readonly<Record<string, SecurityScheme>>;
}

/** A reference to a component: `#/components/schemas/Message`. */
export interface Reference {
  readonly $ref: string;
}

export interface OperationObject {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  /** One of them is enough; `{}` means none. */
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly (Parameter | Reference)[];
  readonly requestBody?: RequestBody;
  /** By status. */
  readonly responses: Readonly<Record<string, ResponseObject | Reference>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: "query" | "path" | "header";
  readonly required: boolean;
  readonly description: string;
  readonly schema: Schema;
  readonly examples?: Examples;
}

export interface RequestBody {
  readonly required: boolean;
  readonly description: string;
  readonly content: Content;
}

export interface ResponseObject {
  readonly description: string;
  /** By name; a required header is in every such response. */
  readonly headers: Readonly<Record<string, Header | Reference>>;
  readonly content?: Content;
  /**
   * The bodies in other formats, which a request can select. Client generators ignore this field. If these bodies were under
   * `content`, generated clients would have a union as the type of the body, and the status would not tell which type it is.
   */
  readonly "x-content-on-request"?: Content;
}

export interface Header {
  readonly description: string;
  readonly required: boolean;
  readonly schema: Schema;
  readonly examples?: Examples;
}

/** By media type. */
export type Content = Readonly<Record<string, MediaType>>;

export interface MediaType {
  readonly schema: Schema;
  readonly examples?: Examples;
}

export type Examples = Readonly<Record<string, Example>>;

export interface Example {
  readonly summary?: string;
  readonly value: unknown;
}

export type SecurityScheme =
  | { readonly type: "http"; readonly scheme: "bearer"; readonly description: string }
  | { readonly type: "apiKey"; readonly in: "header"; readonly name: string; readonly description: string };

export type JsonType = "object" | "array" | "string" | "integer" | "number" | "boolean" | "null";

/** A schema of JSON Schema 2020-12 (json-schema.org), with the keywords that the document uses. */
export interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly type?: JsonType | readonly JsonType[];
  readonly format?: string;
  readonly enum?: readonly (string | number | null)[];
  readonly const?: string | number | boolean;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: string | number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly examples?: readonly unknown[];
  /** For a string: the media type of its content, and the schema of each JSON text in it. */
  readonly contentMediaType?: string;
  readonly contentSchema?: Schema;
}
