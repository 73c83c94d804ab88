import { execFileSync } from "node:child_process";

/** Any but root, to whom nothing is forbidden. */
const STRANGER = 65_534;

/**
 * What an expression gives in a process of another user, after it has loaded what `module` exports. Whoever runs the tests as
 * no root stays who they are: they are forbidden enough.
 */
export function asStranger(module: URL, expression: string): string {
  const script = `const module = await import(${JSON.stringify(module.href)});
    if (process.getuid() === 0) { process.setgroups([]); process.setgid(${STRANGER}); process.setuid(${STRANGER}); }
    const result = Function(...Object.keys(module), ${JSON.stringify(`return ${expression}`)})(...Object.values(module));
    process.stdout.write(String(result));`;
  return execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
}
