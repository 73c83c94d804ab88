#!/bin/sh
# Runs scripts/torture-cluster on a cluster that it sets up. See usage below.
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname -- "$0")/.."

patroni=4.1.5
venv=/var/cache/webhook-inbox/patroni-$patroni

usage() {
  cat <<USAGE
Usage: torture-cluster.sh [options of scripts/torture-cluster/run.ts]

Starts three nodes with PostgreSQL, Patroni $patroni and etcd, and three receivers behind HAProxy. Kills parts of them in ROUNDS
rounds, in an order that depends on SEED. Needs root on Debian or Ubuntu. Installs postgresql, etcd-server, haproxy, iproute2 and
python3-venv if they are missing, and Patroni into $venv. If possible, it runs in
namespaces of its own, so that all its processes end with it.

Exit status: 0 no problem, 1 a problem was found, 69 a program or a permission is missing.
USAGE
}

case ${1-} in
  -h | --help) usage; exit ;;
esac

skip() {
  printf 'Skipped: the torture of a cluster needs %s\n' "$1" >&2
  exit 69
}
[ "$(id -u)" -eq 0 ] || skip 'root'
command -v apt-get > /dev/null || skip 'apt-get to install its programs, as on Debian or Ubuntu'

# has FILE_OR_PROGRAM PACKAGE: notes the package if the file or the program is missing.
missing=''
has() {
  for found in $1; do
    if [ -e "$found" ] || command -v "$found" > /dev/null; then return; fi
  done
  missing="$missing $2"
}
find_missing() {
  missing=''
  has "${PG_BIN:-/usr/lib/postgresql/*/bin}/initdb" postgresql
  has etcd etcd-server
  has haproxy haproxy
  has ip iproute2
  has '/usr/lib/python3*/ensurepip' python3-venv
}
find_missing
if [ -n "$missing" ]; then
  echo "Installing:$missing"
  DEBIAN_FRONTEND=noninteractive
  export DEBIAN_FRONTEND
  # shellcheck disable=SC2086 # a list of words
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } > /dev/null 2>&1 || :
  find_missing
  [ -z "$missing" ] || skip "these packages, which cannot be installed:$missing"
fi
if [ ! -x "$venv/bin/patroni" ]; then
  echo "Installing: patroni $patroni"
  rm -rf "$venv"
  # The Python of the system, because PostgreSQL's user must be able to read it.
  { /usr/bin/python3 -m venv "$venv" && "$venv/bin/pip" install -q "patroni[etcd3]==$patroni" 'psycopg[binary]'; } > /dev/null 2>&1 || {
    rm -rf "$venv"
    skip "patroni[etcd3] $patroni and psycopg[binary] from the Python package index, which cannot be installed"
  }
fi

run="scripts/torture-cluster/run.ts --patroni $venv/bin/patroni"
if why=$(unshare --net --pid --mount --fork --kill-child --mount-proc true 2>&1); then
  # The first process in the namespace is a shell, because it has to wait for orphaned processes.
  # shellcheck disable=SC2086 # a list of words
  unshare --net --pid --mount --fork --kill-child --mount-proc sh -c '"$@" & wait "$!"' sh sh scripts/node.sh $run --isolated "$@" &
  child=$!
  # unshare ignores these signals; when it is killed, everything in its namespaces ends.
  trap 'kill -KILL "$child"; exit 130' INT
  trap 'kill -KILL "$child"; exit 143' TERM
  wait "$child"
  exit
fi
echo "Running without namespaces, which cannot be created here: $why"
# shellcheck disable=SC2086 # a list of words
exec sh scripts/node.sh $run "$@"
