/** What the operator has set cannot be used here. The message is one line that begins with the variable's name. */
export class UnusableSetting extends Error {
  override name = "UnusableSetting";
  /** The same setting may work at a later start, e.g. after another process has let the port go. */
  readonly temporary: boolean;

  /** @param problem - the state required, and what is there instead; it follows the name and a colon. */
  constructor(variable: string, problem: string, options: ErrorOptions & { readonly temporary?: boolean } = {}) {
    super(`${variable}: ${problem}`, options);
    this.temporary = options.temporary ?? false;
  }
}
