import { contentOf, dereference, isInline, referencedName } from "../api/references.ts";
import type {
  Content, Example, Header, OpenApiDocument, OperationObject, Parameter, Reference, ResponseObject, SecurityScheme,
} from "../api/openapi.ts";
import { renderTryForm } from "./docs-form.ts";
import { fieldsHtml, propertiesHtml, typeHtml } from "./docs-schema.ts";
import { escapeHtml, inlineHtml, proseHtml } from "./html.ts";

/** An operation of the document, with its method and path. */
export interface RoutedOperation {
  /** In capitals. */
  readonly method: string;
  readonly path: string;
  readonly operation: OperationObject;
}

/** One operation: its purpose, parameters and responses, and a form to try it. */
export function renderOperation(document: OpenApiDocument, routed: RoutedOperation): string {
  const { method, path, operation } = routed;
  const { components } = document;
  const parameters = operation.parameters.filter(isInline);
  const { operationId: id, requestBody } = operation;
  const responses = Object.entries(operation.responses).map(([status, response]) =>
    isInline(response) ? responseHtml(status, response, document) : "",
  );
  return `<section class="card operation" id="${id}" aria-labelledby="${id}-title">
<h3 id="${id}-title">${methodHtml(method)} <code>${escapeHtml(path)}</code>
<span class="summary">${inlineHtml(operation.summary)}</span></h3>
${proseHtml(operation.description)}
${securityHtml(operation, components.securitySchemes)}
${parameters.length === 0 ? "" : `<h4>Parameters</h4>\n${parametersHtml(parameters)}`}
${requestBody === undefined ? "" : `<h4>Request body</h4>
${proseHtml(requestBody.description)}
${contentHtml(requestBody.content, document)}`}
<h4>Responses</h4>
${responses.join("\n")}
${sharedHtml(operation, document)}
${method === "DELETE" ? "" : renderTryForm(routed)}
</section>`;
}

/** The badge of an HTTP method, as HTML. */
export function methodHtml(method: string): string {
  return `<span class="method ${method.toLowerCase()}">${method}</span>`;
}

function parametersHtml(parameters: readonly Parameter[]): string {
  return fieldsHtml(
    parameters.map(({ name, required, schema, description, ...parameter }) => ({
      name,
      need: required ? "required" : "optional",
      schema,
      example: Object.values(parameter.examples ?? {})[0]?.value,
      description: `${parameter.in === "query" ? "" : parameter.in === "path" ? "In the path. " : "A header. "}${description}`,
    })),
  );
}

function securityHtml(operation: OperationObject, schemes: Readonly<Record<string, SecurityScheme>>): string {
  const names = operation.security.flatMap((requirement) => Object.keys(requirement));
  if (names.length === 0) return "";
  const links = names.map((name) => `<a href="#scheme-${name}">${schemeLabel(schemes[name])}</a>`);
  const optional = operation.security.some((requirement) => Object.keys(requirement).length === 0);
  return `<p class="access">Needs ${links.join(" or ")}${optional ? ", if the service has one" : ""}.</p>`;
}

/** The name of a security scheme for readers, as HTML. */
export function schemeLabel(scheme: SecurityScheme | undefined): string {
  if (scheme === undefined) return "";
  return scheme.type === "http" ? "the token" : `<code>${escapeHtml(scheme.name)}</code>`;
}

/** One response; its headers and body are folded, so that the page stays short. */
export function responseHtml(status: string, response: ResponseObject, document: OpenApiDocument): string {
  const headers = Object.entries(response.headers).filter(([name]) => !ON_EVERY_RESPONSE.includes(name));
  const bodies = contentOf(response);
  const content = bodies === undefined ? "" : contentHtml(bodies, document);
  const details = headersHtml(headers, document) + content;
  return `<div class="response">
<p><span class="status s${status.slice(0, 1)}">${status}</span> ${inlineHtml(response.description)}</p>
${details === "" ? "" : `<details><summary>Headers and body<span class="spoken"> of ${status}</span></summary>${details}</details>`}
</div>`;
}

const ON_EVERY_RESPONSE = ["X-Request-ID", "X-Content-Type-Options", "Cache-Control"];

function headersHtml(headers: readonly (readonly [string, Header | Reference])[], document: OpenApiDocument): string {
  return fieldsHtml(
    headers.map(([name, given]) => {
      const { description, required, schema } = dereference(given, document.components.headers);
      return { name, need: required ? "" : "optional", schema, description };
    }),
  );
}

function contentHtml(content: Content, document: OpenApiDocument): string {
  return Object.entries(content)
    .map(([mediaType, { schema, examples = {} }]) => {
      const properties = propertiesHtml(schema, document.components);
      const type = properties === "" ? `: ${typeHtml(schema)}` : "";
      const shown = Object.values(examples).map(exampleHtml);
      return `<p><code>${escapeHtml(mediaType)}</code>${type}</p>\n${properties}\n${shown.join("\n")}`;
    })
    .join("\n");
}

function exampleHtml({ summary = "Example", value }: Example): string {
  const text = typeof value === "string" ? value : JSON.stringify(value, undefined, 2);
  return `<figure><figcaption>${inlineHtml(summary)}</figcaption><pre tabindex="0">${escapeHtml(text)}</pre></figure>`;
}

/** Links to the responses that are described once, at the end of the page. */
function sharedHtml(operation: OperationObject, { components }: OpenApiDocument): string {
  const links = Object.entries(operation.responses).flatMap(([status, response]) => {
    if (isInline(response)) return [];
    const name = referencedName(response);
    const summary = inlineHtml(firstSentence(components.responses[name]?.description ?? ""));
    return [`<li><a href="#response-${name}">${status}</a> <span>${summary}</span></li>`];
  });
  const title = `Shared responses<span class="spoken"> for ${operation.summary}</span>`;
  return `<details class="shared"><summary>${title}</summary><ul>${links.join("\n")}</ul></details>`;
}

function firstSentence(text: string): string {
  return text.split(/(?<=\.) /)[0] ?? "";
}
