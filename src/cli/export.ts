import { describeResponse, isTemporary, readResponse, request, unreachable } from "./request.ts";
import type { ExportCommand, ExportFormat } from "./command.ts";
import { EX_CONFIG, EX_FAILURE, EX_OK, EX_UNAVAILABLE } from "./exit-status.ts";
import { splitLines, withoutLineEnd } from "./lines.ts";
import { loadMessagesService } from "./messages-service.ts";
import { openOutputFile } from "./output-file.ts";
import { withProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/** A search may read for a long time before it finds something. */
const SILENCE_LIMIT_MS = 300_000;
const BYTES_A_MB = 1_000_000;

interface Wire {
  readonly format: "ndjson" | "csv";
  readonly type: string;
  /** Converts the body of the response into the output. */
  readonly shape: (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array | string>;
}

const NDJSON: Wire = { format: "ndjson", type: "application/x-ndjson", shape: (chunks) => chunks };

const WIRES: Readonly<Record<ExportFormat, Wire>> = {
  ndjson: NDJSON,
  csv: { format: "csv", type: "text/csv", shape: (chunks) => chunks },
  // The service sends JSON only page by page, so the whole array is made of NDJSON.
  json: { ...NDJSON, shape: toArray },
};

/**
 * Writes all messages that match as they arrive, as fast as the output takes them. Gives the exit status; rejects if the output
 * cannot be written, and with `Unreachable` if the response is cut off.
 */
export async function saveExport(terminal: Terminal, { url, format, filters, output }: ExportCommand): Promise<number> {
  const remote = loadMessagesService(terminal, url);
  if (!remote.ok) {
    for (const problem of remote.error) terminal.complain(problem);
    return EX_CONFIG;
  }
  const { service, headers } = remote.value;
  const wire = WIRES[format];
  const parameters = Object.entries({ ...filters, format: wire.format }).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const response = await request(service, `/messages?${parameters.join("&")}`, {
    headers: { ...headers, Accept: wire.type },
    silenceLimitMs: SILENCE_LIMIT_MS,
  });
  const type = response.headers["content-type"]?.split(";")[0] ?? "";
  if (response.statusCode !== 200) {
    const body = await readResponse(service, response);
    terminal.complain(`Cannot export: the service responded with ${describeResponse(response.statusCode, body)}`);
    return isTemporary(response.statusCode) ? EX_UNAVAILABLE : EX_FAILURE;
  }
  if (type !== wire.type) {
    response.destroy();
    terminal.complain(`Cannot export: the response must be ${wire.type}, not ${describeResponse(undefined, type) || "without a type"}`);
    return EX_FAILURE;
  }

  let writtenBytes = 0;
  async function copy(write: (chunk: Uint8Array | string) => Promise<void>): Promise<void> {
    for await (const chunk of wire.shape(toItsEnd(response))) {
      await write(chunk);
      writtenBytes += chunk.length;
    }
  }
  async function* toItsEnd(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    try {
      yield* chunks;
    } catch (error) {
      throw unreachable(service, error);
    }
  }
  const share = (): string => `${(writtenBytes / BYTES_A_MB).toFixed(1)} MB`;

  if (output === undefined) {
    await withProgress(terminal, "export", { share, result: copy(terminal.write) });
    return EX_OK;
  }
  let file;
  try {
    file = await openOutputFile(terminal, output);
    await withProgress(terminal, "export", { share, result: copy(file.write) });
    await file.publish();
  } catch (error) {
    await file?.discard();
    throw error;
  } finally {
    response.destroy();
  }
  return EX_OK;
}

async function* toArray(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array | string, void> {
  let separator = "[\n";
  for await (const line of splitLines(chunks)) {
    yield separator;
    yield withoutLineEnd(line);
    separator = ",\n";
  }
  yield separator === "[\n" ? "[]\n" : "\n]\n";
}
