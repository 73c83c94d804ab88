#!/bin/sh
# Prints the path of a Node.js that package.json's "engines" allows: the one on PATH if it is new enough, else the version in
# .node-version, which is fetched once from the npm registry and kept in .node/. Exit status 69 if neither is available.
set -eu

# Options in NODE_OPTIONS that are meant for the service can prevent an older Node.js, and so npx, from starting.
unset NODE_OPTIONS
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cached=$root/.node/bin/node
log=$root/.node/fetch.log

floor=$(sed -n 's/.*"node": *">= *\([0-9][0-9.]*\)".*/\1/p' "$root/package.json")
read -r wanted < "$root/.node-version"
wanted=${wanted#v}

version_of() {
  version=$("$1" --version 2>/dev/null) || version=
  version=${version#v}
  printf '%s' "${version%%-*}"
}

at_least() {
  have=$1. want=$2.
  case $have in .* | *[!0-9.]*) return 1 ;; esac
  while [ -n "$want" ]; do
    have_part=${have%%.*} want_part=${want%%.*}
    [ "${have_part:-0}" -gt "$want_part" ] && return 0
    [ "${have_part:-0}" -lt "$want_part" ] && return 1
    have=${have#*.} want=${want#*.}
  done
  return 0
}

fail() {
  printf '%s\n' "$1" >&2
  exit 69
}

# If the fetched package is incomplete, npx runs the machine's own node, with status 0: only the version shows that.
fetch() {
  path=$(cd "$root" && sh scripts/npm-env.sh npx --yes "$@" -p process.execPath 2>> "$log" < /dev/null | tail -n 1)
  [ -n "$path" ] && [ "$(version_of "$path")" = "$wanted" ]
}

platform_package() {
  case $(uname -s) in Linux) os=linux ;; Darwin) os=darwin ;; *) return 1 ;; esac
  case $(uname -m) in x86_64 | amd64) cpu=x64 ;; aarch64 | arm64) cpu=arm64 ;; *) return 1 ;; esac
  printf 'node-%s-%s' "$os" "$cpu"
}

found=
if on_path=$(command -v node); then
  found=$(version_of "$on_path")
  if at_least "$found" "$floor"; then
    printf '%s\n' "$on_path"
    exit
  fi
fi
if [ "$(version_of "$cached")" = "$wanted" ]; then
  printf '%s\n' "$cached"
  exit
fi

if [ -n "$found" ]; then reason="Node.js $found is too old"; else reason="There is no working Node.js"; fi
command -v npx > /dev/null ||
  fail "$reason: install npm, which can fetch Node.js $wanted, or install Node.js $floor or newer"
printf '%s: fetching Node.js %s, once\n' "$reason" "$wanted" >&2
mkdir -p "$root/.node/bin"
: > "$log"

# The package `node` gets the binary with its install script. If npm runs no install scripts, fetch the platform's package, which
# contains the binary.
if ! fetch "node@$wanted"; then
  if ! package=$(platform_package) || ! fetch "--package=$package@$wanted" -- node; then
    if grep -q 'libatomic\.so\.1' "$log"; then
      fail "Cannot run Node.js $wanted: install libatomic.so.1 (Debian, Ubuntu: apt-get install libatomic1; Fedora: dnf install libatomic)"
    fi
    tail -n 15 "$log" >&2
    fail "Cannot fetch Node.js $wanted: the npm registry must be reachable, or Node.js $floor or newer must be on PATH (.node/fetch.log has npm's output)"
  fi
fi

# The link has the name `node`, so that its folder can be in PATH. It is moved into place, because two processes may fetch at once.
ln -s "$path" "$cached.$$"
mv -f "$cached.$$" "$cached"
printf '%s\n' "$cached"
