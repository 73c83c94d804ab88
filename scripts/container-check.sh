#!/bin/sh
# Builds the image, starts the Compose file and checks everything that ops/README.md says about containers. See usage below.
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname -- "$0")/.."

usage() {
  cat <<'USAGE'
Usage: container-check.sh

Needs docker, Compose (v2, or docker-compose 1.29), prometheus, curl and openssl. It does not touch a running
deployment: it has its own project, image, volumes and ports, and removes them at the end. Everything
listens on 127.0.0.1. It prints one line per step, and stops at the first step that fails.

  COMPOSE        the compose command; default docker compose, else docker-compose
  BUILD_OPTIONS  more options for docker build; default --network=host for the legacy builder, else none

Exit status: 0 all steps passed, 1 a step failed, 69 a program is missing.
USAGE
}

case ${1-} in
  '') ;;
  -h | --help) usage; exit ;;
  *) usage >&2; exit 2 ;;
esac

# shellcheck source=scripts/container-tools.sh
. scripts/container-tools.sh

# The image.
# shellcheck disable=SC2086
quietly docker build $BUILD_OPTIONS --build-arg VERSION=1.2.3-check --build-arg REVISION=revision-of-check -t "$name" . ||
  fail "the image builds with the $builder builder"
pass "the image builds with the $builder builder"

base=$(sed -n 's/^FROM \(.*distroless.*\)/\1/p' Dockerfile)
added=$(($(docker image inspect --format '{{.Size}}' "$name") - $(docker image inspect --format '{{.Size}}' "$base")))
[ "$added" -lt 2000000 ] || fail "the image adds less than 2 MB to its base, not $added bytes"
pass "the image adds $((added / 1000)) kB to $base"

docker create --name "$name-files" "$name" > /dev/null
docker export "$name-files" | tar -tv > "$work/files"
docker rm --volumes "$name-files" > /dev/null
awk '$NF ~ /^app\/.*[^\/]$/ && $NF !~ /^app\/(package\.json|dist\/.*\.js(\.map)?)$/' "$work/files" > "$work/output"
[ ! -s "$work/output" ] || fail 'the image holds compiled files and package.json only'
grep -E ' (usr/)?bin/(ba|da)?sh$' "$work/files" > "$work/output" && fail 'the image has no shell'
grep -E '^drwx.* (65532/65532|nonroot/nonroot) .* data/$' "$work/files" > /dev/null || fail '/data belongs to uid 65532'
[ "$(docker image inspect --format '{{.Config.User}}' "$name")" = 65532:65532 ] || fail 'the image runs as uid 65532'
pass 'the image holds only compiled files and package.json, has no shell, and runs as uid 65532, which owns /data'

# The Compose file.
(unset WEBHOOK_SECRET && ! quietly compose config) || fail 'Compose refuses to start without WEBHOOK_SECRET'
grep 'WEBHOOK_SECRET must be set' "$work/output" > /dev/null || fail 'Compose reports that WEBHOOK_SECRET is missing'
(WEBHOOK_SECRET='' && ! quietly compose config) || fail 'Compose refuses an empty WEBHOOK_SECRET'
quietly compose --profile monitoring config || fail 'the Compose file is valid'
pass "$COMPOSE accepts the Compose file, and refuses it without WEBHOOK_SECRET"

quietly compose up -d --no-build api || fail 'the service starts'
wait_for 60 is_health healthy || fail 'the health check becomes healthy'
pass "the service starts, the health check becomes healthy"

get "$url/metrics" > "$work/metrics"
compose logs api > "$work/log" 2>&1
grep '"msg":"started".*"version":"1.2.3-check","revision":"revision-of-check"' "$work/log" > /dev/null ||
  fail 'version and revision are in the start line of the log'
grep 'build_info{version="1.2.3-check",revision="revision-of-check"' "$work/metrics" > /dev/null ||
  fail 'version and revision are in /metrics'
pass 'version and revision are in the start line of the log and in /metrics'

in_container 'try { require("node:fs").writeFileSync("/app/x", ""); process.exit(1) } catch (e) { process.exit(e.code === "EROFS" ? 0 : 1) }' ||
  fail 'the root file system is read-only'
