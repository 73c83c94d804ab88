#!/bin/sh
# Parses every shell script, runs shellcheck if it is installed, and looks for trailing white space and conflict markers in the files
# that git tracks. Exit status 1 if anything is found.
set -u
cd "$(dirname -- "$0")/.." || exit
status=0

for shell in sh dash; do
  command -v "$shell" > /dev/null || continue
  for script in scripts/*.sh; do "$shell" -n "$script" || status=1; done
done
if command -v bash > /dev/null; then bash -n .ci/run || status=1; fi

if command -v shellcheck > /dev/null; then
  shellcheck -x scripts/*.sh .ci/run || status=1
else
  echo 'shellcheck is not installed: the scripts were only parsed'
fi

if git rev-parse --git-dir > /dev/null 2>&1; then
  git --no-pager diff --check "$(git hash-object -t tree /dev/null)" || status=1
else
  echo 'This is not a git checkout: white space was not checked'
fi
exit $status
