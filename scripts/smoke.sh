#!/bin/sh
# Checks every endpoint of a running webhook-inbox. See usage below.
set -eu
LC_ALL=C
export LC_ALL
here=$(dirname -- "$0")

usage() {
  cat <<'USAGE'
Usage: smoke.sh [URL]

Checks every endpoint of the service at URL (default $URL, else http://localhost:8000)
and prints one line per check: ok, or FAIL with the expected and the actual response.

  WEBHOOK_SECRET  needed to check POST /webhook, which stores one message; without it
                  only endpoints that read are checked
  API_TOKEN       the Bearer token, if the service requires one

Exit status: 0 all passed, 1 some failed, 2 wrong usage, 69 curl or openssl is missing.
USAGE
}

fail() {
  printf 'smoke.sh: %s\n' "$2" >&2
  exit "$1"
}

case ${1-} in
  -h | --help) usage; exit ;;
  -*) fail 2 "Cannot read $1: the argument must be a URL (see --help)" ;;
esac
[ $# -le 1 ] || fail 2 'Cannot read the arguments: there must be at most one URL (see --help)'
url=${1:-${URL:-http://localhost:8000}}
url=${url%/}
for tool in curl openssl; do
  command -v "$tool" > /dev/null || fail 69 "Cannot check: $tool must be installed"
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
passed=0 failed=0

# curl reads the token from its standard input: arguments are visible in the process list.
authorization() {
  [ -n "${API_TOKEN-}" ] || return 0
  printf 'header = "Authorization: Bearer %s"\n' "$(printf '%s' "$API_TOKEN" | sed 's/[\\"]/\\&/g')"
}

# request PATH [curl option...]: leaves $status, $headers and $body.
request() {
  target=$url$1
  shift
  : > "$folder/headers"
  : > "$folder/body"
  status=$(authorization | curl --config - --silent --globoff --path-as-is --max-time 30 \
    --dump-header "$folder/headers" --output "$folder/body" --write-out '%{http_code}' --url "$target" "$@") || true
  # For HEAD, curl writes the headers as the body.
  if cmp -s "$folder/headers" "$folder/body"; then : > "$folder/body"; fi
  headers=$(tr -d '\r' < "$folder/headers" | sed 1d)
  body=$(tr -d '\000' < "$folder/body")
}

# check NAME STATUS PATTERN: checks the last response; its body must match the shell pattern.
check() {
  # shellcheck disable=SC2254 # a pattern is what is wanted
  case $body in $3) matches=yes ;; *) matches=no ;; esac
  verdict "$1" "$2 $3" "$status $body" "$([ "$status" = "$2" ] && printf '%s' "$matches")"
}

# check_header NAME PATTERN: one header line of the last response must match the extended regular expression.
check_header() {
  if printf '%s\n' "$headers" | grep -Eiq -- "^$2"; then verdict "$1" "$2" '' yes; else verdict "$1" "$2" "$headers" no; fi
}

verdict() {
  if [ "$4" = yes ]; then
    passed=$((passed + 1))
    printf 'ok   %s\n' "$1"
  else
    failed=$((failed + 1))
    printf 'FAIL %s: expected %s, got %s\n' "$1" "$(printf '%s' "$2" | tr -d '\134')" "$(printf '%s' "$3" | tr '\n' ' ' | cut -c 1-300)"
  fi
}

post() {
  printf '%s' "$1" > "$folder/request"
  shift
  request /webhook --request POST --header 'Content-Type: application/json' --data-binary "@$folder/request" "$@"
}

signed_post() {
  signature=$(sh "$here/sign.sh" -- "$1") || exit
  post "$1" --header "X-Signature: $signature"
}

request /health/live
check 'GET /health/live' 200 '{"status":"ok"}'
if [ "$status" = 000 ]; then
  printf 'No service responds at %s\n' "$url"
  exit 1
fi
check_header 'GET /health/live has X-Request-ID' 'x-request-id: [A-Za-z0-9._-]'
request /health/ready
check 'GET /health/ready' 200 '{"status":"ok"}'
request /health/live --head
check 'HEAD /health/live' 200 ''