in_container 'const s = require("node:fs").readFileSync("/proc/1/status", "utf8");
  process.exit(/^CapEff:\t0+$/m.test(s) && /^CapBnd:\t0+$/m.test(s) && /^NoNewPrivs:\t1$/m.test(s) && /^Uid:\t65532\t/m.test(s) ? 0 : 1)' ||
  fail 'the process has no capabilities, cannot gain any, and is uid 65532'
pass 'the root file system is read-only; the process is uid 65532, without capabilities or a way to gain any'

# Messages outlive containers.
send --id kept-1 || fail 'a signed message gets 200'
send --id kept-1 || fail 'its repeat gets 200'
(WEBHOOK_SECRET=another && ! send --id forged-1) || fail 'a message signed with another secret is refused'
grep '^401 ' "$work/output" > /dev/null || fail 'a message signed with another secret gets 401'
has_message kept-1 || fail 'the message is found'
pass 'a signed message and its repeat get 200, a forged one gets 401, and the message is found'

# The files that are deployed, with another target and shorter intervals.
cp -R ops/prometheus "$work/prometheus"
sed -e "s/api:8000/127.0.0.1:$PORT/" -e 's/_interval: 15s/_interval: 1s/' ops/prometheus/prometheus.yml > "$work/prometheus/prometheus.yml"
prometheus --config.file="$work/prometheus/prometheus.yml" --storage.tsdb.path="$work/tsdb" \
  --web.listen-address="${prometheus_url#http://}" --log.level=warn > "$work/prometheus.log" 2>&1 &
prometheus_pid=$!
wait_for 30 prometheus_says 'up{job="webhook-inbox"}' 1 || { cp "$work/prometheus.log" "$work/output"; fail 'Prometheus scrapes the service'; }
for expected in created:1 duplicate:1 invalid_signature:1 too_large:0; do
  result=${expected%:*}
  wait_for 5 prometheus_says "webhook_requests_total{result=\"$result\"}" "${expected#*:}" ||
    fail "Prometheus counts ${expected#*:} $result, not $(ask_prometheus "webhook_requests_total{result=\"$result\"}")"
done
wait_for 5 prometheus_says 'sum(webhook_stored_messages)' 1 || fail 'Prometheus has 1 stored message'
pass "a real Prometheus ($(prometheus --version 2>&1 | sed -n 's/^prometheus, version \([^ ]*\).*/\1/p')) scrapes the service and returns the counters: 1 created, 1 duplicate, 1 invalid_signature"

# Every query of the dashboard, with a window that suits these intervals, has a result that is not empty.
# shellcheck disable=SC2016 # the dollar is Grafana's
node -p 'JSON.parse(fs.readFileSync("ops/grafana/dashboards/backend.json", "utf8")).panels
  .flatMap((panel) => panel.targets.map((target) => target.expr.replaceAll("$__rate_interval", "10s"))).join("\n")' > "$work/queries"
while IFS= read -r query; do
  wait_for 10 has_result "$query" || fail "the dashboard's query has a result: $query"
done < "$work/queries"
pass "each of the $(wc -l < "$work/queries") queries of the dashboard has a result"

rules_healthy() {
  get "$prometheus_url/api/v1/rules" > "$work/rules"
  [ "$(grep -o '"health":"ok"' "$work/rules" | wc -l)" -eq "$(grep -cE '^ *- (alert|record):' ops/prometheus/alerts.yml)" ]
}
wait_for 20 rules_healthy || { cp "$work/rules" "$work/output"; fail 'Prometheus evaluates every rule'; }
prometheus_says 'count(ALERTS) or vector(0)' 0 || fail 'no alert fires'
pass 'Prometheus evaluates every rule, and no alert fires'

quietly compose restart api || fail 'the service restarts'
wait_for 30 is_ready || fail 'the service is ready after a restart'
has_message kept-1 || fail 'the message is found after a restart'
quietly compose up -d --no-build --force-recreate api || fail 'the container is replaced'
wait_for 30 is_ready || fail 'the service is ready in a new container'
has_message kept-1 || fail 'the message is found in a new container'
pass 'after a restart, and in a new container, the message is found again'

