#!/bin/sh
# Prints the X-Signature of a body, or its Standard Webhooks headers. See usage below.
#
# `openssl dgst -hmac` and `openssl mac -macopt` show the key to everyone who can list processes. So this script computes the HMAC
# (RFC 2104) with two plain digests, and the key only passes through pipes. For this, printf must be built into the shell, as it is
# in dash, bash, busybox, ksh93 and zsh.
#
# Command substitutions are unquoted on purpose: each octet becomes a word.
# shellcheck disable=SC2046
set -eu
LC_ALL=C
export LC_ALL

usage() {
  cat <<'USAGE'
Usage: sign.sh [--webhook-id ID] [BODY]
       sign.sh [--webhook-id ID] [--] BODY
       sign.sh [--webhook-id ID] < FILE

Prints the HMAC-SHA256 of the body in lower-case hex, with $WEBHOOK_SECRET as the key.
The body is signed byte for byte: nothing is added to an argument, and standard input
may have any bytes. The secret does not appear in the list of processes.

With --webhook-id it prints the three headers of Standard Webhooks instead, with the
present time; the part after whsec_ in the secret is decoded from base64. Pass them to
curl with --header @-

Exit status: 0 signed, 2 wrong usage or no secret, 69 openssl is missing or fails.
USAGE
}

fail() {
  printf 'sign.sh: %s\n' "$2" >&2
  exit "$1"
}

unset id
if [ "${1-}" = --webhook-id ]; then
  case ${2-} in
        '' | *[!!-~]*) fail 2 'Cannot read --webhook-id: the id must be visible ASCII characters' ;;
  esac
  id=$2
  shift 2
fi
case ${1-} in
  -h | --help) usage; exit ;;
  --) shift ;;
    -*) fail 2 'Cannot read the arguments: write -- before a body that begins with -' ;;
esac
[ $# -le 1 ] || fail 2 'Cannot read the arguments: the body must be one argument, in quotes'
[ -n "${WEBHOOK_SECRET-}" ] || fail 2 'Cannot sign: WEBHOOK_SECRET must be set'
command -v openssl > /dev/null || fail 69 'Cannot sign: openssl must be installed'

if [ $# -eq 1 ]; then
  argument=$1
  body() { printf '%s' "$argument"; }
else
  body() { cat; }
fi
key() { printf '%s' "$WEBHOOK_SECRET"; }
prefix=
if [ -n "${id+set}" ]; then
  timestamp=$(date +%s)
  prefix=$id.$timestamp.
  case $WEBHOOK_SECRET in
    whsec_*) key() { printf '%s\n' "${WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A; } ;;
  esac
fi
sha256() { openssl dgst -sha256 -binary; }
octets() { od -An -v -tu1; }

# Each of the octets $2... xor $1, written to $escaped as escapes for printf %b.
xor() {
  mask=$1 escaped=
  shift
  for octet; do
    octet=$((octet ^ mask))
    escaped=$escaped\\0$((octet / 64))$((octet / 8 % 8))$((octet % 8))
  done
}

set -- $(key | octets)
[ $# -gt 0 ] || fail 2 'Cannot sign: WEBHOOK_SECRET must have base64 after whsec_'
[ $# -le 64 ] || set -- $(key | sha256 | octets)
while [ $# -lt 64 ]; do set -- "$@" 0; done
xor 54 "$@" # 0x36, the inner pad
inner_key=$escaped
xor 92 "$@" # 0x5c, the outer pad
outer_key=$escaped

set -- $({ printf '%b%s' "$inner_key" "$prefix"; body; } | sha256 | octets)
[ $# -eq 32 ] || fail 69 'Cannot sign: openssl dgst -sha256 must work'
xor 0 "$@"
if [ -n "${id+set}" ]; then
  signature=$(printf '%b' "$outer_key$escaped" | sha256 | openssl base64)
  [ ${#signature} -eq 44 ] || fail 69 'Cannot sign: openssl base64 must work'
  printf 'webhook-id: %s\nwebhook-timestamp: %s\nwebhook-signature: v1,%s\n' "$id" "$timestamp" "$signature"
  exit
fi
set -- $(printf '%b' "$outer_key$escaped" | sha256 | od -An -v -tx1)
[ $# -eq 32 ] || fail 69 'Cannot sign: openssl dgst -sha256 must work'
printf '%s' "$@"
echo
