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

Needs go, a Go module proxy, and the schemas of Kubernetes $kubernetes. The script installs kubeconform $kubeconform into a
temporary folder, and kubeconform downloads the schemas. They do not cover ServiceMonitor, which only the tests check.

  SCHEMAS  where kubeconform finds schemas: its -schema-location; default kubeconform's own

Exit status: 0 valid, 1 something is invalid, 69 a program, module or schema is not available.
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

# If the module proxy does not respond, this check must not hang.
limit=
if timeout 1 true 2> /dev/null; then limit='timeout 180'; fi
# shellcheck disable=SC2086 # a list of words
GOFLAGS=-modcacherw GOBIN=$work $limit go install "github.com/yannh/kubeconform/cmd/kubeconform@$kubeconform" > "$work/log" 2>&1 ||
  skip "kubeconform, which cannot be installed: $(tail -n 1 "$work/log")"

status=0
"$work/kubeconform" -strict -summary -skip ServiceMonitor -kubernetes-version "$kubernetes" \
  -schema-location "${SCHEMAS:-default}" ops/kubernetes/*.yaml > "$work/log" 2>&1 || status=1
# A failed download is not a fault of the manifests.
if grep 'failed downloading schema' "$work/log" > /dev/null && ! grep ' is invalid: ' "$work/log" > /dev/null; then
  skip "the schemas of Kubernetes, which cannot be downloaded"
fi
cat "$work/log"
exit $status