# A stop and a kill under load.
ledger_has() { [ "$(wc -l < "$work/ledger")" -ge "$1" ]; }
under_load() {
  : > "$work/ledger"
  node scripts/container-load.ts send "$url" "$work/ledger" > "$work/load" &
  load_pid=$!
  wait_for 30 ledger_has 2000 || fail 'the load begins'
  quietly compose "$@" || fail "compose $*"
  wait "$load_pid" || fail 'the load ends'
  load_pid=''
}
all_there() {
  quietly compose start api || fail 'the service starts again'
  wait_for 30 is_ready || fail 'the service is ready again'
    node scripts/container-load.ts verify "$url" "$work/ledger" > "$work/output" 2>&1 || fail 'every message that got 200 is there'
}

under_load stop api
[ "$(inspect '{{.State.ExitCode}}')" = 0 ] || fail "a stop under load exits with 0, not $(inspect '{{.State.ExitCode}}')"
compose logs --tail 1 api 2>&1 | grep '"msg":"stopped"' > /dev/null || fail 'the last line of the log reports the stop'
wait_for 10 prometheus_says 'up{job="webhook-inbox"}' 0 || fail 'Prometheus sees that the service is down'
wait_for 10 prometheus_says 'ALERTS{alertname="WebhookInboxDown",alertstate="pending"}' 1 || fail 'WebhookInboxDown is pending'
all_there
pass "stopped under load, the service exits with 0: $(cat "$work/load"); after a restart every message that got 200 is there"

under_load kill -s KILL api
all_there
pass "killed under load: $(cat "$work/load"); after a restart every message that got 200 is there"

# Secrets from a file.
files='-f docker-compose.yml -f ops/compose/secret-file.yml'
WEBHOOK_SECRET_FILE=$work/secret
export WEBHOOK_SECRET_FILE
printf '%s\n' first-secret > "$WEBHOOK_SECRET_FILE"
chmod 444 "$WEBHOOK_SECRET_FILE"
quietly compose up -d --no-build api || fail 'the service starts with a secret file'
wait_for 30 is_ready || fail 'the service is ready with a secret file'
(WEBHOOK_SECRET=first-secret && send --id file-1) || fail 'the secret in the file is used'
chmod 644 "$WEBHOOK_SECRET_FILE"
printf '%s\n' second-secret first-secret > "$WEBHOOK_SECRET_FILE"
quietly compose kill -s HUP api || fail 'SIGHUP is sent'
new_secret_works() { (WEBHOOK_SECRET=second-secret && send --id file-2); }
wait_for 10 new_secret_works || fail 'after SIGHUP the new secret in the file is used'
(WEBHOOK_SECRET=first-secret && send --id file-3) || fail 'after SIGHUP the old secret in the file is still accepted'
unset WEBHOOK_SECRET_FILE
files='-f docker-compose.yml'
pass 'with a Compose secret file, a change of the file and SIGHUP make the service use the new secret'

quietly compose stop api || fail 'the service stops'
quietly docker run -d --name "$name-readonly" -e WEBHOOK_SECRET -v "${name}_data:/data:ro" "$name" || fail 'a container runs on a read-only volume'
wait_for 20 has_exited "$name-readonly" || fail 'on a read-only volume the service exits'
[ "$(docker inspect --format '{{.State.ExitCode}}' "$name-readonly")" = 1 ] || fail 'on a read-only volume the service exits with 1'
docker logs "$name-readonly" > "$work/output" 2>&1
docker rm --volumes "$name-readonly" > /dev/null
grep 'Cannot open the database: .*writable (SQLite ' "$work/output" > /dev/null || fail 'on a read-only volume the service names the reason'
pass "on a read-only volume the service does not start: $(tail -n 1 "$work/output")"

# make down as an operator runs it, without a secret.
(unset WEBHOOK_SECRET && COMPOSE_FILE=docker-compose.yml COMPOSE="$COMPOSE" quietly make down) || fail 'make down works without a secret'
[ -z "$(docker volume ls --quiet --filter "name=$name")" ] || fail 'make down deletes the volumes'
pass 'make down works without a secret and deletes the volumes'

