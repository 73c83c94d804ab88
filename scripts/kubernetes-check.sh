#!/bin/sh
# Checks the manifests in ops/kubernetes against the schemas of Kubernetes. See usage below.
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname -- "$0")/.."

kubeconform=v0.7.0
kubernetes=1.34.1

usage() {
  cat <<USAGE
Usage: kubernetes-check.sh

Needs go, a proxy of Go modules, and the schemas of Kubernetes $kubernetes, which kubeconform $kubeconform downloads. It is
installed into a folder of its own for the run. A ServiceMonitor has no schema there: only the tests look at it.

  SCHEMAS  where kubeconform finds schemas, as its -schema-location; default its own place

Exit status: 0 clean, 1 something was found, 69 a needed program, module or schema cannot be had.
USAGE
}

case ${1-} in
  '') ;;
  -h | --help) usage; exit ;;
  *) usage >&2; exit 2 ;;
esac

skip() {
  printf 'Skipped: the check of the Kubernetes manifests needs %s\n' "$1" >&2
  exit 69
}
command -v go > /dev/null || skip 'go, which is not installed'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A proxy that does not respond must not hold the gate.
limit=
if timeout 1 true 2> /dev/null; then limit='timeout 180'; fi
# shellcheck disable=SC2086 # a list of words
GOFLAGS=-modcacherw GOBIN=$work $limit go install "github.com/yannh/kubeconform/cmd/kubeconform@$kubeconform" > "$work/log" 2>&1 ||
  skip "kubeconform, which cannot be installed: $(tail -n 1 "$work/log")"

status=0
"$work/kubeconform" -strict -summary -skip ServiceMonitor -kubernetes-version "$kubernetes" \
  -schema-location "${SCHEMAS:-default}" ops/kubernetes/*.yaml > "$work/log" 2>&1 || status=1
# An error that the manifests have not caused.
if grep 'failed downloading schema' "$work/log" > /dev/null && ! grep ' is invalid: ' "$work/log" > /dev/null; then
  skip "the schemas of Kubernetes, which cannot be downloaded"
fi
cat "$work/log"
exit $status
