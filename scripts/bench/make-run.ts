import { spawn } from "node:child_process";

/** Runs `make run` when its time is measured, and forwards signals to it, as a terminal would. */
const make = spawn("make", ["--silent", "run"], { cwd: new URL("../../", import.meta.url), stdio: "inherit" });
process.on("SIGTERM", () => make.kill("SIGTERM"));
make.once("exit", (code) => process.exit(code ?? 1));