# A disk that fills up: the same Compose file with its volume on a file system of 16 MB.
cat > "$work/full.yml" << 'YAML'
volumes:
  data:
    driver_opts:
      type: tmpfs
      device: tmpfs
      o: size=16m,uid=65532,gid=65532,mode=0700
YAML
COMPOSE_PROJECT_NAME=$name-full
files="-f docker-compose.yml -f $work/full.yml"
quietly compose up -d --no-build api || fail 'the service starts on a small disk'
wait_for 60 is_health healthy || fail 'the service is healthy on a small disk'
send --id before-full || fail 'a message is stored while there is room'
in_container 'const fs = require("node:fs"); const file = fs.openSync("/data/filler", "w");
  for (const size of [65536, 4096, 1]) try { for (;;) fs.writeSync(file, Buffer.alloc(size)) } catch {}' || fail 'the disk is filled'
wait_for 90 is_health unhealthy || fail 'on a full disk the health check becomes unhealthy'
reason=$(get "$url/health/ready")
[ "$(status_of "$url/health/ready")" = 503 ] || fail 'on a full disk /health/ready responds 503'
! send --id during-full || fail 'on a full disk a message does not get 200'
grep '^503 ' "$work/output" > /dev/null || fail 'on a full disk a message gets 503'
has_message before-full || fail 'on a full disk messages can be read'
pass "on a full disk the container becomes unhealthy, messages get 503, reads still work: $reason"

wait_for 10 prometheus_says 'webhook_ready' 0 || fail 'Prometheus sees that the service is not ready'
wait_for 10 prometheus_says 'ALERTS{alertname="WebhookInboxNotReady",alertstate="pending"}' 1 || fail 'WebhookInboxNotReady is pending'
for alert in WebhookInboxCommitFailures WebhookInboxDiskNearlyFull; do
  wait_for 90 prometheus_says "ALERTS{alertname=\"$alert\",alertstate=\"firing\"}" 1 || fail "$alert fires"
done
pass 'Prometheus notices: WebhookInboxNotReady is pending, WebhookInboxCommitFailures and WebhookInboxDiskNearlyFull fire'

in_container 'require("node:fs").rmSync("/data/filler")' || fail 'room is made on the disk'
wait_for 60 is_health healthy || fail 'once there is room the health check becomes healthy'
send --id during-full || fail 'once there is room the refused message is stored'
has_message before-full || fail 'the earlier message is still there'
pass 'once there is room it becomes healthy, and the refused message is stored when it is sent again'

quietly compose down --volumes --timeout 1 || fail 'the small disk is removed'

# Three receivers on PostgreSQL behind HAProxy.
COMPOSE_PROJECT_NAME=$name-postgres POSTGRES_PASSWORD=$(openssl rand -hex 16) files='-f ops/compose/postgres.yml'
export POSTGRES_PASSWORD
(unset POSTGRES_PASSWORD && ! quietly compose config) || fail 'Compose refuses postgres.yml without POSTGRES_PASSWORD'
quietly compose up -d || fail 'three receivers on PostgreSQL start'
wait_for 120 is_ready || fail 'three receivers on PostgreSQL are ready behind HAProxy'
pass 'three receivers on PostgreSQL behind HAProxy are ready'

: > "$work/ledger"
node scripts/container-load.ts send "$url" "$work/ledger" > "$work/load" &
load_pid=$!
wait_for 30 ledger_has 2000 || fail 'the load begins on PostgreSQL'
quietly compose kill -s KILL api-2 || fail 'a receiver is killed'
wait_for 30 ledger_has "$(($(wc -l < "$work/ledger") + 2000))" || fail 'the other receivers take the messages'
quietly compose stop haproxy || fail 'HAProxy stops'
wait "$load_pid" || fail 'the load ends'
load_pid=''
quietly compose start haproxy api-2 || fail 'HAProxy and the receiver start again'
wait_for 60 is_ready || fail 'HAProxy is ready again'
node scripts/container-load.ts verify "$url" "$work/ledger" > "$work/output" 2>&1 || fail 'every message that got 200 is in PostgreSQL'
pass "with one of three receivers killed under load: $(cat "$work/load"); each message that got 200 is there"

printf '%s steps passed\n' "$passed"
