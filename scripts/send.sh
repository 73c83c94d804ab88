#!/bin/sh
# Signs one message and posts it to a webhook-inbox. See usage below.
set -eu
LC_ALL=C
export LC_ALL
here=$(dirname -- "$0")

usage() {
  cat <<'USAGE'
Usage: send.sh [--url URL] [--id ID] [--from NUMBER] [--to NUMBER] [--ts TIME] [--text TEXT]
       send.sh [--url URL] --body JSON

Signs one message with $WEBHOOK_SECRET, posts it, and prints the status and the body of the response.

  --url URL      the service; default $URL, else http://localhost:8000
  --id ID        message_id; a random one by default
  --from NUMBER  sender; default +919876543210
  --to NUMBER    recipient; default +14155550100
  --ts TIME      RFC 3339 date-time; default now
  --text TEXT    text; left out by default
  --body JSON    send these bytes as they are, instead of a message made from the options above

Exit status: 0 the response is 200, 1 it is not, 2 wrong usage or no secret,
69 no response, or curl or openssl is missing.
USAGE
}

fail() {
  printf 'send.sh: %s\n' "$2" >&2
  exit "$1"
}

# $1 as a JSON string (RFC 8259 section 7). Its bytes are converted as octal numbers, because awk would treat line feeds specially.
json_string() {
  printf '"%b"' "$(printf '%s' "$1" | od -An -v -to1 | awk '
    BEGIN { for (i = 0; i < 32; i++) control[sprintf("%03o", i)] = sprintf("\\0134u%04x", i) }
    {
      for (i = 1; i <= NF; i++) {
        if ($i in control) printf "%s", control[$i]
        else printf "%s\\0%s", ($i == "042" || $i == "134" ? "\\0134" : ""), $i
      }
    }')"
}

url=${URL:-http://localhost:8000}
from=+919876543210 to=+14155550100
unset id ts text body field

while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit ;;
    --*=*) option=${1%%=*} value=${1#*=} ;;
    --*)
      [ $# -ge 2 ] || fail 2 "Cannot read $1: a known option and its value must be given (see --help)"
      option=$1 value=$2
      shift
      ;;
    *) fail 2 "Cannot read $1: all arguments must be options (see --help)" ;;
  esac
  shift
  case $option in
    --id | --from | --to | --ts | --text) field=$option ;;
  esac
  case $option in
    --url) url=$value ;;
    --id) id=$value ;;
    --from) from=$value ;;
    --to) to=$value ;;
    --ts) ts=$value ;;
    --text) text=$value ;;
    --body) body=$value ;;
        *) fail 2 "Cannot read $option: there is no such option (see --help)" ;;
  esac
done

[ -z "${body+set}" ] || [ -z "${field-}" ] || fail 2 "Cannot read $field: it must not be combined with --body"
[ -n "${WEBHOOK_SECRET-}" ] || fail 2 'Cannot sign: WEBHOOK_SECRET must be set'
for tool in curl openssl; do
  command -v "$tool" > /dev/null || fail 69 "Cannot send: $tool must be installed"
done

if [ -z "${body+set}" ]; then
  [ -n "${id+set}" ] || id=send-$(openssl rand -hex 16)
  [ -n "${ts+set}" ] || ts=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  body="{\"message_id\":$(json_string "$id"),\"from\":$(json_string "$from"),\"to\":$(json_string "$to"),\"ts\":$(json_string "$ts")"
  [ -z "${text+set}" ] || body="$body,\"text\":$(json_string "$text")"
  body="$body}"
fi

signature=$(printf '%s' "$body" | sh "$here/sign.sh") || exit
answer=$(printf '%s' "$body" | curl --silent --show-error --globoff --max-time 30 --request POST \
  --header 'Content-Type: application/json' --header "X-Signature: $signature" --data-binary @- \
  --write-out '\n%{http_code}' --url "${url%/}/webhook") || fail 69 "Cannot send: no service responds at $url"
newline='
'
status=${answer##*"$newline"}
printf '%s %s\n' "$status" "${answer%"$newline"*}"
[ "$status" = 200 ]
