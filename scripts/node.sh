#!/bin/sh
# Runs the Node.js that find-node.sh finds, with the given arguments, and puts it first in PATH for the programs that it starts.
# The shell replaces itself, so signals and the exit status are those of Node.js.
set -eu

node=$("$(dirname -- "$0")/find-node.sh") || exit
if [ "$(command -v node)" != "$node" ]; then
  PATH=${node%/*}:$PATH
  export PATH
fi
exec "$node" "$@"
