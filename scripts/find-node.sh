#!/bin/sh
# Prints the path of a Node that package.json's "engines" allows: the one on PATH where that is new
# enough, else the version in .node-version, fetched once from the npm registry and remembered in .node/.
# Exit status 69 where there is none.
set -eu

# A NODE_OPTIONS meant for the service may stop an older Node, and so npx, from starting.
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

# npx falls back to the machine's own node, with status 0, where the fetched package is incomplete: only the version tells.
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

if [ -n "$found" ]; then reason="Node $found is too old"; else reason="There is no working Node"; fi
command -v npx > /dev/null ||
  fail "$reason: install npm, which can fetch Node $wanted, or Node $floor or newer"
printf '%s: fetching Node %s, once\n' "$reason" "$wanted" >&2
mkdir -p "$root/.node/bin"
: > "$log"

# The package `node` needs its install script; the platform's own package carries the binary, for an npm that runs none.
if ! fetch "node@$wanted"; then
  if ! package=$(platform_package) || ! fetch "--package=$package@$wanted" -- node; then
    if grep -q 'libatomic\.so\.1' "$log"; then
      fail "Cannot run Node $wanted: install libatomic.so.1 (Debian, Ubuntu: apt-get install libatomic1; Fedora: dnf install libatomic)"
    fi
    tail -n 15 "$log" >&2
    fail "Cannot fetch Node $wanted: the npm registry must be reachable, or Node $floor or newer be on PATH (all of npm's output is in .node/fetch.log)"
  fi
fi

# Linked under the name `node`, so that its folder can stand in PATH; moved into place whole, since two may fetch at once.
ln -s "$path" "$cached.$$"
mv -f "$cached.$$" "$cached"
printf '%s\n' "$cached"
