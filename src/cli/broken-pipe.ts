/** Whether nobody reads the output any more: its reader, such as head, has seen enough. */
export function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}
