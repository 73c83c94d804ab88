#!/bin/sh
# Runs the Node that find-node.sh finds, with the arguments given, and puts it first in PATH for what it starts.
# The shell replaces itself, so signals and the exit status are Node's own.
set -eu

node=$("$(dirname -- "$0")/find-node.sh") || exit
if [ "$(command -v node)" != "$node" ]; then
  PATH=${node%/*}:$PATH
  export PATH
fi
exec "$node" "$@"
