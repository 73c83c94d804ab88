import assert from "node:assert/strict";
import { test } from "node:test";
import { SERVICE_FLAGS } from "../../scripts/bench/service.ts";
import { loadConfig } from "../../src/config.ts";
import { at } from "../support/json.ts";
import { readRepositoryFile } from "./files.ts";

const DOCKERFILE = readRepositoryFile("Dockerfile");
const COMPOSE = readRepositoryFile("docker-compose.yml");
const SECRET_FILE = readRepositoryFile("ops/compose/secret-file.yml");
const ENV_EXAMPLE = readRepositoryFile(".env.example");

/** The lines of one service, without its name. */
function service(name: string): string {
  const [, source] = new RegExp(`^  ${name}:\n((?:    .*\n|\n)+)`, "m").exec(COMPOSE) ?? [];
  assert.ok(source !== undefined, `the Compose file has a service ${name}`);
  return source;
}

function interpolated(source: string): readonly string[] {
  return [...new Set(Array.from(source.matchAll(/\$\{(\w+)/g), ([, name = ""]) => name))];
}

/** The variables that Compose passes on unchanged if they are set. */
function passedThrough(): readonly string[] {
  return Array.from(service("api").matchAll(/^ {6}([A-Z_]+):$/gm), ([, name = ""]) => name);
}

test("the legacy builder can read the Dockerfile", () => {
  assert.doesNotMatch(DOCKERFILE, /^# *syntax *=/im);
  const instructions = DOCKERFILE.replaceAll(/^#.*$/gm, "");
  assert.doesNotMatch(instructions, /--mount|<<|--start-interval|--link|--parents|--exclude|--platform/);
});

test("the default version of the image is that of package.json, and so is its description", () => {
  const manifest: unknown = JSON.parse(readRepositoryFile("package.json"));
  const version = at(manifest, "version");
  assert.ok(DOCKERFILE.includes(`org.opencontainers.image.description="${String(at(manifest, "description"))}"`));
  assert.match(DOCKERFILE, new RegExp(`^ARG VERSION=${RegExp.escape(String(version))}$`, "m"));
});

test("the health check times out before the container runtime stops it", () => {
  const [, seconds] = /^HEALTHCHECK .*--timeout=(\d+)s/m.exec(DOCKERFILE) ?? [];
  const [, milliseconds = ""] = /^const TIMEOUT_MS = ([\d_]+);$/m.exec(readRepositoryFile("src/healthcheck.ts")) ?? [];
  assert.ok(Number(milliseconds.replace("_", "")) < Number(seconds) * 1000);
});

test("Compose 1.29 and v2 can read the file: no top-level name, no version", () => {
  assert.deepEqual(Array.from(COMPOSE.matchAll(/^([a-z]+):/gm), ([, key]) => key), ["services", "volumes"]);
});

test("the service runs with the least privileges", () => {
  const api = service("api");
  for (const fact of [
    "init: true", "read_only: true", "restart: unless-stopped", "tmpfs:\n      - /tmp", "cap_drop:\n      - ALL",
    "security_opt:\n      - no-new-privileges:true", "volumes:\n      - data:/data",
  ]) {
    assert.ok(api.includes(`    ${fact}`), fact);
  }
  assert.match(api, /WEBHOOK_SECRET: \$\{WEBHOOK_SECRET:\?WEBHOOK_SECRET must be set/);
  assert.match(api, /DATABASE_URL: \$\{DATABASE_URL:-sqlite:\/\/\/\/data\/app\.db\}/);
});

test("the image, make run and the benchmarks start the service with the same flags", () => {
  const [, inImage = ""] = /^CMD \[(.*), "\/app\/dist\/main.js"\]$/m.exec(DOCKERFILE) ?? [];
  const [, inMakefile] = /exec \$\(node\) (.*) dist\/main\.js$/m.exec(readRepositoryFile("Makefile")) ?? [];
  assert.deepEqual(JSON.parse(`[${inImage}]`), SERVICE_FLAGS);
  assert.equal(inMakefile, SERVICE_FLAGS.join(" "));
});

test("the grace period before SIGKILL is longer than the default stop timeout", () => {
  const config = loadConfig({ WEBHOOK_SECRET: "x" });
  const [, seconds] = /stop_grace_period: \$\{STOP_GRACE_PERIOD:-(\d+)s\}/.exec(service("api")) ?? [];
  assert.ok(config.ok && Number(seconds) * 1000 > config.value.shutdownTimeoutMs);
});

for (const [name, port] of [["prometheus", "9090"], ["grafana", "3000"]] as const) {
  test(`${name} starts only with its profile, has an exact version, and listens on 127.0.0.1`, () => {
    const source = service(name);
    assert.match(source, /^ {4}image: [\w/]+:v?\d+\.\d+\.\d+$/m);
    assert.match(source, /^ {4}profiles:\n {6}- monitoring$/m);
    assert.deepEqual(/^ {4}ports:\n((?: {6}- .*\n)+)/m.exec(source)?.[1], `      - 127.0.0.1:${port}:${port}\n`);
    assert.match(source, new RegExp(`^ {6}- ${name}:/`, "m"));
  });
}

test("Grafana's password comes from the environment, and anonymous access is off", () => {
  const grafana = service("grafana");
  assert.match(grafana, /GF_SECURITY_ADMIN_PASSWORD: \$\{GRAFANA_ADMIN_PASSWORD:-admin\}/);
  assert.match(grafana, /GF_AUTH_ANONYMOUS_ENABLED: "false"/);
});

test(".env.example documents each variable of the Compose files", () => {
  for (const name of [...interpolated(COMPOSE), ...interpolated(SECRET_FILE), ...passedThrough()]) {
    assert.match(ENV_EXAMPLE, new RegExp(`^#?${name}=`, "m"));
  }
});