if [ -n "${WEBHOOK_SECRET-}" ]; then
  random=$(openssl rand -hex 8)
  id=smoke-$random
  message="{\"message_id\":\"$id\",\"from\":\"+15550100\",\"to\":\"+15550101\",\"ts\":\"2025-01-15T10:00:00Z\",\"text\":\"Smoke $random\"}"
  post "$message"
  check 'POST /webhook without a signature' 401 '{"detail":"invalid signature"}'
  post "$message" --header "X-Signature: 0000000000000000000000000000000000000000000000000000000000000000"
  check 'POST /webhook with a wrong signature' 401 '{"detail":"invalid signature"}'
  signed_post '{"message_id":'
  check 'POST /webhook with invalid JSON' 422 '*"loc":\["body"\]*'
  signed_post '{}'
  check 'POST /webhook without the required fields' 422 '*"loc":\["body","message_id"\]*"loc":\["body","from"\]*'
  signed_post "$message"
  check 'POST /webhook with a new message' 200 '{"status":"ok"}'
  signed_post "$message"
  check 'POST /webhook with the same message again' 200 '{"status":"ok"}'
  request "/messages/$id"
  check 'GET /messages/{id} returns the message' 200 "{\"message_id\":\"$id\",*\"ts\":\"2025-01-15T10:00:00Z\",\"text\":\"Smoke $random\",*"
  request "/messages?from=+15550100&since=2025-01-15T10:00:00Z&q=sMOKE+$random&limit=1"
  check 'GET /messages by from, since and q finds it once' 200 "{\"data\":\[{\"message_id\":\"$id\",*\"total\":1,\"limit\":1,\"offset\":0}"
  request /stats
  check 'GET /stats counts messages' 200 '{"total_messages":[1-9]*,"first_message_ts":"*'
else
  printf 'WEBHOOK_SECRET is not set: only endpoints that read are checked, not POST /webhook\n'
fi

request '/messages?limit=1'
check 'GET /messages' 200 '{"data":\[*,"limit":1,"offset":0*'
request '/messages?from=%2B15550100&since=2025-01-15T15:30:00%2B05:30&q=100%25&limit=100&offset=1'
check 'GET /messages with every filter' 200 '{"data":\[*,"limit":100,"offset":1}'
for query in limit=0 limit=101 offset=-1 since=yesterday; do
  request "/messages?$query"
  check "GET /messages?$query" 422 "*\"loc\":\[\"query\",\"${query%%=*}\"\]*"
done
request "/messages/$(openssl rand -hex 16)"
check 'GET /messages/{id} with an unknown id' 404 '{"detail":"not found"}'
request /stats
check 'GET /stats' 200 '{"total_messages":*,"senders_count":*,"messages_per_sender":\[*\],"first_message_ts":*,"last_message_ts":*}'
request /metrics
check 'GET /metrics' 200 '*webhook_requests_total{result="created"}*'
check_header 'GET /metrics is Prometheus text' 'content-type: text/plain; version=0\.0\.4; charset=utf-8'
request /no/such/path
check 'GET /no/such/path' 404 '{"detail":"not found"}'
request /webhook
check 'GET /webhook without a token' 403 '{"detail":*}'
request /webhook --request DELETE
check 'DELETE /webhook' 405 '{"detail":*}'
check_header 'DELETE /webhook has Allow' 'allow: (.*, *)?POST'
request /messages --request PUT
check 'PUT /messages' 405 '{"detail":*}'
check_header 'PUT /messages has Allow' 'allow: (.*, *)?GET'
request /messages --request OPTIONS
check 'OPTIONS /messages' 204 ''
check_header 'OPTIONS /messages has Allow' 'allow: (.*, *)?GET'

if [ -n "${API_TOKEN-}" ]; then
  API_TOKEN=''
  request /messages
  check 'GET /messages without the token' 401 '{"detail":*}'
  check_header 'GET /messages without the token has WWW-Authenticate' 'www-authenticate: bearer'
fi

printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
