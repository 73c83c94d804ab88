/**
 * A whole number from 1 out of the environment, in which a `make` variable that was given on the command line comes too;
 * `unset` if there is none. Ends the process with status 2 if it is no such number.
 */
export function numberFrom(name: string, unset: number): number {
  const value = Number(process.env[name] || unset);
  if (!Number.isSafeInteger(value) || value < 1) {
    process.stderr.write(`Cannot run: ${name} must be a whole number from 1\n`);
    process.exit(2);
  }
  return value;
}
