/** Whether nobody reads the output any more: whoever read it, such as head, has seen enough. */
export function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}
