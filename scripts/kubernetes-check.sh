#!/bin/sh
# Checks the manifests in ops/kubernetes against the schemas of Kubernetes. See usage below.
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname -- "$0")/.."

kubeconform=v0.7.0
kubernetes=v1.34.1

usage() {
  cat <<USAGE
Usage: kubernetes-check.sh

Needs go and a proxy of Go modules. Installs kubeconform $kubeconform into a folder of its own for the run, and takes the
schemas from the source of Kubernetes $kubernetes (18 MB, kept in Go's module cache). A ServiceMonitor has no schema there:
only the tests look at it.

Exit status: 0 clean, 1 something was found, 69 a needed program or module cannot be had.
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
# Outside of this folder: Go would look for a module here.
# shellcheck disable=SC2086
source=$(cd "$work" && GOFLAGS=-modcacherw $limit go mod download -json "k8s.io/kubernetes@$kubernetes" 2> "$work/log" |
  sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p')
[ -n "$source" ] || skip "the source of Kubernetes, which cannot be downloaded: $(tail -n 1 "$work/log")"

sh scripts/node.sh scripts/kubernetes-schemas.ts "$source/api/openapi-spec/swagger.json" "$work/schemas"
"$work/kubeconform" -strict -summary -skip ServiceMonitor \
  -schema-location "$work/schemas/{{.ResourceKind}}{{.KindSuffix}}.json" ops/kubernetes/*.yaml
