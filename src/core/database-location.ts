/** Where the messages are kept. */
export type DatabaseLocation = SqliteLocation | PostgresLocation;

/** A file, or memory that ends with the process. */
export type SqliteLocation =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "memory" };

export interface PostgresLocation {
  readonly kind: "postgres";
  /** With the password: never shown. */
  readonly url: string;
}
