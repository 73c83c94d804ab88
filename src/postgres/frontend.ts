import { Buffer } from "node:buffer";

/** A parameter `$1` …: text in its type's input format, or the elements of a `text[]`. The statement casts it to its type. */
export type Value = string | number | bigint | null | readonly (string | null)[];

export interface Statement {
  readonly sql: string;
  readonly values?: readonly Value[];
}

const PROTOCOL_3_0 = 196_608;
const SSL_REQUEST_CODE = 80_877_103;
const TEXT_OID = 25;
const FORMAT_TEXT = 0;
const FORMAT_BINARY = 1;

/** SSLRequest (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL). */
export function sslRequest(): Buffer {
  return encode((out) => {
    out.int32(8);
    out.int32(SSL_REQUEST_CODE);
  });
}

/** StartupMessage (https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-STARTUPMESSAGE). */
export function startupMessage(parameters: Readonly<Record<string, string>>): Buffer {
  return encode((out) => out.counted(() => {
    out.int32(PROTOCOL_3_0);
    for (const [name, value] of Object.entries(parameters)) {
      out.zeroEnded(name);
      out.zeroEnded(value);
    }
    out.byte("\0");
  }));
}

/** PasswordMessage: the response to AuthenticationCleartextPassword and AuthenticationMD5Password. */
export function passwordMessage(password: string): Buffer {
  return encode((out) => message(out, "p", () => out.zeroEnded(password)));
}

/** SASLInitialResponse (https://www.postgresql.org/docs/current/sasl-authentication.html). */
export function saslInitialResponse(mechanism: string, data: string): Buffer {
  return encode((out) => message(out, "p", () => {
    out.zeroEnded(mechanism);
    out.sized(data);
  }));
}

/** SASLResponse. */
export function saslResponse(data: string): Buffer {
  return encode((out) => message(out, "p", () => out.text(data)));
}

/** Terminate. */
export function terminate(): Buffer {
  return encode((out) => message(out, "X", () => {}));
}

/**
 * Parse, Bind and Execute of each statement, then one Sync
 * (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING). Statement and portal have no name, so
 * that PgBouncer may send each transaction to another server. Results are requested as text, without their description.
 */
export function pipeline(statements: readonly Statement[]): Buffer {
  return encode((out) => {
    for (const { sql, values = [] } of statements) {
      message(out, "P", () => {
        out.byte("\0");
        out.zeroEnded(sql);
        out.int16(0);
      });
      message(out, "B", () => bind(out, values));
      message(out, "E", () => {
        out.byte("\0");
        out.int32(0);
      });
    }
    message(out, "S", () => {});
  });
}

function bind(out: Writer, values: readonly Value[]): void {
  out.byte("\0");
  out.byte("\0");
  out.int16(values.length);
  for (const value of values) out.int16(isArray(value) ? FORMAT_BINARY : FORMAT_TEXT);
  out.int16(values.length);
  for (const value of values) {
    if (value === null) out.int32(-1);
    else if (isArray(value)) out.counted(() => textArray(out, value), 0);
    else out.sized(String(value));
  }
  out.int16(0);
}

/**
 * The format that `array_recv` reads: dimensions, whether there are nulls, the elements' type, their number, the index of the
 * first.
 */
function textArray(out: Writer, elements: readonly (string | null)[]): void {
  out.int32(1);
  out.int32(elements.includes(null) ? 1 : 0);
  out.int32(TEXT_OID);
  out.int32(elements.length);
  out.int32(1);
  for (const element of elements) {
    if (element === null) out.int32(-1);
    else out.sized(element);
  }
}

function isArray(value: Value): value is readonly (string | null)[] {
  return Array.isArray(value);
}

interface Writer {
  byte(character: string): void;
  int16(value: number): void;
  int32(value: number): void;
  text(value: string): void;
  zeroEnded(value: string): void;
  /** An int32 with the length of the text, then the text. */
  sized(value: string): void;
  /** An int32 with a length, then what `write` writes. The length is that of what follows, plus the int32's own 4 bytes by default. */
  counted(write: () => void, own?: 0 | 4): void;
}

function message(out: Writer, type: string, write: () => void): void {
  out.byte(type);
  out.counted(write);
}

function encode(write: (out: Writer) => void): Buffer {
  let bytes = Buffer.allocUnsafe(1024);
  let length = 0;

  /** The bytes, with room for `more` of them. */
  function room(more: number): Buffer {
    if (length + more > bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(length + more, bytes.length * 2));
      bytes.copy(larger, 0, 0, length);
      bytes = larger;
    }
    return bytes;
  }

  const out: Writer = {
    byte(character) {
      length = room(1).writeUInt8(character.charCodeAt(0), length);
    },
    int16(value) {
      length = room(2).writeUInt16BE(value, length);
    },
    int32(value) {
      length = room(4).writeInt32BE(value, length);
    },
    text(value) {
      // A UTF-16 unit has up to three bytes in UTF-8.
      length += room(value.length * 3).write(value, length, "utf8");
    },
    zeroEnded(value) {
      out.text(value);
      out.byte("\0");
    },
    sized: (value) => out.counted(() => out.text(value), 0),
    counted(inner, own = 4) {
      const start = length;
      out.int32(0);
      inner();
      bytes.writeInt32BE(length - start - 4 + own, start);
    },
  };

  write(out);
  return bytes.subarray(0, length);
}
