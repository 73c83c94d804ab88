# shellcheck shell=sh
# Functions for container-check.sh, which sources this file. Sets up a Compose project of its own and removes it at exit.
# shellcheck disable=SC2034 # some variables are for container-check.sh

need() {
  command -v "$1" > /dev/null || { printf 'Cannot check: %s must be installed%s\n' "$1" "${2-}" >&2; exit 69; }
}
need curl
need openssl
need docker
need prometheus ' (Debian, Ubuntu: apt-get install prometheus)'
docker info > /dev/null 2>&1 || { echo 'Cannot check: the Docker daemon must run and be reachable' >&2; exit 69; }
if [ -z "${COMPOSE-}" ]; then
  if docker compose version > /dev/null 2>&1; then COMPOSE='docker compose'; else COMPOSE=docker-compose; fi
fi
need "${COMPOSE%% *}"
if docker buildx version > /dev/null 2>&1; then
  builder=BuildKit
  BUILD_OPTIONS=${BUILD_OPTIONS-}
else
  builder=legacy
  DOCKER_BUILDKIT=0
  export DOCKER_BUILDKIT
  BUILD_OPTIONS=${BUILD_OPTIONS---network=host}
fi

# Settings for a deployment, in the operator's shell or in .env, must not reach this one.
# shellcheck disable=SC2046 # a list of names
unset $(sed -n 's/^#\{0,1\}\([A-Z_]*\)=.*/\1/p' .env.example) COMPOSE_PROFILES
work=$(mktemp -d)
: > "$work/env"
name=webhook-inbox-check-$$
files='-f docker-compose.yml'
COMPOSE_PROJECT_NAME=$name
WEBHOOK_INBOX_IMAGE=$name
PUBLISH_ADDRESS=127.0.0.1
WEBHOOK_SECRET=check-$(openssl rand -hex 16)
export COMPOSE_PROJECT_NAME WEBHOOK_INBOX_IMAGE PUBLISH_ADDRESS WEBHOOK_SECRET

# COMPOSE and files are lists of words.
# shellcheck disable=SC2086
compose() { $COMPOSE --env-file "$work/env" $files "$@"; }
quietly() { "$@" > "$work/output" 2>&1; }

prometheus_pid='' load_pid=''
clean_up() {
  trap - EXIT INT TERM
  [ -z "$load_pid" ] || kill "$load_pid" 2> /dev/null || :
  [ -z "$prometheus_pid" ] || kill "$prometheus_pid" 2> /dev/null || :
  for project in "$name" "$name-full" "$name-postgres"; do
    [ "$project" = "$name-postgres" ] && files='-f ops/compose/postgres.yml' || files='-f docker-compose.yml'
    COMPOSE_PROJECT_NAME=$project POSTGRES_PASSWORD=unused quietly compose down --volumes --remove-orphans --timeout 1 || :
  done
  quietly docker rm --force --volumes "$name-files" "$name-readonly" || :
  quietly docker rmi --force "$name" || :
  wait
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

passed=0
pass() {
  passed=$((passed + 1))
  printf 'ok    %s\n' "$1"
}
fail() {
  printf 'FAIL  %s\n' "$1"
  [ ! -s "$work/output" ] || tail -n 20 "$work/output"
  echo '--- the last lines of the service'
  compose logs --tail 15 2>&1 || :
  exit 1
}
# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
  deadline=$(($(date +%s) + $1))
  shift
  until "$@"; do
    [ "$(date +%s)" -lt "$deadline" ] || return 1
    sleep 0.5
  done
}

node() { sh scripts/node.sh "$@"; }
free_port() { node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }
get() { curl --silent --show-error --noproxy '*' --max-time 10 "$@"; }
status_of() { get --output /dev/null --write-out '%{http_code}' "$@" 2> /dev/null || :; }
send() { sh scripts/send.sh --url "$url" "$@" > "$work/output" 2>&1; }
container() { compose ps --all --quiet api; }
inspect() { docker inspect --format "$1" "$(container)"; }
is_health() { [ "$(inspect '{{.State.Health.Status}}')" = "$1" ]; }
is_ready() { [ "$(status_of "$url/health/ready")" = 200 ]; }
has_exited() { [ "$(docker inspect --format '{{.State.Status}}' "$1")" = exited ]; }
has_message() { [ "$(status_of "$url/messages/$1")" = 200 ]; }
in_container() { docker exec "$(container)" /nodejs/bin/node -e "$1"; }
# The value of a query whose result has exactly one.
ask_prometheus() {
  get --get --data-urlencode "query=$1" "$prometheus_url/api/v1/query" 2> /dev/null |
    sed -n 's/.*"result":\[{[^[]*"value":\[[0-9.]*,"\([^"]*\)"\]}\].*/\1/p'
}
has_result() {
  get --get --data-urlencode "query=$1" "$prometheus_url/api/v1/query" > "$work/output" 2>&1 &&
    grep '^{"status":"success".*"result":\[{' "$work/output" > /dev/null
}
prometheus_says() { [ "$(ask_prometheus "$1")" = "$2" ]; }

sh scripts/find-node.sh > /dev/null
PORT=$(free_port)
export PORT
url=http://127.0.0.1:$PORT
prometheus_url=http://127.0.0.1:$(free_port)
