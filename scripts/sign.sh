#!/bin/sh
# Prints the X-Signature of a body. See usage below.
#
# `openssl dgst -hmac` and `openssl mac -macopt` show the key to everyone who can list processes. So HMAC
# (RFC 2104) is built here from two plain digests, and the key only passes through pipes. That rests on
# printf being built into the shell, as it is in dash, bash, busybox, ksh93 and zsh.
#
# Unquoted command substitutions are meant: one word an octet.
# shellcheck disable=SC2046
set -eu
LC_ALL=C
export LC_ALL

usage() {
  cat <<'USAGE'
Usage: sign.sh [BODY]
       sign.sh [--] BODY
       sign.sh < FILE

Prints the HMAC-SHA256 of the body in lower-case hex, keyed with $WEBHOOK_SECRET.
The body is taken as it is, byte for byte: nothing is added to an argument, and
standard input may hold any bytes. The secret is shown in no process list.

Exit status: 0 signed, 2 wrong usage or no secret, 69 openssl is missing or fails.
USAGE
}

fail() {
  printf 'sign.sh: %s\n' "$2" >&2
  exit "$1"
}

case ${1-} in
  -h | --help) usage; exit ;;
  --) shift ;;
  -*) fail 2 'Cannot read the arguments: a body that begins with - must follow --' ;;
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
sha256() { openssl dgst -sha256 -binary; }
octets() { od -An -v -tu1; }

# The octets $2..., each xor $1, as printf %b escapes in $escaped.
xor() {
  mask=$1 escaped=
  shift
  for octet; do
    octet=$((octet ^ mask))
    escaped=$escaped\\0$((octet / 64))$((octet / 8 % 8))$((octet % 8))
  done
}

set -- $(printf '%s' "$WEBHOOK_SECRET" | octets)
[ $# -le 64 ] || set -- $(printf '%s' "$WEBHOOK_SECRET" | sha256 | octets)
while [ $# -lt 64 ]; do set -- "$@" 0; done
xor 54 "$@" # 0x36, the inner pad
inner_key=$escaped
xor 92 "$@" # 0x5c, the outer pad
outer_key=$escaped

set -- $({ printf '%b' "$inner_key"; body; } | sha256 | octets)
[ $# -eq 32 ] || fail 69 'Cannot sign: openssl dgst -sha256 must work'
xor 0 "$@"
set -- $(printf '%b' "$outer_key$escaped" | sha256 | od -An -v -tx1)
[ $# -eq 32 ] || fail 69 'Cannot sign: openssl dgst -sha256 must work'
printf '%s' "$@"
echo
