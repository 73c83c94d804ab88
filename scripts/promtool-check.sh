#!/bin/sh
# Checks the files in ops/prometheus, and the metrics of a running service, with promtool. See usage below.
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname -- "$0")/.."

usage() {
  cat <<'USAGE'
Usage: promtool-check.sh

Runs promtool's check config, check rules and test rules, and check metrics on the /metrics of a service that it starts.
If promtool is missing, the script installs it (package prometheus) as root on Debian or Ubuntu.

Exit status: 0 no problem, 1 a problem was found, 69 promtool is missing and cannot be installed.
USAGE
}

case ${1-} in
  '') ;;
  -h | --help) usage; exit ;;
  *) usage >&2; exit 2 ;;
esac

if ! command -v promtool > /dev/null && [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null; then
  echo 'Installing: prometheus, for promtool'
  DEBIAN_FRONTEND=noninteractive
  export DEBIAN_FRONTEND
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends prometheus; } > /dev/null 2>&1 || :
fi
if ! command -v promtool > /dev/null; then
  echo 'Skipped: the promtool checks need promtool, which cannot be installed here (Debian, Ubuntu: apt-get install prometheus)' >&2
  exit 69
fi

promtool check config ops/prometheus/prometheus.yml
promtool check rules ops/prometheus/alerts.yml
promtool test rules ops/prometheus/tests/*.yml

work=$(mktemp -d)
service_pid=''
clean_up() {
  trap - EXIT INT TERM
  [ -z "$service_pid" ] || kill "$service_pid" 2> /dev/null || :
  wait
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

echo 'Checking /metrics'
: > "$work/log"
WEBHOOK_SECRET_FILE='' WEBHOOK_SECRET=check HOST=127.0.0.1 PORT=0 DATABASE_URL="sqlite:///$work/app.db" LOG_LEVEL=INFO API_TOKEN='' \
  sh scripts/node.sh src/main.ts > "$work/log" 2>&1 &
service_pid=$!
url=''
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  url=$(sed -n 's/.*"msg":"started","url":"\([^"]*\)".*/\1/p' "$work/log")
  [ -z "$url" ] || break
  sleep 0.5
done
if [ -z "$url" ]; then
  echo '  FAILED: the service must start'
  cat "$work/log"
  exit 1
fi
# Some series appear in /metrics only after a message has been stored.
URL=$url WEBHOOK_SECRET=check sh scripts/send.sh > /dev/null
curl --silent --show-error --fail --noproxy '*' "$url/metrics" > "$work/metrics"

# request_latency_ms is the only metric that is not in a base unit: older dashboards use its name.
promtool check metrics < "$work/metrics" > "$work/found" 2>&1 || :
grep -v '^request_latency_ms metric names should not contain abbreviated units$' "$work/found" > "$work/unexpected" || :
if [ -s "$work/unexpected" ] || ! grep -q '^request_latency_ms_count ' "$work/metrics"; then
  echo '  FAILED:'
  cat "$work/unexpected"
  exit 1
fi
echo '  SUCCESS: no problem except the unit of request_latency_ms, which is intended'
