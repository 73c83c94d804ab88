import { createOpenApiDocument } from "../api/document.ts";
import { EX_OK } from "./exit-status.ts";
import type { Terminal } from "./terminal.ts";

/** Prints what `GET /openapi.json` of this version returns, indented; needs no service and no setting. Gives the exit status. */
export async function printOpenApi(terminal: Terminal): Promise<number> {
  await terminal.write(`${JSON.stringify(createOpenApiDocument(terminal.version), undefined, 2)}\n`);
  return EX_OK;
}
