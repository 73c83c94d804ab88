/** Where the messages are kept: a file, or memory that ends with the process. */
export type DatabaseLocation =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "memory" };
