import { execFileSync } from "node:child_process";

/** Any user except root, because root may do everything. */
const OTHER_USER = 65_534;

/**
 * Evaluates an expression, which may use the exports of `module`, in a process of another user, and returns its value as a string.
 * If the tests do not run as root, the user is not changed: it has few enough rights.
 */
export function asOtherUser(module: URL, expression: string): string {
  const script = `const module = await import(${JSON.stringify(module.href)});
    if (process.getuid() === 0) { process.setgroups([]); process.setgid(${OTHER_USER}); process.setuid(${OTHER_USER}); }
    const result = Function(...Object.keys(module), ${JSON.stringify(`return ${expression}`)})(...Object.values(module));
    process.stdout.write(String(result));`;
  return execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
}
