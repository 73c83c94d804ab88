import type { Buffer } from "node:buffer";
import { ProtocolError, type Report } from "./errors.ts";
import type { Frame } from "./frame-reader.ts";

/** Idle, in a transaction, or in a transaction that failed (ReadyForQuery). */
export type TransactionStatus = "I" | "T" | "E";

/** A row's values as text, in the order of its columns. */
export type Row = readonly (string | null)[];

/** The messages from the server that this client can receive. */
export type BackendMessage =
  | { readonly kind: "authentication"; readonly method: number; readonly data: Buffer }
  | { readonly kind: "parameter"; readonly name: string; readonly value: string }
  | { readonly kind: "row"; readonly row: Row; readonly bytes: number }
  | { readonly kind: "complete"; readonly tag: string }
  | { readonly kind: "ready"; readonly status: TransactionStatus }
  | { readonly kind: "error"; readonly report: Report }
  | { readonly kind: "notice"; readonly report: Report }
  /** ParseComplete, BindComplete, BackendKeyData, NotificationResponse: nothing to keep. */
  | { readonly kind: "skipped"; readonly type: string };

/**
 * Reads one message (https://www.postgresql.org/docs/current/protocol-message-formats.html).
 *
 * @throws {ProtocolError} for a type that this client never requests (CopyInResponse, RowDescription …), or a body that ends
 *   too early
 */
export function decode({ type, body }: Frame): BackendMessage {
  const fields = createFieldReader(type, body);
  switch (type) {
    case "R": // AuthenticationOk, AuthenticationSASL …
      return { kind: "authentication", method: fields.int32(), data: fields.rest() };
    case "S": // ParameterStatus
      return { kind: "parameter", name: fields.text(), value: fields.text() };
    case "D": // DataRow
      return { kind: "row", row: readRow(fields), bytes: body.length };
    case "C": // CommandComplete
      return { kind: "complete", tag: fields.text() };
    case "I": // EmptyQueryResponse, instead of CommandComplete
      return { kind: "complete", tag: "" };
    case "Z": // ReadyForQuery
      return { kind: "ready", status: readStatus(fields) };
    case "E": // ErrorResponse
      return { kind: "error", report: readReport(fields) };
    case "N": // NoticeResponse
      return { kind: "notice", report: readReport(fields) };
    case "1": // ParseComplete
    case "2": // BindComplete
    case "A": // NotificationResponse
    case "K": // BackendKeyData
      return { kind: "skipped", type };
    default:
      throw new ProtocolError(`Cannot read a message from the server: messages of type ${JSON.stringify(type)} were not requested`);
  }
}

function readRow(fields: FieldReader): Row {
  const columns = fields.int16();
  const row: (string | null)[] = [];
  for (let column = 0; column < columns; column += 1) {
    const length = fields.int32();
    row.push(length === -1 ? null : fields.utf8(length));
  }
  return row;
}

function readStatus(fields: FieldReader): TransactionStatus {
  const status = fields.utf8(1);
  if (status === "I" || status === "T" || status === "E") return status;
  throw new ProtocolError("Cannot read ReadyForQuery: its status must be I, T or E");
}

/** Fields of one byte and a text, up to a zero byte; unknown ones are ignored, as the protocol requires. */
function readReport(fields: FieldReader): Report {
  const texts = new Map<string, string>();
  for (let name = fields.utf8(1); name !== "\0"; name = fields.utf8(1)) texts.set(name, fields.text());
  const detail = texts.get("D");
  const routine = texts.get("R");
  return {
    severity: texts.get("V") ?? texts.get("S") ?? "",
    code: texts.get("C") ?? "",
    message: texts.get("M") ?? "",
    ...(detail !== undefined && { detail }),
    ...(routine !== undefined && { routine }),
  };
}

interface FieldReader {
  int16(): number;
  int32(): number;
  utf8(length: number): string;
  /** The text up to the next zero byte. */
  text(): string;
  rest(): Buffer;
}

function createFieldReader(type: string, body: Buffer): FieldReader {
  let position = 0;

  function take(length: number): number {
    const start = position;
    if (length < 0 || length > body.length - start) {
      throw new ProtocolError(`Cannot read a message of type ${type}: it ends too early`);
    }
    position += length;
    return start;
  }

  return {
    int16: () => body.readInt16BE(take(2)),
    int32: () => body.readInt32BE(take(4)),
    utf8(length) {
      const start = take(length);
      return body.toString("utf8", start, position);
    },
    text() {
      const end = body.indexOf(0, position);
      const start = take(end === -1 ? Infinity : end - position + 1);
      return body.toString("utf8", start, position - 1);
    },
    rest: () => body.subarray(take(body.length - position)),
  };
}
