import { spawn } from "node:child_process";

/** Stands in for the service where the time of `make run` is measured: passes signals on, as a terminal would. */
const make = spawn("make", ["--silent", "run"], { cwd: new URL("../../", import.meta.url), stdio: "inherit" });
process.on("SIGTERM", () => make.kill("SIGTERM"));
make.once("exit", (code) => process.exit(code ?? 1));
