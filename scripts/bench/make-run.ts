import { spawn } from "node:child_process";

/** Stands in for the service when the time of `make run` is measured: forwards signals, as a terminal would. */
const make = spawn("make", ["--silent", "run"], { cwd: new URL("../../", import.meta.url), stdio: "inherit" });
process.on("SIGTERM", () => make.kill("SIGTERM"));
make.once("exit", (code) => process.exit(code ?? 1));
