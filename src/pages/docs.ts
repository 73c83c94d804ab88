import { isInline, referencedName } from "../api/references.ts";
import type { OpenApiDocument } from "../api/openapi.ts";
import { methodHtml, renderOperation, responseHtml, schemeLabel, type RoutedOperation } from "./docs-operation.ts";
import { propertiesHtml, typeHtml } from "./docs-schema.ts";
import { escapeHtml, inlineHtml, proseHtml } from "./html.ts";
import { renderShell, type Shell } from "./shell.ts";

/** The page of an OpenAPI document. It is complete without scripts; `browser/docs.ts` adds its forms. */
export function renderDocs(
  document: OpenApiDocument,
  paths: Pick<Shell, "root" | "iconPath" | "stylePath" | "withoutScriptPath" | "scriptPath">,
): string {
  const groups = document.tags.map(({ name, description }) => {
    return { name, description, id: toId(name), operations: operationsOf(document, name) };
  });
  return renderShell({
    ...paths,
    title: "API",
    skipTo: "main",
    path: "docs",
    header: "",
    withoutScript: "Only the forms that send requests need JavaScript.",
    main: `<div class="docs">
<nav class="contents" aria-labelledby="contents-title"><details id="contents"><summary id="contents-title">Contents</summary>
${groups.map(({ name, id, operations }) => `<p><a href="#${id}">${escapeHtml(name)}</a></p>
<ul>${operations.map(contentsItem).join("\n")}</ul>`).join("\n")}
<p><a href="#access">Access</a></p><p><a href="#responses">Responses to any request</a></p><p><a href="#schemas">Schemas</a></p>
</details></nav>
<div class="docs-parts">
<h1>${escapeHtml(document.info.title)} <span class="quiet">${escapeHtml(document.info.version)}</span></h1>
${proseHtml(document.info.description)}
<p>For programs: <a href="${paths.root}openapi.json">openapi.json</a>, OpenAPI ${document.openapi}.</p>
${TOKEN_FORM}
${groups.map(({ name, id, description, operations }) => `<section aria-labelledby="${id}">
<h2 id="${id}">${escapeHtml(name)}</h2>
<p class="quiet">${inlineHtml(description)}</p>
${operations.map((one) => renderOperation(document, one)).join("\n")}
</section>`).join("\n")}
${accessHtml(document)}
${responsesHtml(document)}
${schemasHtml(document)}
</div>
</div>`,
  });
}

const TOKEN_FORM = `<form class="card docs-token" id="token-form" aria-labelledby="token-title">
<h2 id="token-title">Token for the forms</h2>
<div class="field"><label for="token-input">API token</label>
<input id="token-input" type="password" autocomplete="off" spellcheck="false" aria-describedby="token-help"></div>
<p id="token-help" class="quiet">If the service has a token, endpoints that show messages need it.
The windows of this browser share it until the last one is closed.</p>
<div class="try-actions"><button type="submit">Use token</button>
<button type="button" class="plain" id="token-forget" hidden>Forget token</button></div>
<p id="token-status" role="status"></p>
</form>`;

/** Leaves out HEAD and OPTIONS, which the introduction describes. */
function operationsOf(document: OpenApiDocument, tag: string): readonly RoutedOperation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method, operation]) => method !== "head" && method !== "options" && operation.tags.includes(tag))
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

function contentsItem({ method, path, operation }: RoutedOperation): string {
  return `<li><a href="#${operation.operationId}">${methodHtml(method)} ${escapeHtml(path)}</a></li>`;
}

function accessHtml({ components }: OpenApiDocument): string {
  const schemes = Object.entries(components.securitySchemes).map(([name, scheme]) => {
    const label = scheme.type === "http" ? "<code>Authorization: Bearer</code>" : schemeLabel(scheme);
    return `<div id="scheme-${name}"><dt>${label}</dt><dd><p>${inlineHtml(scheme.description)}</p></dd></div>`;
  });
  return `<section aria-labelledby="access"><h2 id="access">Access</h2>\n<dl class="card fields">${schemes.join("\n")}</dl></section>`;
}

function responsesHtml(document: OpenApiDocument): string {
  const { responses } = document.components;
  const parameters = Object.values(document.components.parameters).filter(isInline);
  const statuses = new Map(
    Object.values(document.paths).flatMap((item) => Object.values(item)).flatMap(({ responses: given }) =>
      Object.entries(given).flatMap(([status, response]) => (isInline(response) ? [] : [[referencedName(response), status] as const])),
    ),
  );
  const headers = parameters.map(
    ({ name, description }) => `<div><dt><code>${escapeHtml(name)}</code></dt><dd><p>${inlineHtml(description)}</p></dd></div>`,
  );
  const shared = Object.entries(responses).map(([name, response]) => {
    const content = responseHtml(statuses.get(name) ?? "", response, document);
    return `<div class="card shared-response" id="response-${name}"><h3>${escapeHtml(name)}</h3>${content}</div>`;
  });
  return `<section aria-labelledby="responses"><h2 id="responses">Responses to any request</h2>
<p class="quiet">Every response has <code>X-Request-ID</code>. Every request may have these headers:</p>
<dl class="card fields">${headers.join("\n")}</dl>
${shared.join("\n")}
</section>`;
}

function schemasHtml({ components }: OpenApiDocument): string {
  const schemas = Object.entries(components.schemas).map(([name, schema]) => {
    const properties = propertiesHtml(schema, components);
    const description = schema.description === undefined ? "" : proseHtml(schema.description);
    const content = properties === "" ? `<p class="type">${typeHtml(schema)}</p>` : properties;
    return `<div class="card schema" id="schema-${name}"><h3>${escapeHtml(name)}</h3>${description}${content}</div>`;
  });
  return `<section aria-labelledby="schemas"><h2 id="schemas">Schemas</h2>\n${schemas.join("\n")}</section>`;
}

function toId(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z]+/g, "-");
}
